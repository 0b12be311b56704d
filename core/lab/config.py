"""What a task's Config checks of its own fields, and the configuration of an algorithm out of one and keywords."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from core.lab.former import warn

T = TypeVar("T")


def check(
    config: Any,
    *,
    positive: Iterable[str] = (),
    nonnegative: Iterable[str] = (),
    share: Iterable[str] = (),
    probability: Iterable[str] = (),
) -> None:
    """Raises ValueError, naming the field, unless these fields of a Config are what they must be.

    positive: above 0; nonnegative: 0 or more; share: from 0 to below 1, such as a dropout; probability: from 0 to 1.
    Not a number is none of them.
    """
    rules: tuple[tuple[Iterable[str], Callable[[Any], bool], str], ...] = (
        (positive, lambda v: v > 0, "above 0"),
        (nonnegative, lambda v: v >= 0, "0 or more"),
        (share, lambda v: 0 <= v < 1, "from 0 to below 1"),
        (probability, lambda v: 0 <= v <= 1, "from 0 to 1"),
    )
    for names, holds, says in rules:
        for name in names:
            if not holds(getattr(config, name)):
                raise ValueError(f"{name} must be {says}, not {getattr(config, name)}")


def positive(config: Any, *names: str) -> None:
    """Raises ValueError, naming the field, unless these fields of a Config are numbers above 0."""
    check(config, positive=names)


def settings(kind: type[T], config: T | None, changes: Mapping[str, Any], former: Mapping[str, str] | None = None) -> T:
    """The configuration of an algorithm: `config`, or the defaults of its dataclass `kind`, with `changes`.

    So a learner takes a task's whole Config, or keywords, or both. `former` names what keywords were called before.
    Raises TypeError for a keyword that is no field.
    """
    former = former or {}
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    changed = {}
    for name, value in changes.items():
        if name in former:
            warn(f"the keyword {name} of {kind.__name__.removesuffix('Config')}", former[name], level=4)
        name = former.get(name, name)
        if name not in known:
            raise TypeError(f"{kind.__name__} has no field {name!r}; it has {', '.join(sorted(known))}")
        changed[name] = value
    return replace(config or kind(), **changed)  # type: ignore[type-var]
