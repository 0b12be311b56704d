"""Tables: a csv file of anybody's as columns of text, `read_table`, or as numbers alone, `read_numbers`.

rows = read_table(raw)                   # bytes -> Rows: texts by column, and the line each row starts in
x = read_numbers(raw)                    # bytes -> (N, I) float32, with a line of names or without
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from core import Array
from core.lab import nearest
from core.lab.data import formats
from core.lab.data.notation import PLAIN, decide
from core.lab.former import moved
from core.lab.kinds import kind_of
from core.lab.terminal import note

DELIMITERS = ",;\t|"
SUFFIXES = (".csv", ".tsv", ".tab", ".txt")  # of files that hold tables
LARGEST = 1 << 26  # bytes of a file
CELLS = 10_000_000  # fields of a table: each is a Python string, some 60 bytes
FIRST, HEAD = 20, 1 << 22  # records by which the divider is found, within so many characters
COUNTED = 8  # whole numbers in their order that are no example
SEP = re.compile(r'[ "]*sep=(.)[ "]*(?:\r\n?|\n)', re.IGNORECASE)  # the first line, where Excel names the divider


@dataclass(frozen=True)
class Rows:
    """A table as texts, stripped of outer spaces; all columns are equally long."""

    columns: dict[str, list[str]]
    lines: list[int]  # where each row starts in its file
    comma: bool = False  # whether ; divides the fields, so that a comma is likely to be a decimal mark

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
        columns = {name: [texts[k] for k in i] for name, texts in self.columns.items()}
        return replace(self, columns=columns, lines=[self.lines[k] for k in i])

    def without(self, *names: str) -> Rows:
        """All columns but these."""
        return replace(self, columns={name: texts for name, texts in self.columns.items() if name not in names})


def rows_of(x: Array, names: Sequence[str]) -> Rows:
    """An array (N, I) as Rows, so that there is one way for both; the texts give back the same numbers."""
    columns = {str(name): list(map(repr, x[:, k].tolist())) for k, name in enumerate(names)}
    return Rows(columns, list(range(2, len(x) + 2)))


def read_table(raw: bytes, known: Sequence[str] = ()) -> Rows:
    """The rows of a csv file: its first line names the columns; a comma, ; | or a tab divides them.

    UTF-8, or UTF-16 with its mark; a gzip file, or a zip file of one, is unpacked. Quoted fields may hold dividers and
    newlines; empty lines are skipped. A name may be a number only if all names that are `known` stand in the first
    line. Raises ValueError in one line, naming the line of the file, for whatever is not such a table.
    """
    if len(raw) > LARGEST:
        raise ValueError(f"the table has {len(raw):,} bytes; at most {LARGEST:,} are read")
    text, delimiter, above = _opened(raw, LARGEST)
    records = _records(text, delimiter, above)
    line, names = next(records, (1, []))
    _check_names(names, line, known)
    table, lines = list[list[str]](), list[int]()
    for line, record in records:
        if len(record) != len(names):
            raise ValueError(f"line {line}: {len(record)} fields where the first line names {len(names)} columns")
        if (len(table) + 1) * len(names) > CELLS:
            raise ValueError(f"line {line}: the table has more than {CELLS:,} fields")
        table.append(record)
        lines.append(line)
    if not table:
        raise ValueError("the table has a line of names, and no rows below it")
    columns = dict(zip(names, map(list, zip(*table, strict=True)), strict=True))
    return Rows(columns, lines, delimiter == ";")


def read_numbers(raw: bytes, most: int = LARGEST) -> Array:
    """The numbers (N, I) float32 in a csv file of at most `most` bytes, packed or not; a line of names is skipped.

    Every cell must be a number, in the notation of most cells. Raises ValueError with the line of one that is none.
    """
    text, delimiter, above = _opened(raw, most)
    first = list(islice(_records(text, delimiter, above), 2))
    named = _names_columns(*(cells for _, cells in first))
    if len(first) <= named:
        raise ValueError("the file has a line of names, and no numbers below it")
    skip = first[named][0] - above - 1
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    ways = [plain] if delimiter == "," or "." in text else [plain, plain.replace(",", ".")]
    options: dict[str, Any] = {"delimiter": delimiter, "quotechar": '"', "skiprows": skip, "ndmin": 2, "comments": None}
    for way in ways:  # quickly, where all cells are plain numbers, or have a decimal comma
        with suppress(ValueError):
            return np.loadtxt(way.split("\n"), np.float32, **options)
    rows = list(islice(_records(text, delimiter, above), named, None))
    notation = decide([cell for _, row in rows for cell in row]).notation or PLAIN
    for line, row in rows:
        if len(row) != len(rows[0][1]):
            raise ValueError(f"line {line}: {len(row)} numbers where the first has {len(rows[0][1])}")
        for cell in row:
            if notation.value(cell) is None:
                raise ValueError(f"line {line}: {cell[:40]!r} is not a number; fill it in, or take the row out")
    return np.array([notation.read(row).values for _, row in rows], np.float32)


class Sheet(NamedTuple):
    """A csv file as it stands: no cell is read, or stripped."""

    names: list[str]  # column 1, column 2, ... where no line names them
    rows: list[list[str]]
    delimiter: str


def read_sheet(raw: bytes, named: bool | None = None) -> Sheet:
    """The cells of a csv file as they stand. `named` says whether its first line names the columns, if that is known.

    Raises ValueError for what is no table, and for one of more than `CELLS` fields or `LARGEST` bytes.
    """
    text, delimiter, above = _opened(raw, LARGEST)
    rows, count = list[list[str]](), 0
    for line, row in formats.records(text, delimiter):
        count += len(row)
        if count > CELLS:
            raise ValueError(f"line {line + above}: the table has more than {CELLS:,} fields")
        rows += [row] if row else []
    stripped = [[cell.strip() for cell in row] for row in rows[:2]]
    if named is None:
        named = _names_columns(*stripped)
    names = stripped[0] if named else [""] * len(stripped[0])
    return Sheet(_filled(names), rows[named:], delimiter)


def sheet_bytes(names: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str = ",") -> bytes:
    """A csv file, UTF-8, of a line of names and the rows below it; a field is quoted where it must be."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return file.getvalue().encode("utf-8", "surrogateescape")


