"""What a task's Config checks of its own fields, and the configuration of an algorithm out of one and keywords."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from core.lab.errors import nearest
from core.lab.former import warn

T = TypeVar("T")


def check(
    config: Any,
    *,
    positive: Iterable[str] = (),
    nonnegative: Iterable[str] = (),
    share: Iterable[str] = (),
    probability: Iterable[str] = (),
    span: Mapping[str, tuple[float, float]] = MappingProxyType({}),
    among: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> None:
    """Raises ValueError, naming the field, unless these fields of a Config are what they must be.

    positive: above 0 (of a tuple each, and one at least); nonnegative: 0 or more; share: from 0 to below 1, such as a
    dropout; probability: from 0 to 1.
    span: {field: (lowest, highest)}, where the highest may be infinite; among: {field: the values that there are}.
    Not a number is none of them.
    """
    rules: tuple[tuple[Iterable[str], Callable[[Any], bool], str], ...] = (
        (positive, lambda v: (min(v, default=0) if isinstance(v, tuple) else v) > 0, "above 0"),
        (nonnegative, lambda v: v >= 0, "0 or more"),
        (share, lambda v: 0 <= v < 1, "from 0 to below 1"),
        (probability, lambda v: 0 <= v <= 1, "from 0 to 1"),
    )
    wanted = [(name, holds, says) for names, holds, says in rules for name in names]
    for name, (low, high) in span.items():
        says = f"from {low} to {high}" if high < math.inf else f"at least {low}"
        wanted.append((name, partial(_within, low, high), says))
    for name, holds, says in wanted:
        if not holds(getattr(config, name)):
            raise ValueError(f"{name} must be {says}, not {getattr(config, name)!r}")
    for name, known in among.items():
        if (value := getattr(config, name)) not in known:
            raise ValueError(f"there is no {name} {value!r}{nearest(str(value), known)}")


def _within(low: float, high: float, value: float) -> bool:
    return low <= value <= high


def positive(config: Any, *names: str) -> None:
    """`check` of contract 1: raises ValueError, naming the field, unless these fields are numbers above 0."""
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
