"""Pictures that several paradigms draw: sheets of images, matrices of counts, the weights of a first layer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.initializers import Array


def _grid(n: int, columns: int, size: float, title_room: float) -> tuple[Any, list[Any]]:
    """A figure with n square cells without axes."""
    from matplotlib.figure import Figure

    rows = -(-n // columns)
    figure = Figure(figsize=(columns * size, rows * (size + title_room)), layout="constrained")
    cells = figure.subplots(rows, columns, squeeze=False).ravel()
    for cell in cells:
        cell.axis("off")
    return figure, list(cells[:n])


def image_sheet(path: Path, images: Array, titles: Sequence[str] = (), columns: int = 10) -> None:
    """Images (n, P) in [0, 1], P a square number, side by side, each below its title."""
    side = round(images.shape[1] ** 0.5)
    figure, cells = _grid(len(images), columns, 0.8, 0.25 if len(titles) else 0.0)
    for cell, image, title in zip(cells, images, titles or [""] * len(images), strict=True):
        cell.imshow(image.reshape(side, side), cmap="gray_r", vmin=0, vmax=1)
        cell.set_title(title, fontsize=7)
    figure.savefig(path, dpi=100)


def matrix(path: Path, counts: Array, row_name: str, column_name: str) -> None:
    """A matrix of counts (R, C), each cell with its number, shaded by its share of the row."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6, 4.4), layout="constrained")
    axis = figure.subplots()
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (i, j), count in np.ndenumerate(counts):
        if count:
            axis.text(j, i, str(count), ha="center", va="center", fontsize=8, color="w" if share[i, j] > 0.5 else "k")
    axis.set(xlabel=column_name, ylabel=row_name, xticks=range(counts.shape[1]), yticks=range(counts.shape[0]))
    figure.savefig(path, dpi=100)


def weight_sheet(path: Path, W: Array, columns: int = 16, most: int = 64) -> None:
    """The weights into the first `most` units of a layer, W (I, O) with I a square number; white is 0."""
    side = round(W.shape[0] ** 0.5)
    figure, cells = _grid(min(W.shape[1], most), columns, 0.45, 0.0)
    for cell, w in zip(cells, W.T, strict=False):
        top = float(np.abs(w).max()) or 1.0
        cell.imshow(w.reshape(side, side), cmap="RdBu", vmin=-top, vmax=top)
    figure.savefig(path, dpi=100)
