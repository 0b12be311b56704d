"""What a person shows, as a network takes it."""

from __future__ import annotations

from typing import Any

import numpy as np

from core import Array
from core.lab.vision.photos import Photo, See

NONE = "it holds no example, which has the shape {}"


def examples(x: Any, shape: tuple[int, ...], see: See | None = None) -> Array:
    """x (N, *shape): examples, one alone, or a photo as `see` says. ValueError for none, and for what is not finite.

    Pictures (N, H, W) may come in the place of rows, and the other way round.
    """
    if isinstance(x, Photo) and see:
        x = see(x)
    x = np.asarray(x, np.float32)
    if x.shape == (0, *shape):
        return x  # no examples, no answers
    if not x.size or (not x.ndim and np.prod(shape) != 1):
        raise ValueError(NONE.format(shape))
    if x.shape == shape or (x.shape[1:] != shape and x.size == np.prod(shape)):
        x = x[None]
    if x.shape[1:] != shape and x[:1].size == np.prod(shape):
        x = x.reshape(len(x), *shape)
    if not np.isfinite(x).all():
        raise ValueError("it holds values that are not finite")
    return x
