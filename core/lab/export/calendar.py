"""The calendar in ONNX: the shares of `core.lab.data.dates.passed`, in floating-point numbers that are whole.

The year begins in March, so that the leap day is its last one; 400 years have 146,097 days, always.
"""

from __future__ import annotations

from typing import Any

import numpy as np

FAR = 1e7  # days; what is beyond is no date
LENGTHS = 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28  # of the months from March on


class Calendar:
    """Nodes of float64 (N, 1), out of days since 1970-01-01 v (N, 1); `b` is the Writer."""

    def __init__(self, b: Any, v: str) -> None:
        self.b = b
        v = b.op("Clip", v, self.number(-FAR), self.number(FAR))
        self.days = b.op("Floor", v)
        self.hour = b.op("Sub", v, self.days)

    def number(self, value: float) -> str:
        return self.b.constant(value, np.float64)

    def op(self, kind: str, x: str, value: float) -> str:
        return self.b.op(kind, x, self.number(value))

    def whole(self, x: str, k: float) -> str:
        """floor(x / k)."""
        return self.b.op("Floor", self.op("Div", x, k))

    def left(self, x: str, k: float) -> str:
        """x - k floor(x / k)."""
        return self.b.op("Sub", x, self.op("Mul", self.whole(x, k), k))

    def sum(self, *signed: tuple[str, str]) -> str:
        """Values with their signs, the first as it is."""
        total = signed[0][1]
        for sign, x in signed[1:]:
            total = self.b.op("Add" if sign == "+" else "Sub", total, x)
        return total

    @property
    def weekday(self) -> str:
        return self.op("Div", self.left(self.op("Add", self.days, 3), 7), 7)

    def date(self) -> tuple[str, str, str]:
        """The year from March on in its 400, the month from March on, and the days of it that passed: all from 0."""
        day = self.left(self.op("Add", self.days, 719_468), 146_097)  # since the first of March, 0000, 400, ...
        leaps = self.sum(
            ("+", day), ("-", self.whole(day, 1460)), ("+", self.whole(day, 36_524)), ("-", self.whole(day, 146_096))
        )
        year = self.whole(leaps, 365)
        before = self.sum(("+", self.op("Mul", year, 365)), ("+", self.whole(year, 4)), ("-", self.whole(year, 100)))
        day = self.b.op("Sub", day, before)
        month = self.whole(self.op("Add", self.op("Mul", day, 5), 2), 153)
        return year, month, self.b.op("Sub", day, self.whole(self.op("Add", self.op("Mul", month, 153), 2), 5))

    @property
    def month(self) -> str:
        return self.op("Div", self.left(self.op("Add", self.date()[1], 2), 12), 12)

    @property
    def day(self) -> str:
        year, month, day = self.date()
        place = self.b.op("Cast", month, to=7)
        length = self.b.op("Gather", self.b.constant(LENGTHS, np.float64), place)
        february = self.b.op("Cast", self.b.op("Equal", place, self.b.ints(11)), to=11)
        after = self.op("Add", year, 1)  # the year of that February; it is a leap year where a fourth one ends
        ends = [self.b.op("Sub", self.whole(after, k), self.whole(year, k)) for k in (4, 100, 400)]
        leap = self.sum(*zip("+-+", ends, strict=True))
        return self.b.op("Div", day, self.b.op("Add", length, self.b.op("Mul", february, leap)))


def waves(b: Any, column: Any, v: str, missing: str) -> list[str]:
    """sin and cos as `column.cycles` says, (N, 1) each; 0 where v is missing."""
    time = column.notation.kind == "time"
    calendar, parts = Calendar(b, b.op("Div", v, b.constant(24, np.float64)) if time else v), []
    for part, wave in (name.split() for name in column.cycles):
        angle = calendar.op("Mul", getattr(calendar, part), 2 * np.pi)
        parts.append(b.op("Where", missing, calendar.number(0), b.op(wave.capitalize(), angle)))
    return parts
