"""How the cells of a column are written: 1,234.50 or 1.234,50, 5 %, $3, 31.01.2024, 12:30. Texts in, numbers out.

A column has one notation, decided once, by its training rows: the one that reads most of its cells. Where two read
equally many, as with nothing but 1.234, the other columns of the table decide, and last the decimal point. A column of
which no notation reads more than half is one of words. A cell that its column's notation does not read is odd: it
counts as a missing value wherever it stands, and is named. No unit is converted: 5 % is 5.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from core import Array
from core.lab.data.dates import days, hours

MISSING = frozenset({"", "?", "na", "n/a", "nan", "null"})  # in small letters
KINDS, DECIMALS = {"number", "date", "time"}, {".", ","}
LONGEST = 64  # characters of a number or a date
ENOUGH = 5000  # cells of a column, from its start to its end, that decide its notation
SIGNS = dict.fromkeys(map(ord, "\u2212\u2012\u2013\ufe63\uff0d"), "-") | {ord("\u2019"): "'"}
SIGNS |= {0xFF04: "$", 0xFF05: "%", 0xFFE5: "\u00a5"}
SIGNS |= dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f"), " ")
CURRENCY = (
    r"(?:[A-Z]{0,2}[$\u20a0-\u20cf\u00a2-\u00a5]|USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|BRL"
    r"|MXN|ZAR|TRY|RUB|KRW|kr\.?|z\u0142|K\u010d|Ft|Rs\.?|Fr\.?)"
)


def _number(thousands: str, decimal: str) -> re.Pattern[str]:
    """A number with groups of thousands (of lakhs, too), a sign before or after, brackets for minus, and a unit."""
    groups = rf"[1-9]\d{{0,2}}(?:{thousands}\d{{3}})+|[1-9]\d{{0,2}}(?: \d{{3}})+|[1-9]\d{{0,2}}(?:'\d{{3}})+"
    lakhs = rf"[1-9]\d?(?:{thousands}\d\d)+{thousands}\d{{3}}"
    body = rf"(?:(?:{groups}|{lakhs}|\d+)(?:{decimal}\d*)?|{decimal}\d+)(?:[eE][-+]?\d+)?"
    return re.compile(rf"(\()?([-+]?) ?({CURRENCY}?) ?([-+]?)({body}) ?(%|{CURRENCY})?(-)?(\))?")


NUMBERS = {".": _number(",", r"\."), ",": _number(r"\.", ",")}
GROUPED = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")  # read with a comma for the decimal mark it would be thousands


def blank(text: str) -> bool:
    """Whether a text stands for a value that is missing."""
    return len(text) < 5 and text.casefold() in MISSING


@dataclass(frozen=True)
class Notation:
    """How the cells of one column become numbers."""

    kind: str = "number"  # or "date", in days since 1970-01-01, or "time", in hours
    decimal: str = "."  # the decimal mark; the other one, a space or ' may divide thousands
    unit: str = ""  # of a number: %, or a currency, which a cell may leave out
    day_first: bool = False  # whether 1/2/2024 is in February; 31.1.2024 and 2024-01-31 can mean one day only

    def __str__(self) -> str:
        order = "day" if self.day_first else "month"
        return {
            "number": f"a number{f' in {self.unit}' if self.unit else ''}"
            + (" with a decimal comma" if self.decimal == "," else ""),
            "date": f"a date, in days since 1970-01-01, the {order} first where a / divides",
            "time": "a time, in hours",
        }[self.kind]

    def written(self, value: float) -> str:
        """A number as people write it: a date as 2024-01-31, a time as 9:05."""
        if self.kind == "date":
            return str(np.datetime64(round(value), "D"))
        minutes = round(60 * value)
        return f"{minutes // 60}:{minutes % 60:02}" if self.kind == "time" else f"{value:.4g}"

    @property
    def other(self) -> Notation:
        """The same with the other decimal mark, or day and month the other way round."""
        if self.kind == "date":
            return replace(self, day_first=not self.day_first)
        return replace(self, decimal="," if self.decimal == "." else ".")

    @property
    def plain(self) -> bool:
        """Whether it reads all that Python calls a number."""
        return self.kind == "number" and self.decimal == "." and self.unit != "%"

    def value(self, text: str) -> float | None:
        """The number in a text that is no missing value; None where it is written in another way, or not finite."""
        if len(text) > LONGEST:
            return None
        text = text.translate(SIGNS)
        if self.kind == "date":
            return days(text, self.day_first)
        if self.kind == "time":
            return hours(text)
        read = _read(text, self.decimal)
        return read[0] if read and (read[1] == self.unit or (not read[1] and self.unit != "%")) else None

    def read(self, texts: list[str]) -> Cells:
        """The numbers of all cells. One that only the other decimal mark or order of day and month reads is told."""
        values = _plain(texts) if self.plain else np.full(len(texts), math.nan)
        rare, odd, other = np.flatnonzero(np.isnan(values)).tolist(), set[str](), set[str]()
        known: dict[str, float] = {}
        for text in {texts[k] for k in rare}:
            value = math.nan if blank(text) else self.value(text)
            if value is None and (value := self.other.value(text)) is not None:
                other.add(text)
            if value is None:
                odd.add(text)
            known[text] = math.nan if value is None else value
        for k in rare:
            values[k] = known[texts[k]]
        return Cells(values, frozenset(odd), frozenset(other))


PLAIN = Notation()


class Cells(NamedTuple):
    """A column as numbers."""

    values: Array  # N float64, NaN where missing or odd
    odd: frozenset[str]  # texts that are no value in this notation
    other: frozenset[str]  # texts that were read, but are written in the other way


class Decided(NamedTuple):
    """What the cells of a column say of its notation."""

    notation: Notation | None  # None: a column of words
    share: float = 0.0  # of the cells that are there, those that are numbers
    vote: str = ""  # the decimal mark that the cells show, if they show one
    open: bool = False  # whether the other decimal mark, or order of day and month, reads as many, but otherwise


def _plain(texts: list[str]) -> Array:
    """The numbers of all texts that Python reads as finite ones, the most usual kind; NaN elsewhere."""
    try:
        values = np.array(list(map(float, texts)))
    except ValueError:
        values = np.array([_float(text) for text in texts])
    values[np.isinf(values)] = math.nan
    if "_" in "".join(texts):
        values[[k for k, text in enumerate(texts) if "_" in text]] = math.nan
    return values


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _there(texts: Sequence[str]) -> dict[str, int]:
    """How often each text stands there, the missing ones apart."""
    return {text: n for text, n in Counter(texts).items() if not blank(text)}


def decide(texts: Sequence[str]) -> Decided:
    """The notation that reads most of the cells that are there; of a long column every so-many-th cell decides."""
    cells = _there(texts[:: len(texts) // ENOUGH + 1])
    if sum(cells.values()) < ENOUGH // 100:  # most are missing
        cells = _there(texts)
    if not np.isnan(_plain(list(cells))).any():
        pointed = [text for text in cells if "." in text]
        even = bool(pointed) and all(map(GROUPED.fullmatch, pointed))
        return Decided(PLAIN, 1.0, "." if pointed and not even else "", even)
    total = sum(cells.values())
    digits = {text: n for text, n in cells.items() if any(map(str.isdigit, text[:LONGEST]))}
    if not digits:
        return Decided(None)
    share, orders = 0.0, [Notation("date"), Notation("date", day_first=True)]
    for two in [_with_unit(digits, decimal) for decimal in ".,"], orders, [Notation("time")]:
        counts = [_count(digits, notation) for notation in two]
        best, most = two[counts.index(max(counts))], max(counts)
        if 2 * most > total:
            even = min(counts) == most and any(best.value(text) != two[-1].value(text) for text in digits)
            return Decided(best, most / total, best.decimal if min(counts) < most and two is not orders else "", even)
        share = max(share, most / total)
    return Decided(None, share)


def _count(cells: Mapping[str, int], notation: Notation) -> int:
    return sum(n for text, n in cells.items() if notation.value(text) is not None)


def _with_unit(cells: Mapping[str, int], decimal: str) -> Notation:
    """The notation with this decimal mark and the unit of most cells; a currency may be left out, % may not."""
    units = Counter[str]()
    for text, n in cells.items():
        if len(text) <= LONGEST and (read := _read(text.translate(SIGNS), decimal)):
            units[read[1]] += n
    bare = units.pop("", 0)
    unit = max(sorted(units), key=lambda unit: units[unit], default="")
    return Notation(decimal=decimal, unit="" if unit == "%" and units[unit] <= bare else unit)


def _read(text: str, decimal: str) -> tuple[float, str] | None:
    if not (found := NUMBERS[decimal].fullmatch(text)):
        return None
    opened, sign, before, sign2, body, after, behind, closed = found.groups()
    minus = [bool(opened), sign == "-", sign2 == "-", bool(behind)]
    if bool(opened) != bool(closed) or sum(minus) > 1 or (sign and sign2) or (before and after):
        return None
    thousands = "," if decimal == "." else "."
    value = float(body.replace(thousands, "").replace(" ", "").replace("'", "").replace(decimal, "."))
    return ((-value if any(minus) else value), before or after or "") if math.isfinite(value) else None
