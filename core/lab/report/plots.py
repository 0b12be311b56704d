"""Pictures that several paradigms draw: sheets of images, matrices of counts, the weights of a first layer."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from core import Array
from core.lab.report.pictures import save_figure, saving

WIDEST = 30  # characters of the title of an image
NAME = 24  # characters of a class beside a matrix
CACHE = "mkdir -p failed", "Matplotlib created a temporary cache"  # where there is no home: pictures do without
logging.getLogger("matplotlib").addFilter(lambda record: not str(record.msg).startswith(CACHE))


def new_figure(size: tuple[float, float], *grid: int, **options: Any) -> tuple[Any, Any]:
    """A figure of `size` inches, and its axes as its `subplots` gives them."""
    figure = bare_figure(size, layout="constrained")
    return figure, figure.subplots(*grid, **options)


def bare_figure(size: tuple[float, float], **options: Any) -> Any:
    """A figure of `size` inches without axes."""
    from core.lab.report.plain_figure import PlainFigure

    return PlainFigure(figsize=size, **options)


@contextmanager
def drawing(path: Path, size: tuple[float, float], *grid: int, dpi: int = 100, **options: Any) -> Iterator[Any]:
    """The axes of `new_figure`; what they show at the end is saved."""
    figure, axes = new_figure(size, *grid, **options)
    with saving(path) as aside:
        yield axes
        figure.savefig(aside, dpi=dpi, format=path.suffix.removeprefix("."))


def mosaic(tiles: Array, columns: int, above: int = 0) -> Array:
    """Tiles (n, H, W[, 3]) in rows of `columns`, a pixel between them and `above` pixels over each row; NaN elsewhere.

    One array, since a picture of a hundred axes takes two seconds to draw.
    """
    n, H, W, *colours = tiles.shape
    rows, columns = -(-n // columns), min(n, columns)
    sheet = np.full((rows * columns, above + H + 1, W + 1, *colours), np.nan)
    sheet[:n, above : above + H, :W] = tiles
    sheet = sheet.reshape(rows, columns, above + H + 1, W + 1, *colours).swapaxes(1, 2)
    return sheet.reshape(rows * (above + H + 1), columns * (W + 1), *colours)[:-1, :-1]


def squares(rows: Array) -> Array:
    """Pictures as rows (n, P) -> (n, S, S), P = S * S."""
    side = round(rows.shape[1] ** 0.5)
    return rows.reshape(len(rows), side, side)


def _bare(array: Array, inches_a_pixel: float, **options: Any) -> tuple[Any, Any]:
    """A figure filled by one array, without axes."""
    figure = bare_figure((array.shape[1] * inches_a_pixel, array.shape[0] * inches_a_pixel))
    axis = figure.add_axes((0, 0, 1, 1))
    axis.axis("off")
    shown = np.where(np.isnan(array), 1, array) if array.ndim == 3 else array
    axis.imshow(shown, interpolation="nearest", aspect="auto", **options)
    return figure, axis


def image_sheet(path: Path, images: Array, titles: Sequence[str] = (), columns: int = 10) -> None:
    """Images in [0, 1] side by side, each below its title: (n, H, W), in colour (n, H, W, 3), or squares (n, P)."""
    if len(titles) not in (0, len(images)):
        raise ValueError(f"{len(images)} images have {len(titles)} titles")
    tiles = squares(images) if images.ndim == 2 else images
    H, W = tiles.shape[1:3]
    above = -(-H // 3) if len(titles) else 0
    figure, axis = _bare(mosaic(np.clip(tiles, 0, 1), columns, above), 0.8 / (W + 1), cmap="gray_r", vmin=0, vmax=1)
    titles = [title if len(title) <= WIDEST else title[: WIDEST - 3] + "..." for title in titles]
    size = min(7.0, 90 / max(map(len, titles), default=1))  # points: a title is as wide as its picture
    for k, title in enumerate(titles):
        x, y = k % columns * (W + 1) + (W - 1) / 2, k // columns * (above + H + 1) + above - 1
        axis.text(x, y, title, fontsize=size, ha="center", va="bottom")
    save_figure(figure, path)


def matrix(path: Path, counts: Array, row_name: str, column_name: str, names: Sequence[str] = ()) -> None:
    """A matrix of counts (R, C), shaded by its share of the row; up to 20 classes each cell has its number."""
    names = [name if len(name) <= NAME else f"{name[: NAME - 1]}…" for name in names]
    inches = 4.4 + 0.15 * max(len(counts) - 10, 0) + 0.06 * max(map(len, names), default=0)
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    with drawing(path, (min(inches + 0.2, 12), min(inches, 12))) as axis:
        axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for (i, j), count in np.ndenumerate(counts):
            if count and len(counts) <= 20:
                axis.text(j, i, str(count), ha="center", va="center", fontsize=8, color="kw"[int(share[i, j] > 0.5)])
        axis.set(xlabel=column_name, ylabel=row_name, xticks=range(counts.shape[1]), yticks=range(counts.shape[0]))
        if names:
            turned = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if max(map(len, names)) > 2 else {}
            axis.set_xticklabels(names, **turned)
            axis.set_yticklabels(names)


def reliability(path: Path, bins: Array) -> None:
    """Accuracy against confidence, bins (B, 3) of share, confidence, accuracy; below, how many examples are in each."""
    with drawing(path, (4.2, 4.4), 2, 1, sharex=True, height_ratios=(3, 1)) as (above, below):
        above.plot([0, 1], [0, 1], color="0.6", linewidth=1)
        above.plot(bins[:, 1], bins[:, 2], marker="o")
        above.set(ylabel="share that is right", ylim=(0, 1), xlim=(0, 1))
        below.bar((np.arange(len(bins)) + 0.5) / len(bins), np.nan_to_num(bins[:, 0]), 0.9 / len(bins))
        below.set(xlabel="confidence: the probability of the class that is said", ylabel="examples", yscale="log")


def scatter(path: Path, x: Array, y: Array, x_name: str, y_name: str, most: int = 2000) -> None:
    """The first `most` pairs x (N, O), y (N, O) as points, and the line on which they are equal."""
    with drawing(path, (4.4, 4.4)) as axis:
        axis.plot(x[:most], y[:most], ".", markersize=4, alpha=0.5)
        axis.axline((float(x.mean()),) * 2, slope=1, color="0.6", linewidth=1)
        axis.set(xlabel=x_name, ylabel=y_name)
        axis.grid(alpha=0.3)


def bars(path: Path, names: Sequence[str], values: Sequence[float], spread: Sequence[float], x_name: str) -> None:
    """A bar across for each value, the first one on top, with its spread to both sides."""
    with drawing(path, (6, 1.0 + 0.25 * len(names))) as axis:
        axis.barh(range(len(names)), values, xerr=spread, error_kw={"elinewidth": 1}, color="C0")
        axis.axvline(0, color="0.6", linewidth=1)
        axis.set_yticks(
            range(len(names)), [name if len(name) <= WIDEST else f"{name[: WIDEST - 3]}..." for name in names]
        )
        axis.invert_yaxis()
        axis.set(xlabel=x_name)
        axis.grid(alpha=0.3, axis="x")


def weight_sheet(path: Path, W: Array, shape: Sequence[int] = (), columns: int = 16, most: int = 64) -> None:
    """The weights into the first `most` units of a layer, W (I, O): tiles of `shape` (H, W[, 3]) or square.

    White is 0, blue positive, red negative; in colour grey is 0, and positive weights brighten their channel.
    """
    rows = W.T[:most]
    tiles = rows.reshape(-1, *shape) if shape else squares(rows)
    tops = np.abs(rows).max(1).reshape(-1, *[1] * (tiles.ndim - 1))  # each unit in its own scale
    sheet = mosaic(tiles / np.where(tops > 0, tops, 1), columns)
    colour = tiles.ndim == 4
    figure, _ = _bare(0.5 + 0.5 * sheet if colour else sheet, 0.45 / (tiles.shape[2] + 1), cmap="RdBu", vmin=-1, vmax=1)
    save_figure(figure, path)
