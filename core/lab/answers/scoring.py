"""What answers are worth where a table still holds the true ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core import Array
from core.lab.data.notation import PLAIN, blank, decide


def score(said: Sequence[Any], truths: Sequence[Sequence[str]], classes: Sequence[str] = ()) -> dict[str, float | int]:
    """accuracy of classes and of labels, or r2 and rmse of values, over the rows that have all their truths.

    `said` are N answers, `truths` the texts of K columns of N. A class is right if it is the same number, or the same
    word apart from spaces and capitals. r2 = 1 - sum (t - y)^2 / sum (t - mean t)^2, the mean over K values.
    Raises ValueError where no row has its truths, or one is no number where answers are.
    """
    rows = [k for k in range(len(said)) if not any(blank(texts[k].strip()) for texts in truths)]
    if not rows:
        raise ValueError("no row has the value to be answered")
    if classes:
        same = zip(_spelt([str(said[k]) for k in rows]), _spelt([truths[0][k] for k in rows]), strict=True)
        return {"rows": len(rows), "accuracy": float(np.mean([one == other for one, other in same]))}
    y, t = np.array([said[k] for k in rows]), _values([[texts[k].strip() for k in rows] for texts in truths])
    y = y.reshape(len(rows), -1)
    if y.shape != t.shape:
        raise ValueError(f"{y.shape[1]} values are answered of each row, and {t.shape[1]} columns hold true ones")
    if np.issubdtype(y.dtype, np.integer) and np.isin(t, (0, 1)).all():
        return {"rows": len(rows), "accuracy": float((y == t).mean())}
    y, square, spread = y.astype(float), ((t - y) ** 2).sum(0), ((t - t.mean(0)) ** 2).sum(0)
    found: dict[str, float | int] = {"rows": len(rows), "rmse": float(np.sqrt(((t - y) ** 2).mean()))}
    return found | ({"r2": float((1 - square / spread).mean())} if spread.all() else {})


def _spelt(texts: Sequence[str]) -> list[str]:
    """Classes so that those that are the same are equal: numbers by their value, words without capitals."""
    values = [PLAIN.value(text.strip()) for text in texts]
    words = (" ".join(text.casefold().split()) for text in texts)
    return [word if v is None else f"{v:.15g}" for v, word in zip(values, words, strict=True)]


def _values(columns: Sequence[Sequence[str]]) -> Array:
    """t (N, K)."""
    found = [(decide(texts).notation or PLAIN).read(list(texts)) for texts in columns]
    if odd := [text for cells in found for text in cells.odd]:
        raise ValueError(f"{odd[0][:40]!r}, among the values to be answered, is no number")
    return np.stack([cells.values for cells in found], -1)
