"""A GIF out of figures, drawn without a screen."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from core import Array
from core.lab.report.pictures import saving


def animate(path: Path, figures: Iterable[Any], milliseconds: int, colors: int = 32) -> None:
    """A GIF of matplotlib figures of one size, each shown for `milliseconds`, the last for five times as long."""
    write_gif(path, map(pixels, figures), milliseconds, colors, last=5)


def pixels(figure: Any) -> Array:
    """A drawn figure, (H, W, 3) uint8."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def write_gif(path: Path, frames: Iterable[Array], milliseconds: int, colors: int, last: int = 1) -> None:
    """One palette for all frames, so that what does not move costs nothing; the last is shown `last` times as long."""
    from PIL import Image

    with saving(path) as aside:
        frames = list(frames)
        frames += frames[-1:] * (last - 1)
        palette = Image.fromarray(frames[len(frames) // 2]).quantize(colors)
        first, *rest = [Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
        first.save(aside, "GIF", save_all=True, append_images=rest, duration=milliseconds, loop=0, optimize=True)
