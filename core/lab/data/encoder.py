"""An encoder turns the rows of a table into numbers; it is learnt from the training rows, and plain data.

encoder = learn(rows.take(train))        # looks at the training rows alone
x = encoder(rows)                        # (N, I) float32, for rows of any part, and for new ones

A column of numbers, dates or times becomes z = (v - mean) / deviation, the median in place of a missing value, and one
feature more that says "missing" where the training rows have gaps. Any other column becomes one feature for each
frequent value, a missing one being a value too, and a last one for all others, so that what was never seen before has
its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from core import Array
from core.lab.data.notation import PLAIN, Cells, Decided, Notation, blank, decide
from core.lab.data.tables import Rows
from core.lab.terminal import note

ENTRIES = 1 << 27  # numbers in an encoded table, 4 bytes each
VALUES = 32  # values of one column that have a feature of their own
FAR = 10.0  # deviations from the mean at which a number is cut off, so that one wrong digit does not rule the network
MANY = 0.1  # share of numbers in a column of words that is told
NAMED = 3  # odd cells that are named
SAID = 20  # columns of which stderr tells; the page tells of all


@dataclass(frozen=True)
class Numeric:
    """z = (v - mean) / deviation within +-FAR, the median where v is missing; with `gaps` a feature for that."""

    name: str
    mean: float
    deviation: float
    median: float
    gaps: bool
    notation: Notation = PLAIN

    def __str__(self) -> str:
        gaps = f"; where it is missing the median {self.median:.4g}" if self.gaps else ""
        return f"{self.name}: {self.notation}, mean {self.mean:.4g}, deviation {self.deviation:.4g}{gaps}"

    @property
    def features(self) -> tuple[str, ...]:
        return (self.name, f"{self.name} missing") if self.gaps else (self.name,)

    def read(self, rows: Rows) -> Cells:
        """The column as numbers, NaN where it is missing or odd."""
        return self.notation.read(rows.column(self.name))

    def encode(self, rows: Rows, odd: list[str]) -> Iterator[Array]:
        cells = self.read(rows)
        odd += told(rows, self.name, cells)
        missing = np.isnan(cells.values)
        with np.errstate(over="ignore"):  # what overflows is cut off all the same
            z = np.where(missing, self.median, cells.values) / self.deviation - self.mean / self.deviation
        yield np.clip(z, -FAR, FAR)
        if self.gaps:
            yield missing


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

    name: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}: {', '.join(value or 'missing' for value in self.values)}, or another"

    @property
    def features(self) -> tuple[str, ...]:
        return (*(f"{self.name} = {value or 'missing'}" for value in self.values), f"{self.name} = other")

    def encode(self, rows: Rows, odd: list[str]) -> Iterator[Array]:
        place = {value: k for k, value in enumerate(self.values)}
        k = np.array([place.get(_value(text), len(place)) for text in rows.column(self.name)])
        yield from (k == j for j in range(len(place) + 1))


@dataclass(frozen=True)
class Encoder:
    """Rows of the same columns, in any order and with any others beside them, -> x (N, I) float32."""

    columns: tuple[Numeric | Categorical, ...]
    remarks: tuple[str, ...] = ()  # each column that is left out, and why; and those that are not read as they look

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the I features."""
        return tuple(name for column in self.columns for name in column.features)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def read(self, rows: Rows) -> tuple[Array, list[str]]:
        """x (N, I), and a line for each column with odd cells. Raises ValueError for a missing column, a huge table."""
        if lacking := [name for name in self.names if name not in rows.columns]:
            raise ValueError(f"the columns {', '.join(map(repr, lacking))} are missing")
        if len(rows) * (I := len(self.features)) > ENTRIES:
            raise ValueError(f"{len(rows):,} rows of {I:,} features are too many; leave columns out")
        x, odd = np.empty((len(rows), I), np.float32), list[str]()
        for k, feature in enumerate(f for column in self.columns for f in column.encode(rows, odd)):
            x[:, k] = feature
        return x, odd

    def __call__(self, rows: Rows) -> Array:
        """The same; the lines go to stderr."""
        x, odd = self.read(rows)
        say("", odd)
        return x


def say(where: str, lines: Iterable[str]) -> None:
    """Lines about a table on stderr, each with the file that it is of; the first SAID of them."""
    lines = list(lines)
    for line in lines[:SAID]:
        note(f"{where}: {line}" if where else line)
    if len(lines) > SAID:
        note(f"{where or 'the table'}: and {len(lines) - SAID} columns more, of which the page tells")


