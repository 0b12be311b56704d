"""Dates and times as people write them. Texts in, numbers out; None for a text that is neither."""

import re
from datetime import date

import numpy as np

from core import Array

EPOCH = date(1970, 1, 1).toordinal()
NAMES = "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"
MONTHS = {name: k for k, name in enumerate(NAMES, 1)}
MONTHS |= {"m\u00e4r": 3, "mrz": 3, "mai": 5, "okt": 10, "dez": 12}  # German
TIME = r"(\d{1,3}):(\d\d)(?::(\d\d(?:[.,]\d+)?))? ?([AaPp]\.?[Mm]\.?)?"
REST = rf"(?:[T ,]+{TIME} ?(Z|UTC|GMT|[+-]\d\d:?\d\d)?)?"
YEAR, WORD = r"(\d{4}|\d\d)", r"([^\W\d]{3,9})\.?"
YEAR_FIRST = re.compile(rf"(\d{{4}})(?:([-/.])(\d\d?)\2(\d\d?)|-(\d\d)){REST}")
YEAR_LAST = re.compile(rf"(\d\d?)([-/. ])(\d\d?)\2{YEAR}{REST}")
NAMED = re.compile(rf"(?:(\d\d?)\.?[- /]?{WORD}|{WORD} (\d\d?)(?:st|nd|rd|th)?,?)[- /,]*{YEAR}{REST}")
CLOCK = re.compile(TIME)


def days(text: str, day_first: bool) -> float | None:
    """Days since 1970-01-01, UTC where a zone is given: of 2024-01-31, 31.1.24, 1/31/2024, 31 Jan 2024; with a time or
    without. Of 2024-01 the first. A year of two digits is from 1969 to 2068.
    """
    if found := YEAR_FIRST.fullmatch(text):
        year, _, month, day, alone, *rest = found.groups()
        return _days(year, month or alone, day or "1", *rest)
    if found := YEAR_LAST.fullmatch(text):
        a, divider, b, year, *rest = found.groups()
        day, month = (a, b) if day_first or divider == "." else (b, a)
        return _days(year, month, day, *rest)
    if found := NAMED.fullmatch(text):
        day, name, name2, day2, year, *rest = found.groups()
        return _days(year, str(MONTHS.get((name or name2).casefold()[:3], 0)), day or day2, *rest)
    return None


def hours(text: str) -> float | None:
    """Hours since midnight, or of a duration: of 9:05, 09:05:30.5, 9:05 pm."""
    found = CLOCK.fullmatch(text)
    return _hours(*found.groups()) if found else None


def passed(v: Array) -> dict[str, Array]:
    """Of dates v (N,), in days since 1970-01-01, the share in [0, 1) of the year that passed before its month, of the
    month and of the week (from Monday) that passed before the day, and of the day that passed before the hour.
    """
    days = np.floor(v)
    date = days.astype("datetime64[D]")
    month, year = date.astype("datetime64[M]"), date.astype("datetime64[Y]")
    first, length = month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")
    return {
        "month": (month - year.astype("datetime64[M]")).astype(float) / 12,
        "day": (date - first) / length,
        "weekday": (days + 3) % 7 / 7,  # 1970-01-01 was a Thursday
        "hour": v - days,
    }


def _days(
    year: str, month: str, day: str, hour: str | None, minute: str, second: str, half: str, zone: str | None
) -> float | None:
    century = 0 if len(year) == 4 else 2000 if int(year) < 69 else 1900
    try:
        whole = date(century + int(year), int(month), int(day)).toordinal() - EPOCH
    except ValueError:
        return None
    if hour is None:
        return float(whole)
    if (time := _hours(hour, minute, second, half)) is None:
        return None
    digits = (zone or "").replace(":", "")
    east = int(f"{digits[0]}1") * (int(digits[1:3]) + int(digits[3:]) / 60) if digits[:1] in ("+", "-") else 0.0
    return whole + (time - east) / 24


def _hours(hour: str, minute: str, second: str | None, half: str | None) -> float | None:
    seconds = float((second or "0").replace(",", "."))
    if int(minute) > 59 or seconds >= 60 or (half and not 1 <= int(hour) <= 12):
        return None
    whole = int(hour) % 12 + 12 * (half[0] in "Pp") if half else int(hour)
    return whole + int(minute) / 60 + seconds / 3600
