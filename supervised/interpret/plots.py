"""How the pictures of the deep report are drawn: sheets of tiles in grey or colour, and panels of curves."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from core import Array
from core.lab.report.pictures import save_figure
from core.lab.report.plots import bare_figure, drawing, mosaic

COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#999999", "#332288", "#dd7733", "#111111")
Shape = tuple[int, ...]  # (H, W) or (H, W, C) of a picture whose pixels stand in a row


def pictures(x: Array, shape: Shape, low: float = 0.0, high: float = 1.0) -> Array:
    """Rows of pixels (N, P) as (N, H, W) or (N, H, W, C), `low` as 0 and `high` as 1."""
    scaled: Array = (x.reshape(-1, *shape) - low) / max(high - low, 1e-30)
    return scaled.clip(0, 1)


def grid(tiles: Array, columns: int, above: int = 0) -> Array:
    """Tiles (n, H, W) or (n, H, W, C) beside each other in one array, white between them."""
    if tiles.ndim == 3:
        return mosaic(tiles, columns, above)
    sheets = np.stack([mosaic(tiles[..., c], columns, above) for c in range(tiles.shape[-1])], -1)
    return np.where(np.isnan(sheets), 1.0, sheets)


def show(axis: Any, tiles: Array, columns: int, signed: bool = False, above: int = 0) -> None:
    """Draws tiles into an axis: pictures with ink dark or in colours, or signed values, blue above 0 and red below."""
    options = {"cmap": "RdBu", "vmin": -1, "vmax": 1} if signed else {"cmap": "gray_r", "vmin": 0, "vmax": 1}
    axis.imshow(grid(tiles, columns, above), interpolation="nearest", aspect="equal", **options)
    axis.set(xticks=[], yticks=[])
    axis.grid(False)
    axis.spines[:].set_visible(False)


def sheet(path: Path, tiles: Array, titles: Sequence[str] = (), columns: int = 10, rows: Sequence[str] = ()) -> None:
    """Pictures (n, H, W) or (n, H, W, C) side by side, each below its title, each row behind its name."""
    H, W = tiles.shape[1:3]
    above = -(-H * (1 + titles[0].count("\n")) // 4) if titles else 0
    lines, left = -(-len(tiles) // columns), 1.1 if rows else 0.1
    size = left + 0.75 * columns, 0.2 + 0.75 * (above + H + 1) / (W + 1) * lines
    figure = bare_figure(size)
    axis = figure.add_axes((left / size[0], 0.1 / size[1], 1 - (left + 0.1) / size[0], 1 - 0.2 / size[1]))
    show(axis, tiles, columns, above=above)
    for k, title in enumerate(titles):
        x, y = k % columns * (W + 1) + (W - 1) / 2, k // columns * (above + H + 1) + above - 1
        axis.text(x, y, title, fontsize=7, ha="center", va="bottom")
    for k, name in enumerate(rows):
        axis.text(-1.5, k * (above + H + 1) + above + H / 2, name, fontsize=8, ha="right", va="center")
    save_figure(figure, path)


@contextmanager
def panels(path: Path, n: int, columns: int, width: float = 3.4, height: float = 2.7) -> Iterator[Any]:
    """A figure with n panels, and their axes, to be drawn into; each with a faint grid. Then it is saved."""
    columns = min(n, columns)
    lines = -(-n // columns)
    with drawing(path, (width * columns, height * lines), lines, columns, squeeze=False) as axes:
        figure = axes[0, 0].figure
        for axis in axes.flat[n:]:
            axis.remove()
        for axis in axes.flat[:n]:
            axis.grid(alpha=0.3)
        yield figure, axes.ravel()[:n]


def table(rows: Sequence[Sequence[Any]], header: Sequence[str]) -> str:
    """Rows as text in columns; numbers between 0 and 1 with three digits behind the point."""

    words = ([f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows)
    lines = [list(header), *words]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]) for line in lines)
