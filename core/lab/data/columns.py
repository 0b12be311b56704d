"""One column of a table as features: of numbers, dates and times, or of words. What is learnt of it is plain data.

A column of numbers becomes z = (v - mean) / deviation, the median in place of a missing value, and one feature more
that says "missing" where the training rows have gaps. One of dates is such a number too, and stands on circles besides:
sin and cos of 2 pi times the part of the year, the month, the week and the day that has passed. So December is next to
January. Any other column becomes one feature for each frequent value, a missing one being a value too, and a last one
for all others, so that what was never seen before has its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from operator import itemgetter
from typing import Any, ClassVar

import numpy as np

from core import Array, Rng
from core.lab.data.dates import passed
from core.lab.data.notation import DECIMALS, KINDS, PLAIN, Cells, Notation, blank
from core.lab.data.tables import Rows
from core.lab.schema import misfit

FAR = 10.0  # deviations from the mean at which a number is cut off, so that one wrong digit does not rule the network
LARGE = 1e100  # what is beyond counts as this: its square is a number still
BOUNDS = {"number": LARGE, "date": 1e7, "time": 1e4}  # of what a column may hold: days, hours
NAMED = 3  # odd cells that are named
CYCLES = {  # the features of a date or time beside the number, each once round a circle
    f"{part} {name}": (part, wave)
    for part in ("month", "day", "weekday", "hour")
    for name, wave in (("sin", np.sin), ("cos", np.cos))
}
VARIES = 1e-6  # a feature of the training rows spans more than that, or is left out


@dataclass(frozen=True)
class Numeric:
    """z = (v - mean) / deviation within +-FAR, the median where v is missing; with `gaps` a feature for that.

    Of dates and times also `cycles`, some names of CYCLES: sin and cos of the part of a circle, 0 where v is missing.
    """

    dtype: ClassVar[str] = "float64"  # of what is encoded
    name: str
    mean: float
    deviation: float
    median: float
    gaps: bool
    notation: Notation = PLAIN
    cycles: tuple[str, ...] = ()

    def __str__(self) -> str:
        written, unit = self.notation.written, {"date": " days", "time": " hours"}.get(self.notation.kind, "")
        gaps = f"; where it is missing the median {written(self.median)}" if self.gaps else ""
        parts = dict.fromkeys(CYCLES[name][0] for name in self.cycles)
        cycles = f"; beside it the {', '.join(parts)} as sin and cos" if parts else ""
        own = f"mean {written(self.mean)}, deviation {self.deviation:.4g}{unit}"
        return f"{self.name}: {self.notation}, {own}{gaps}{cycles}"

    @property
    def features(self) -> tuple[str, ...]:
        gaps = (f"{self.name} missing",) if self.gaps else ()
        return (self.name, *gaps, *(f"{self.name}: {name}" for name in self.cycles))

    def read(self, rows: Rows) -> Cells:
        """The column as numbers within +-LARGE, NaN where it is missing or odd."""
        cells = self.notation.read(rows.column(self.name))
        return cells._replace(values=np.clip(cells.values, -LARGE, LARGE))

    def encode(self, rows: Rows, odd: list[str]) -> Iterator[Array]:
        cells = self.read(rows)
        odd += told(rows, self.name, cells)
        yield from self.features_of(cells.values)

    def features_of(self, v: Array) -> Iterator[Array]:
        """The features (N,) of numbers v (N,), NaN where one is missing."""
        missing, v = np.isnan(v), np.clip(v, -LARGE, LARGE)
        with np.errstate(over="ignore"):  # what overflows is cut off all the same
            z = np.where(missing, self.median, v) / self.deviation - self.mean / self.deviation
        yield np.clip(z, -FAR, FAR)
        if self.gaps:
            yield missing
        if self.cycles:
            waves = cyclic(v, self.notation)
            yield from (np.where(missing, 0, waves[name]) for name in self.cycles)

    def sample(self, rng: Rng, n: int) -> Array:
        """Random numbers (n,) as such a column may hold, some of them missing."""
        v = self.mean + 2 * self.deviation * rng.standard_normal(n)
        return np.where(rng.random(n) < 0.2, np.nan, v)


def cyclic(v: Array, notation: Notation) -> dict[str, Array]:
    """The features of CYCLES that dates, or times of a day, v (N,) have: each (N,). None of what is neither."""
    parts = passed(np.nan_to_num(v / 24 if notation.kind == "time" else v)) if notation.kind != "number" else {}
    known = {"hour"} if notation.kind == "time" else set(parts)
    return {name: wave(2 * np.pi * parts[part]) for name, (part, wave) in CYCLES.items() if part in known}


def told(rows: Rows, name: str, cells: Cells) -> Iterator[str]:
    """A line on the odd cells of a column, where there are any, and one on those that are written in the other way."""
    if cells.odd:
        n, named = where(rows, name, cells.odd)
        yield f"{name}: {'1 odd cell is a missing value' if n == 1 else f'{n:,} odd cells are missing values'}: {named}"
    if cells.other:
        n, named = where(rows, name, cells.other)
        yield f"{name}: {n:,} with another decimal mark, or order of day and month, than most cells: {named}"


def where(rows: Rows, name: str, texts: frozenset[str]) -> tuple[int, str]:
    """How many cells of a column hold one of these texts; and the first texts, each with the line it is in first."""
    found = [(text, line) for text, line in zip(rows.column(name), rows.lines, strict=True) if text in texts]
    first = dict(reversed(found))
    shown = [f"{text[:40]!r} (line {line})" for text, line in sorted(first.items(), key=itemgetter(1))[:NAMED]]
    return len(found), ", ".join(shown) + (", ..." if len(first) > NAMED else "")


@dataclass(frozen=True)
class Categorical:
    """1 at the value's own feature, or at the last where it has none."""

    dtype: ClassVar[str] = "string"
    name: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}: {', '.join(value or 'missing' for value in self.values)}, or another"

    @property
    def features(self) -> tuple[str, ...]:
        return (*(f"{self.name} = {value or 'missing'}" for value in self.values), f"{self.name} = other")

    def encode(self, rows: Rows, odd: list[str]) -> Iterator[Array]:
        yield from self.features_of(rows.column(self.name))

    def features_of(self, texts: Iterable[str]) -> Iterator[Array]:
        """The features (N,) of texts."""
        place = {value: k for k, value in enumerate(self.values)}
        k = np.array([place.get(value_of(text), len(place)) for text in texts])
        yield from (k == j for j in range(len(place) + 1))

    def sample(self, rng: Rng, n: int) -> Array:
        """Random texts (n,) as such a column may hold, some of them missing or new."""
        return rng.choice(np.array([*self.values, "", "N/a", "?", "another"], object), n)


