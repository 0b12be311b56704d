"""An encoder turns the rows of a table into numbers; it is learnt from the training rows, and plain data.

encoder = learn(rows.take(train))        # looks at the training rows alone
x = encoder(rows)                        # (N, I) float32, for rows of any part, and for new ones

What becomes of a column `columns` says. `encoder.to_json()` and `from_json` are the way to a file and back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from core import Array
from core.lab.data.columns import (
    LARGE,
    VARIES,
    Categorical,
    Numeric,
    column_from_json,
    column_to_json,
    cyclic,
    value_of,
)
from core.lab.data.notation import Decided, Notation, blank, decide
from core.lab.data.tables import Rows
from core.lab.schema import misfit
from core.lab.terminal import note

ENTRIES = 1 << 27  # numbers in an encoded table, 4 bytes each
VALUES = 32  # values of one column that have a feature of their own
MANY = 0.1  # share of numbers in a column of words that is told
SAID = 20  # columns of which stderr tells; the page tells of all


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

    def to_json(self) -> dict[str, Any]:
        """The encoder as JSON can hold it."""
        return {"columns": list(map(column_to_json, self.columns)), "remarks": list(self.remarks)}

    @staticmethod
    def from_json(value: Any, name: str = "encoder") -> Encoder:
        """The encoder of `to_json`: it gives the same bytes. Raises ValueError for anything else, with its place."""
        if fault := misfit(value, {"columns": [dict], "remarks": [str]}, name):
            raise ValueError(fault)
        columns = [column_from_json(each, f"{name}.columns.{k}") for k, each in enumerate(value["columns"])]
        if not columns or len({column.name for column in columns}) < len(columns):
            raise ValueError(f"{name}.columns has no column, or two of one name")
        return Encoder(tuple(columns), tuple(value["remarks"]))


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
    v = np.clip(notation.read(rows.column(name)).values, -LARGE, LARGE)
    there, gaps = v[~np.isnan(v)], bool(np.isnan(v).any())
    cycles = _cycles(there, notation)
    if not (scale := float(np.abs(there).max(initial=0.0))):
        return Numeric(name, 0.0, 1.0, 0.0, gaps, notation, cycles)
    there /= scale  # so that the square of no number underflows
    mean, deviation = float(there.mean()), float(there.std())
    unit = scale * (1.0 if deviation <= 1e-12 else deviation)  # below it is one value only, apart from rounding
    return Numeric(name, scale * mean, unit, scale * float(np.median(there)), gaps, notation, cycles)


def _cycles(v: Array, notation: Notation) -> tuple[str, ...]:
    """The cyclic features that differ among dates or times v; a time of more than a day is a duration, and has none."""
    duration = notation.kind == "time" and v.max(initial=0.0) >= 24
    return () if duration else tuple(f for f, wave in cyclic(v, notation).items() if len(v) and np.ptp(wave) > VARIES)


def _categorical(rows: Rows, name: str) -> Categorical:
    """The values seen at least twice, the most frequent first: what was seen once, such as a name, teaches nothing."""
    counts = Counter(map(value_of, rows.column(name)))
    often = sorted((value for value, n in counts.items() if n > 1), key=lambda value: (-counts[value], value))
    return Categorical(name, tuple(often[:VALUES]))


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
    quiet: bool = False,
) -> Read:
    """All rows by an encoder of the training rows; what was `told` before and what is odd goes to stderr and the page.

    With `quiet` to the page alone, as where the same rows are encoded again.

    Raises ValueError for names of columns that there are not.
    """
    for name in (*categorical, *ignore):
        rows.column(name)
    features = rows.without(*ignore)
    encoder = learn(features.take(train), [name for name in categorical if name in features.columns])
    x, odd = encoder.read(features)
    lines = [*told, *encoder.remarks, *odd]
    say(file, [] if quiet else lines)
    ignored = [f"left out, as --ignore says: {', '.join(ignore)}"] if ignore else []
    return Read(x, encoder, "\n".join([*map(str, encoder.columns), *lines, *ignored]))
