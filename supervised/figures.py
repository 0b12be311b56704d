"""A figure and its axes in one call; Matplotlib is only loaded where something is drawn."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def new_figure(width: float, height: float, rows: int = 1, columns: int = 1, **options: Any) -> tuple[Any, Any]:
    """A figure of so many inches, and its axes: `options` and shape are those of `Figure.subplots`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


@contextmanager
def picture(path: Path, width: float, height: float, *shape: int, dpi: int = 100, **options: Any) -> Iterator[Any]:
    """The figure and the axes of `new_figure`, to be drawn into; then they are saved."""
    figure, axes = new_figure(width, height, *shape, **options)
    yield figure, axes
    figure.savefig(path, dpi=dpi)
