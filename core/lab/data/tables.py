"""Tables: a csv file of anybody's as columns of text, and an encoder that turns its rows into numbers.

rows = read_table(raw)                   # bytes -> Rows: texts by column, and the line each row starts in
encoder = learn(rows.take(train))        # looks at the training rows alone
x = encoder(rows)                        # (N, I) float32, for rows of any part, and for new ones

A column of numbers becomes z = (v - mean) / deviation, the median in place of a missing value, and one feature more
that says "missing" where the training rows have gaps. Any other column becomes one feature for each frequent value,
a missing one being a value too, and a last one for all others, so that what was never seen before has its place.
"""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core import Array
from core.lab import nearest

DELIMITERS = ",;\t"
MISSING = frozenset({"", "?", "na", "n/a", "nan", "null"})  # in small letters
LARGEST = 1 << 26  # bytes of a file
CELLS = 10_000_000  # fields of a table: each is a Python string, some 60 bytes
ENTRIES = 1 << 27  # numbers in an encoded table, 4 bytes each
VALUES = 32  # values of one column that have a feature of their own
FAR = 10.0  # deviations from the mean at which a number is cut off, so that one wrong digit does not rule the network


@dataclass(frozen=True)
class Rows:
    """A table as texts, stripped of outer spaces; all columns are equally long."""

    columns: dict[str, list[str]]
    lines: list[int]  # where each row starts in its file

    def __len__(self) -> int:
        return len(self.lines)

    def column(self, name: str) -> list[str]:
        """The texts of a column. Raises ValueError for an unknown name, with the known ones and the nearest."""
        if name not in self.columns:
            raise ValueError(f"there is no column {name!r}{nearest(name, self.columns)}")
        return self.columns[name]

    def take(self, i: Iterable[int]) -> Rows:
        """The rows of these numbers."""
        i = list(i)
        return Rows({name: [texts[k] for k in i] for name, texts in self.columns.items()}, [self.lines[k] for k in i])

    def without(self, *names: str) -> Rows:
        """All columns but these."""
        return Rows({name: texts for name, texts in self.columns.items() if name not in names}, self.lines)


def rows_of(x: Array, names: Sequence[str]) -> Rows:
    """An array (N, I) as Rows, so that there is one way for both; the texts give back the same numbers."""
    columns = {str(name): list(map(repr, x[:, k].tolist())) for k, name in enumerate(names)}
    return Rows(columns, list(range(2, len(x) + 2)))


def read_table(raw: bytes) -> Rows:
    """The rows of a csv file in UTF-8: its first line names the columns, and , or ; or a tab divides them.

    Quoted fields may hold dividers and newlines; empty lines are skipped; with ; a comma may stand for the decimal
    point. Raises ValueError in one line, naming the line of the file, for whatever is not such a table.
    """
    if len(raw) > LARGEST:
        raise ValueError(f"the table has {len(raw):,} bytes; at most {LARGEST:,} are read")
    text = _text(raw)
    delimiter = max(DELIMITERS, key=lambda d: _width(text, d))  # of equals the first
    records = _records(text, delimiter)
    line, names = next(records, (1, []))
    _check_names(names, line)
    table, lines = list[list[str]](), list[int]()
    for line, record in records:
        if len(record) != len(names):
            raise ValueError(f"line {line}: {len(record)} fields where the first line names {len(names)} columns")
        if (len(table) + 1) * len(names) > CELLS:
            raise ValueError(f"line {line}: the table has more than {CELLS:,} fields")
        table.append([_point(field) for field in record] if delimiter == ";" else record)
        lines.append(line)
    if not table:
        raise ValueError("the table has a line of names, and no rows below it")
    return Rows(dict(zip(names, map(list, zip(*table, strict=True)), strict=True)), lines)


def _text(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line}: byte {raw[error.start]:#04x} is not UTF-8; save the table as UTF-8") from error
    if "\0" in text:
        raise ValueError(f"line {text.count(chr(10), 0, text.index(chr(0))) + 1}: holds a zero byte, so it is no text")
    if not text.strip():
        raise ValueError("the table is empty")
    return text


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(line, fields) of each record that is not an empty line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    line = 1
    try:
        for record in reader:
            if record:
                yield line, [field.strip() for field in record]
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"line {line}: {error}") from error


def _width(text: str, delimiter: str) -> int:
    try:
        return len(next(_records(text, delimiter))[1])
    except (ValueError, StopIteration):  # with another divider the quotes may end elsewhere
        return 0


def _check_names(names: list[str], line: int) -> None:
    if not any(names):
        raise ValueError(f"line {line}: must name the columns, and is empty")
    if len(names) > CELLS:
        raise ValueError(f"line {line}: names more than {CELLS:,} columns")
    for name in names:
        value = _number(name)
        if value is not None and not math.isnan(value):
            raise ValueError(f"line {line}: must name the columns, but {name!r} is a number; put a line of names first")
    names[:] = [" ".join(name.split()) or f"column {k}" for k, name in enumerate(names, 1)]
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise ValueError(f"line {line}: two columns are called {twice[0]!r}; rename one")


