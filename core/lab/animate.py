"""A GIF out of figures, drawn without a screen."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from core.initializers import Array
from core.lab.film import write_gif


def animate(path: Path, figures: Iterable[Any], milliseconds: int, colors: int = 32) -> None:
    """A GIF of matplotlib figures of one size, each shown for `milliseconds`, the last for five times as long."""
    frames = [pixels(figure) for figure in figures]
    write_gif(path, [*frames, *frames[-1:] * 4], milliseconds, colors)


def pixels(figure: Any) -> Array:
    """A drawn figure, (H, W, 3) uint8."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    picture: Array = np.asarray(canvas.buffer_rgba())[..., :3]
    return picture