def learn(rows: Rows, categorical: Iterable[str] = ()) -> Encoder:
    """The encoder of these rows, which should be those of the training part; `categorical` names codes that look like
    numbers. Columns of one value, or of other words in every row, are left out, and among the encoder's remarks.
    Raises ValueError where none is left.
    """
    codes = {name: rows.column(name) for name in categorical}  # which refuses an unknown name
    decided = {name: Decided(None) if name in codes else decide(texts) for name, texts in rows.columns.items()}
    votes = Counter(found.vote for found in decided.values() if found.vote)
    comma = votes[","] > votes["."] or (rows.comma and not votes)
    columns, remarks = list[Numeric | Categorical](), list[str]()
    for name, texts in rows.columns.items():
        column, remark = _column(rows, name, decided[name], comma, bool(votes))
        if all(map(blank, texts)):
            remark = "left out, no value in any row"
        elif all(text == texts[0] for text in texts):
            remark = f"left out, {texts[0][:40]!r} in all rows"
        elif isinstance(column, Categorical) and not column.values:
            remark = f"left out, another word in every row, such as {texts[0][:40]!r}"
        else:
            columns.append(column)
        remarks += [f"{name}: {remark}"] * bool(remark)
    if columns:
        return Encoder(tuple(columns), tuple(remarks))
    raise ValueError("no column tells the rows apart: each has one value, or another word in every row")


def _column(rows: Rows, name: str, found: Decided, comma: bool, voted: bool) -> tuple[Numeric | Categorical, str]:
    """How a column is encoded, and what there is to be said of that."""
    notation, remark = found.notation, ""
    if not notation:
        numbers = f"read as words, though {found.share:.0%} of its cells are numbers or dates"
        return _categorical(rows, name), numbers if found.share >= MANY else ""
    if found.open:
        text = next(text for text in rows.column(name) if notation.value(text) != notation.other.value(text))
        notation = notation.other if comma and (voted or "." not in text) else notation
        if notation.decimal == "," or "." not in text:
            dated = f"with the {'day' if notation.day_first else 'month'} first"
            how = dated if notation.kind == "date" else f"as {notation.value(text):.12g}"
            remark = f"{text!r} is read {how}; no cell of the column tells"
    return _numeric(rows, name, notation), remark


def _numeric(rows: Rows, name: str, notation: Notation) -> Numeric:
    v = notation.read(rows.column(name)).values
    there, gaps = v[~np.isnan(v)], bool(np.isnan(v).any())
    if not (scale := float(np.abs(there).max(initial=0.0))):
        return Numeric(name, 0.0, 1.0, 0.0, gaps, notation)
    there /= scale  # so that the square of no number overflows
    mean, deviation = float(there.mean()), float(there.std())
    unit = scale * (1.0 if deviation <= 1e-12 else deviation)  # below it is one value only, apart from rounding
    return Numeric(name, scale * mean, unit, scale * float(np.median(there)), gaps, notation)


def _categorical(rows: Rows, name: str) -> Categorical:
    """The values seen at least twice, the most frequent first: what was seen once, such as a name, teaches nothing."""
    counts = Counter(map(_value, rows.column(name)))
    often = sorted((value for value, n in counts.items() if n > 1), key=lambda value: (-counts[value], value))
    return Categorical(name, tuple(often[:VALUES]))


def _value(text: str) -> str:
    return "" if blank(text) else text


class Read(NamedTuple):
    """A table as a network takes it."""

    x: Array  # N, I float32
    encoder: Encoder
    page: str  # how each column was read, what was left out, and every odd cell


def encoded(
    rows: Rows,
    train: Iterable[int],
    file: str,
    *,
    categorical: Iterable[str] = (),
    ignore: Iterable[str] = (),
    told: Iterable[str] = (),
) -> Read:
    """All rows by an encoder of the training rows; what was `told` before and what is odd goes to stderr and the page.

    Raises ValueError for names of columns that there are not.
    """
    for name in (*categorical, *ignore):
        rows.column(name)
    features = rows.without(*ignore)
    encoder = learn(features.take(train), [name for name in categorical if name in features.columns])
    x, odd = encoder.read(features)
    lines = [*told, *encoder.remarks, *odd]
    say(file, lines)
    ignored = [f"left out, as --ignore says: {', '.join(ignore)}"] if ignore else []
    return Read(x, encoder, "\n".join([*map(str, encoder.columns), *lines, *ignored]))
