"""Clusters for the eye."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.initializers import Array
from core.lab.learner import Report
from core.layers import Layer

Show = Callable[[Array], Array | str]  # one example -> a picture (H, W) in [0, 1], or a line of text
Code = Callable[[Array], Array]


def draw(report: Report, folder: Path, p: Array, x: Array, t: Array, net: Layer | None, w: Array | None,
         code: Code | None, show: Show | None) -> None:  # fmt: skip
    from core.lab.plots import image_sheet, matrix, weight_sheet
    from unsupervised.evaluate_clusters import contingency

    said, K = p.argmax(-1), p.shape[-1]
    if t.size:
        matrix(folder / "matrix.png", contingency(said, t), "cluster", "true class")
        report.pictures["matrix.png"] = "Clusters against classes on the test part, which the learner never saw"
    if round(x.shape[1] ** 0.5) ** 2 == x.shape[1]:
        order = np.argsort(-np.where(said[:, None] == np.arange(K), p, -1), 0)  # test examples by certainty
        rows = [(k, i) for k in range(K) for i in _ends(order[: int((said == k).sum()), k])]
        image_sheet(folder / "clusters.png", x[[i for _, i in rows]], [f"{k}: {p[i, k]:.0%}" for k, i in rows])
        report.pictures["clusters.png"] = "A row a cluster: its five most certain test images, then its five least"
        if net and w is not None:
            weight_sheet(folder / "weights.png", next(W for W in net.views(w).values() if W.ndim == 2))
            report.pictures["weights.png"] = "First-layer weights, a tile a hidden unit; blue is positive, red negative"


def _ends(i: Array, n: int = 5) -> list[int]:
    """The first n and the last n; the ones between are repeated where there are fewer."""
    return [*np.resize(i[:n], n).tolist(), *np.resize(i[-n:], n).tolist()] if len(i) else []