def _point(field: str) -> str:
    """3,14 -> 3.14: where ; divides the fields, the comma is the decimal point."""
    whole = field.replace(",", ".")
    return whole if field.count(",") == 1 and _number(whole) is not None else field


def _number(text: str) -> float | None:
    """The number in a text, NaN where it is missing, None where it is none."""
    if blank(text):
        return math.nan
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def blank(text: str) -> bool:
    """Whether a text stands for a value that is missing."""
    return text.casefold() in MISSING


def numeric(texts: Iterable[str]) -> bool:
    """Whether all that is there are numbers. A column without any value counts as one of numbers."""
    return all(_number(text) is not None for text in texts)


def numbers(rows: Rows, name: str) -> Array:
    """A column as float64 (N,), NaN where missing. Raises ValueError, naming the line, for words and infinity."""
    values = []
    for text, line in zip(rows.column(name), rows.lines, strict=True):
        if (value := _number(text)) is None or math.isinf(value):
            raise ValueError(f"line {line}: {text[:40]!r} in the column {name!r} is not a finite number")
        values.append(value)
    return np.array(values)


@dataclass(frozen=True)
class Numeric:
    """z = (v - mean) / deviation within +-FAR, the median where v is missing; with `gaps` a feature for that."""

    name: str
    mean: float
    deviation: float
    median: float
    gaps: bool

    def __str__(self) -> str:
        gaps = f"; where it is missing the median {self.median:.4g}" if self.gaps else ""
        return f"{self.name}: a number, mean {self.mean:.4g}, deviation {self.deviation:.4g}{gaps}"

    @property
    def features(self) -> tuple[str, ...]:
        return (self.name, f"{self.name} missing") if self.gaps else (self.name,)

    def encode(self, rows: Rows) -> Iterator[Array]:
        missing = np.isnan(v := numbers(rows, self.name))
        with np.errstate(over="ignore"):  # what overflows is cut off all the same
            z = np.where(missing, self.median, v) / self.deviation - self.mean / self.deviation
        yield np.clip(z, -FAR, FAR)
        if self.gaps:
            yield missing


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

    def encode(self, rows: Rows) -> Iterator[Array]:
        place = {value: k for k, value in enumerate(self.values)}
        k = np.array([place.get(_value(text), len(place)) for text in rows.column(self.name)])
        yield from (k == j for j in range(len(place) + 1))


@dataclass(frozen=True)
class Encoder:
    """Rows of the same columns, in any order and with any others beside them, -> x (N, I) float32."""

    columns: tuple[Numeric | Categorical, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the I features."""
        return tuple(name for column in self.columns for name in column.features)

    def __call__(self, rows: Rows) -> Array:
        """Raises ValueError for a missing column, words where the training rows held numbers, and too large a table."""
        if lacking := [column.name for column in self.columns if column.name not in rows.columns]:
            raise ValueError(f"the columns {', '.join(map(repr, lacking))} are missing")
        if len(rows) * (I := len(self.features)) > ENTRIES:
            raise ValueError(f"{len(rows):,} rows of {I:,} features are too many; leave columns out")
        x = np.empty((len(rows), I), np.float32)
        for k, feature in enumerate(f for column in self.columns for f in column.encode(rows)):
            x[:, k] = feature
        return x


def learn(rows: Rows, categorical: Iterable[str] = ()) -> Encoder:
    """The encoder of these rows, which should be those of the training part; `categorical` names codes that look like
    numbers. Columns of one value, or of other words in every row, are left out. Raises ValueError where none is left.
    """
    codes = {name: rows.column(name) for name in categorical}  # which refuses an unknown name
    columns: list[Numeric | Categorical] = []
    for name, texts in rows.columns.items():
        if len(set(texts)) > 1:
            columns.append(_numeric(rows, name) if name not in codes and numeric(texts) else _categorical(rows, name))
    if told := tuple(column for column in columns if isinstance(column, Numeric) or column.values):
        return Encoder(told)
    raise ValueError("no column tells the rows apart: each has one value, or another word in every row")


def _numeric(rows: Rows, name: str) -> Numeric:
    v = numbers(rows, name)
    there, gaps = v[~np.isnan(v)], bool(np.isnan(v).any())
    if not (scale := float(np.abs(there).max(initial=0.0))):
        return Numeric(name, 0.0, 1.0, 0.0, gaps)
    there /= scale  # so that the square of no number overflows
    mean, deviation = float(there.mean()), float(there.std())
    unit = scale * (1.0 if deviation <= 1e-12 else deviation)  # below it is one value only, apart from rounding
    return Numeric(name, scale * mean, unit, scale * float(np.median(there)), gaps)


def _categorical(rows: Rows, name: str) -> Categorical:
    """The values seen at least twice, the most frequent first: what was seen once, such as a name, teaches nothing."""
    counts = Counter(map(_value, rows.column(name)))
    often = sorted((value for value, n in counts.items() if n > 1), key=lambda value: (-counts[value], value))
    return Categorical(name, tuple(often[:VALUES]))


def _value(text: str) -> str:
    return "" if blank(text) else text
