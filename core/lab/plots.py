"""Pictures that several paradigms draw: sheets of images, matrices of counts, the weights of a first layer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.initializers import Array


def mosaic(tiles: Array, columns: int, above: int = 0) -> Array:
    """Tiles (n, H, W) in rows of `columns`, a pixel between them and `above` pixels over each row; NaN elsewhere.

    One array, since a picture of a hundred axes takes two seconds to draw.
    """
    n, H, W = tiles.shape
    rows, columns = -(-n // columns), min(n, columns)
    sheet = np.full((rows * columns, above + H + 1, W + 1), np.nan)
    sheet[:n, above : above + H, :W] = tiles
    sheet = sheet.reshape(rows, columns, above + H + 1, W + 1).transpose(0, 2, 1, 3)
    return sheet.reshape(rows * (above + H + 1), columns * (W + 1))[:-1, :-1]


def _squares(rows: Array) -> Array:
    """(n, P) -> (n, S, S), P = S * S."""
    side = round(rows.shape[1] ** 0.5)
    return rows.reshape(len(rows), side, side)


def _bare(array: Array, inches_a_pixel: float, **options: Any) -> tuple[Any, Any]:
    """A figure filled by one array, without axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(array.shape[1] * inches_a_pixel, array.shape[0] * inches_a_pixel))
    axis = figure.add_axes((0, 0, 1, 1))
    axis.axis("off")
    axis.imshow(array, interpolation="nearest", aspect="auto", **options)
    return figure, axis


def image_sheet(path: Path, images: Array, titles: Sequence[str] = (), columns: int = 10) -> None:
    """Images (n, P) in [0, 1], P a square number, side by side, each below its title."""
    if len(titles) not in (0, len(images)):
        raise ValueError(f"{len(images)} images have {len(titles)} titles")
    tiles = _squares(images)
    S = tiles.shape[1]
    above = -(-S // 3) if len(titles) else 0
    figure, axis = _bare(mosaic(tiles, columns, above), 0.8 / (S + 1), cmap="gray_r", vmin=0, vmax=1)
    for k, title in enumerate(titles):
        x, y = k % columns * (S + 1) + (S - 1) / 2, k // columns * (above + S + 1) + above - 1
        axis.text(x, y, title, fontsize=7, ha="center", va="bottom")
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
    tiles = _squares(W.T[:most])
    tops = np.abs(tiles).max((1, 2), keepdims=True)  # each unit in its own scale
    sheet = mosaic(tiles / np.where(tops > 0, tops, 1), columns)
    figure, _ = _bare(sheet, 0.45 / (tiles.shape[1] + 1), cmap="RdBu", vmin=-1, vmax=1)
    figure.savefig(path, dpi=100)
