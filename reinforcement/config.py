"""What the configurations of algorithms, and of the tasks that extend them, check of their fields."""

from dataclasses import fields
from typing import ClassVar

from core.lab import check

BUDGETS = ("updates", "timesteps")  # of a whole run, which can be stopped at any update
MOST = 1_000_000_000  # of all that is looped over, or held in memory, within one update


class Checked:
    """A Config whose numbers are all above 0, but those that its class names: a task names its own as well.

    Whole numbers are at most MOST, budgets apart. A field that is None is left to others to choose.
    """

    nonnegative: ClassVar[tuple[str, ...]] = ()  # 0 or more
    probability: ClassVar[tuple[str, ...]] = ()  # from 0 to 1
    unchecked: ClassVar[tuple[str, ...]] = ()  # any number

    def __post_init__(self) -> None:
        """Raises ValueError, naming the field."""
        others = {*self.nonnegative, *self.probability, *self.unchecked}
        numbers = [one.name for one in fields(self) if type(getattr(self, one.name)) in (int, float)]  # type: ignore[arg-type]
        check(
            self,
            positive=[name for name in numbers if name not in others],
            nonnegative=[name for name in self.nonnegative if getattr(self, name) is not None],
            probability=[name for name in self.probability if getattr(self, name) is not None],
        )
        for name in numbers:
            if name not in BUDGETS and type(value := getattr(self, name)) is int and value > MOST:
                raise ValueError(f"{name} must be at most {MOST:,}, not {value:,}")
