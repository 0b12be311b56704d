"""A GIF out of figures, drawn without a screen."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from core import Array


def animate(path: Path, figures: Iterable[Any], milliseconds: int, colors: int = 32) -> None:
    """A GIF of matplotlib figures of one size, each shown for `milliseconds`, the last for five times as long."""
    frames = [pixels(figure) for figure in figures]
    write_gif(path, [*frames, *frames[-1:] * 4], milliseconds, colors)


def pixels(figure: Any) -> Array:
    """A drawn figure, (H, W, 3) uint8."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def write_gif(path: Path, frames: list[Array], milliseconds: int, colors: int) -> None:
    """One palette for all frames, so that what does not move costs nothing."""
    from PIL import Image

    palette = Image.fromarray(frames[len(frames) // 2]).quantize(colors)
    first, *rest = [Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    first.save(path, save_all=True, append_images=rest, duration=milliseconds, loop=0, optimize=True)
