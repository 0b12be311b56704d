"""What every learner asks of the data it is given: examples that are there, finite, and with a target each.

Each function raises ValueError, in one line that names the part, for data that cannot be learnt from.
"""

from typing import Any

import numpy as np

from core import Array
from core.lab import Splits

PARTS = ("train", "val", "test")


def check_examples(splits: Splits) -> None:
    """x (N, ...) finite, with N above 0 and as many targets, in each of the three parts."""
    for part in PARTS:
        x, t = getattr(splits, f"x_{part}"), getattr(splits, f"t_{part}")
        if not len(x) or t.ndim == 0 or len(x) != len(t):
            raise ValueError(f"the {part} part has {len(x)} examples and {len(t) if t.ndim else 'no'} labels")
        if len(bad := np.argwhere(~np.isfinite(x))):
            raise ValueError(f"the {part} part holds NaN or infinity, first in example {int(bad[0, 0])}")


def check_labels(splits: Splits, C: int) -> None:
    """t (N,) whole numbers from 0 to C - 1 in each of the three parts."""
    for part in PARTS:
        t = getattr(splits, f"t_{part}")
        if t.ndim != 1 or t.dtype.kind not in "iu":
            kind = f"{t.dtype} {t.shape}"
            raise ValueError(f"the labels of the {part} part must be whole numbers, one an example, not {kind}")
        low, high = t.min(), t.max()
        if low < 0 or high >= C:
            raise ValueError(f"the labels of the {part} part run from {low} to {high}; the network has {C} classes")


def check_values(splits: Splits, O: int) -> None:
    """t (N, O) finite numbers in each of the three parts."""
    for part in PARTS:
        t = getattr(splits, f"t_{part}")
        if t.ndim != 2 or t.shape[1] != O:
            raise ValueError(f"the targets of the {part} part have the shape {t.shape}, not (N, {O})")
        if not np.isfinite(t).all():
            raise ValueError(f"the targets of the {part} part hold NaN or infinity")


def check_weights(s: Any, n: int) -> Array:
    """s (n,) as float64: one finite weight an example, none below 0, and one above."""
    s = np.asarray(s)
    if s.shape != (n,) or s.dtype.kind not in "biuf":
        raise ValueError(f"sample_weight must hold one number for each of {n} examples, not {s.dtype} {s.shape}")
    s = s.astype(np.float64)
    if not np.isfinite(s).all() or s.min() < 0 or not s.any():
        raise ValueError(
            f"sample_weight must be finite, none below 0 and one above: it runs from {s.min()} to {s.max()}"
        )
    return s
