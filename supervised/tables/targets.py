"""What the teacher says, out of a column of a table: classes or values. What cannot be learnt is refused."""

import numpy as np

from core import Array
from core.lab.data.tables import Rows, blank, numbers, numeric

LARGE = 1e100  # its square and sums of such are still numbers
FEW = 20  # different whole numbers that are taken for classes


def looks_like_classes(rows: Rows, target: str) -> bool:
    """Words, or few different whole numbers."""
    if not numeric(rows.column(target)):
        return True
    found = np.unique(numbers(rows, target))  # NaN among them, where one is missing
    return len(found) <= FEW and bool((found == np.round(found))[~np.isnan(found)].all())


def classes(rows: Rows, target: str) -> tuple[Array, tuple[str, ...]]:
    """t (N,) from 0 to C - 1, and the names of the classes; 1 and 1.0 are one class."""
    _whole(rows, target)
    texts, as_numbers = rows.column(target), numeric(rows.column(target))
    if as_numbers:
        texts = [f"{float(text):.15g}" for text in texts]
    names = sorted(set(texts), key=float if as_numbers else str)
    C, N = len(names), len(texts)
    if C < 2:
        raise ValueError(
            f"the target {target!r} has one class, {names[0]!r}, in all rows: there is nothing to tell apart"
        )
    if 2 * C > N:
        raise ValueError(
            f"the target {target!r} has {C} classes in {N} rows, fewer than two rows each: name another "
            "column, or --kind value if it holds numbers"
        )
    place = {name: c for c, name in enumerate(names)}
    return np.array([place[text] for text in texts]), tuple(names)


def values(rows: Rows, target: str) -> Array:
    """t (N, 1)."""
    _whole(rows, target)
    t = numbers(rows, target)
    if (t == t[0]).all():
        raise ValueError(f"the target {target!r} is {t[0]:g} in all rows: there is nothing to learn")
    if np.abs(t).max() > LARGE:
        raise ValueError(f"the target {target!r} holds numbers beyond {LARGE:g}: give it in another unit")
    return t[:, None]


def _whole(rows: Rows, target: str) -> None:
    for text, line in zip(rows.column(target), rows.lines, strict=True):
        if blank(text):
            raise ValueError(f"line {line}: the target {target!r} is missing; fill it in, or take the row out")
