"""What a learner's state is: the attributes that it names."""

from collections.abc import Mapping

from core import Array
from core.lab.state import State, restore, saved


class Kept:
    """`state` and `load` of a learner, by the names in `kept`, as `core.lab.state.saved` takes them."""

    kept: tuple[str, ...]

    def state(self) -> State:
        return saved(self, *self.kept)

    def load(self, state: Mapping[str, Array]) -> None:
        restore(self, state, *self.kept)
