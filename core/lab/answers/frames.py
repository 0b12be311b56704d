"""Tables of Python - a DataFrame, a dictionary of columns, an array - as the csv file that a predictor reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from core.lab.data.notation import GROUPED
from core.lab.data.tables import sheet_bytes

MISSING = ("nan", "NaT", "<NA>", "None")  # how Python and pandas write what is not there


def is_frame(x: Any) -> bool:
    """Is this a DataFrame, of pandas or another library, or a dictionary of columns?"""
    return isinstance(x, Mapping) or (hasattr(x, "columns") and hasattr(x, "__getitem__"))


def columns_of(x: Any) -> dict[str, list[Any]]:
    """The columns of a frame by name. Raises ValueError where there are none, or they are not equally long."""
    names = [str(name) for name in (x if isinstance(x, Mapping) else x.columns)]
    if len(set(names)) < len(names):
        raise ValueError(f"two columns are called {next(n for n in names if names.count(n) > 1)!r}; rename one")
    found = {str(name): list(x[name]) for name in (x if isinstance(x, Mapping) else x.columns)}
    if len(lengths := {len(column) for column in found.values()}) != 1:
        raise ValueError("the table has no columns" if not found else f"its columns are of lengths {sorted(lengths)}")
    return found


def frame_bytes(columns: Mapping[str, Iterable[Any]]) -> bytes:
    """The csv file of these columns: an empty field where a value is missing, a number so that it is read as itself."""
    texts = [list(map(_text, column)) for column in columns.values()]
    return sheet_bytes(list(columns), zip(*texts, strict=True))


def numbers_of(columns: Mapping[str, Iterable[Any]]) -> Any:
    """x (N, I) float32 of columns of numbers. Raises ValueError, which names the column that holds others."""
    arrays = []
    for name, column in columns.items():
        try:
            arrays.append(np.array(list(column), np.float32))
        except (ValueError, TypeError) as error:
            raise ValueError(f"the column {name!r} holds something that is no number: {error}") from error
    return np.stack(arrays, -1)


def _text(value: Any) -> str:
    """A cell. With three decimals a comma for the decimal mark would read thousands, so a zero follows them."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = str(value)
    if text in MISSING:
        return ""
    return f"{text}0" if isinstance(value, float) and GROUPED.fullmatch(text) else text
