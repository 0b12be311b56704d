"""How much the rows of a table count: a column of weights, and a weight of each class."""

from collections.abc import Sequence

import numpy as np

from core import Array
from core.lab import nearest
from core.lab.data.columns import LARGE
from core.lab.data.notation import PLAIN, blank, decide
from core.lab.data.tables import Rows

BALANCED, NONE = "balanced", "none"


def sample_weights(rows: Rows, name: str) -> Array:
    """The column `name` as weights (N,) with the mean 1, whatever their unit.

    Raises ValueError for a cell that is no number of 0 or more, with its line, and where all are 0.
    """
    texts = rows.column(name)
    found = decide(texts).notation
    cells = (found if found and found.kind == "number" else PLAIN).read(texts)
    for text, line, weight in zip(texts, rows.lines, cells.values.tolist(), strict=True):
        if not 0 <= weight <= LARGE:
            cell = "is missing" if blank(text) else f"is {text[:40]!r}"
            raise ValueError(f"line {line}: the weight in the column {name!r} {cell}; it must be a number, 0 or more")
    if not cells.values.any():
        raise ValueError(f"the weights in the column {name!r} are 0 in all rows")
    s: Array = cells.values / cells.values.max()  # so that no sum overflows, and none is 0
    return s / s.mean()


def check_class_weight(words: Sequence[str]) -> None:
    """Raises ValueError unless it is nothing, "none", "balanced", or class=weight for some classes."""
    if tuple(words) in ((), (NONE,), (BALANCED,)):
        return
    for word in words:
        _, divider, weight = word.rpartition("=")
        try:
            fits = 0 <= float(weight) <= LARGE and bool(divider)
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(
                f"class_weight must be balanced, none, or a weight for classes, such as yes=3, not {word!r}"
            )


def class_weights(words: Sequence[str], classes: Sequence[str], t: Array, s: Array | None) -> Array | None:
    """How much each class counts, (C,); None where all do alike. t (N,) and s (N,) are those of the training part.

    "balanced" gives each class that is there the same sum: a_c = sum of s / (C sum of s in c), as scikit-learn does;
    "yes=3" is a weight of one class, and others have 1. Raises ValueError for a class that there is not.
    """
    if tuple(words) in ((), (NONE,)):
        return None
    if not classes:
        raise ValueError("--class-weight is for one target of classes")
    if tuple(words) == (BALANCED,):
        sums = np.bincount(t, s, len(classes))
        there = sums > 0
        return np.where(there, sums.sum() / (there.sum() * np.where(there, sums, 1)), 1.0)
    a = np.ones(len(classes))
    for word in words:
        name, _, weight = word.rpartition("=")
        if name not in classes:
            raise ValueError(f"--class-weight: there is no class {name!r}{nearest(name, classes)}")
        a[list(classes).index(name)] = float(weight)
    return a