def value_of(text: str) -> str:
    """A word as a value of its column; every way to say "missing" is one."""
    return "" if blank(text) else text


NOTATION = {"kind": KINDS, "decimal": DECIMALS, "unit": str, "day_first": bool}
NUMERIC = {
    **{"type": {"numeric"}, "name": str, "mean": float, "deviation": float, "median": float, "gaps": bool},
    **{"notation": NOTATION, "cycles": [set(CYCLES)]},
}
CATEGORICAL = {"type": {"categorical"}, "name": str, "values": [str]}


def column_to_json(column: Numeric | Categorical) -> dict[str, Any]:
    """What JSON can hold of a column; floats keep all their digits there."""
    kind = "numeric" if isinstance(column, Numeric) else "categorical"
    fields = asdict(column, dict_factory=lambda pairs: {k: list(v) if isinstance(v, tuple) else v for k, v in pairs})
    return {"type": kind, **fields}


def column_from_json(value: Any, name: str) -> Numeric | Categorical:
    """The column of `column_to_json`. Raises ValueError, in which the value is called `name`, for anything else."""
    numeric = isinstance(value, dict) and value.get("type") == "numeric"
    if fault := misfit(value, NUMERIC if numeric else CATEGORICAL, name):
        raise ValueError(fault)
    if not numeric:
        values = tuple(value["values"])
        if len(set(values)) < len(values):
            raise ValueError(f"{name}.values holds a text twice")
        return Categorical(value["name"], values)
    mean, deviation, median = (float(value[key]) for key in ("mean", "deviation", "median"))
    notation, cycles = Notation(**{key: value["notation"][key] for key in NOTATION}), tuple(value["cycles"])
    bounded = max(abs(mean), deviation, abs(median)) <= BOUNDS[notation.kind]
    if not (bounded and deviation > 0 and np.isfinite(mean / deviation)):
        raise ValueError(
            f"{name}: no {notation.kind}s have the mean {mean:g}, deviation {deviation:g}, median {median:g}"
        )
    if not set(cycles) <= cyclic(np.zeros(1), notation).keys() or len(set(cycles)) < len(cycles):
        raise ValueError(f"{name}.cycles holds what a {notation.kind} does not have, or one of them twice")
    return Numeric(value["name"], mean, deviation, median, value["gaps"], notation, cycles)