def _filled(names: list[str]) -> list[str]:
    """The names of columns, each on one line, an empty one by its number."""
    return [" ".join(name.split()) or f"column {k}" for k, name in enumerate(names, 1)]


def _names_columns(cells: list[str], below: Sequence[str] = ()) -> bool:
    """Whether a first line names columns: none of it is a number; or it counts them, as pandas does.

    A line of few whole numbers counts them only where the line below holds others than whole ones.
    """
    there = [cell for cell in cells if cell]
    if not any(decide([cell]).notation for cell in there):
        return True
    counts = there in (list(map(str, range(k, k + len(there)))) for k in (0, 1))
    if counts and (len(there) >= COUNTED or any("." in cell for cell in below)):
        note(f"the first line, {', '.join(there[:3])}, ..., is taken for the numbers of the columns")
        return True
    return False


def _opened(raw: bytes, most: int) -> tuple[str, str, int]:
    """The text of a csv file, the divider of its fields, and how many lines stand above that text."""
    raw = formats.unpacked(raw, most)
    try:
        text = formats.text(raw)
    except ValueError as error:
        raise (ValueError(f"it is {kind_of(raw)}, not a table; save it as csv") if kind_of(raw) else error) from None
    if not text.strip():
        raise ValueError("the table is empty")
    head = text[:100].lstrip()
    if re.match(r"\{\s*[\"}]|\[\s*[\[{]", head) or (head[0] == "<" and kind_of(head.encode())):
        raise ValueError(f"it is {kind_of(head.encode()) or 'JSON'}, not a table; save it as csv")
    if said := SEP.match(text):
        return text[said.end() :], said[1], 1
    return text, max(DELIMITERS, key=lambda d: _fit(text, d)), 0


def _records(text: str, delimiter: str, above: int = 0) -> Iterator[tuple[int, list[str]]]:
    """(line, fields) of each record that is not an empty line."""
    for line, record in formats.records(text, delimiter, skipinitialspace=True):
        if record:
            yield line + above, [field.strip() for field in record]


def _fit(text: str, delimiter: str) -> tuple[int, bool, int]:
    """How many of the first records have as many fields as the first, if that has two or more; and how many fields.

    A comma fits least, of equals: where another fits it is a decimal mark.
    """
    widths = list[int]()
    with suppress(ValueError):  # with another divider the quotes may end elsewhere
        widths.extend(len(record) for _, record in islice(_records(text[:HEAD], delimiter), FIRST))
    width = max(widths[:1], default=0)
    return (widths.count(width) if width > 1 else 0), width > 1 and delimiter != ",", width


def _check_names(names: list[str], line: int, known: Sequence[str]) -> None:
    if not any(names):
        raise ValueError(f"line {line}: must name the columns, and is empty")
    if len(names) > CELLS:
        raise ValueError(f"line {line}: names more than {CELLS:,} columns")
    names[:] = _filled(names)
    lacking = [name for name in known if name not in names]
    if numbers := [name for name in names if _number(name) and (lacking or not known)]:
        names_it = f"; if it does, {lacking[0]!r} is not among its names" if lacking else ""
        raise ValueError(
            f"line {line}: must name the columns, but {numbers[0]!r} is a number; put a line of names first{names_it}"
        )
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise ValueError(f"line {line}: two columns are called {twice[0]!r}; rename one")


def _number(text: str) -> bool:
    try:
        return "_" not in text and not math.isnan(float(text))
    except ValueError:
        return False


__getattr__ = moved(
    __name__,
    {
        **dict.fromkeys(("learn", "Encoder"), "core.lab.data.encoder"),
        **dict.fromkeys(("Numeric", "Categorical"), "core.lab.data.columns"),
        "blank": "core.lab.data.notation",
    },
)
