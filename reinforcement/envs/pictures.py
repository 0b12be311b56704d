"""Pictures that an environment shows, as rows of bytes of a bounded size: red, green, blue of each pixel, line by line.

A picture is a Box of bytes of two or three axes, (H, W), (H, W, C) or (C, H, W), whose sides are SMALLEST pixels or
more; what is smaller is a table of numbers. Several frames, the oldest first, are more colours of each pixel.
"""

from typing import Any

import numpy as np
from gymnasium import spaces, wrappers

from core import Array

SMALLEST = 5  # pixels of a side
COLOURS = 16  # at most; with more the last axis is no colour
FIRST = 4  # colours or frames that may stand before the lines, (C, H, W)
RULE = f"pictures are bytes, (H, W), (H, W, C) or (C, H, W), of {SMALLEST} pixels a side or more"


def picture(space: Any) -> bool:
    """Is an observation of this space a picture?"""
    if not isinstance(space, spaces.Box) or space.dtype != np.uint8 or len(space.shape) not in (2, 3):
        return False
    H, W, C = _sides(space.shape)
    return min(H, W) >= SMALLEST and C <= COLOURS


def _sides(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """H, W and C of a picture's shape."""
    if len(shape) == 2:
        return shape[0], shape[1], 1
    H, W, C = (*shape[1:], shape[0]) if _first(shape) else shape
    return H, W, C


def _first(shape: tuple[int, ...]) -> bool:
    """Do the colours stand before the lines?"""
    return len(shape) == 3 and shape[0] <= FIRST and min(shape[1:]) >= SMALLEST


def shape(space: Any, grayscale: bool, side: int, frames: int) -> tuple[int, int, int]:
    """H, W and C of what an agent sees."""
    H, W, C = _sides(space.shape)
    return min(H, side), min(W, side), frames * (1 if grayscale and C == 3 else C)


def rows(env: Any, grayscale: bool, side: int, frames: int) -> Any:
    """`env` with its pictures as rows (H W C) of bytes; a side longer than `side` is made that long."""
    given = env.observation_space.shape
    H, W, C = _sides(given)
    if len(given) == 2 or _first(given):
        env = _shown(env, lambda x: np.moveaxis(x, 0, -1) if len(given) == 3 else x[..., None], (H, W, C))
    if grayscale and C == 3:
        if (env.observation_space.low != 0).any() or (env.observation_space.high != 255).any():
            env = _shown(env, lambda x: x, (H, W, C))
        env, C = wrappers.GrayscaleObservation(env, keep_dim=True), 1
    if max(H, W) > side:
        H, W = small = min(H, side), min(W, side)
        env = _shown(env, lambda x: _resized(x, small), (H, W, C))
    if frames > 1:
        env = wrappers.FrameStackObservation(env, frames)
        env = _shown(env, lambda x: np.moveaxis(x, 0, 2), (H, W, frames, C))
    return wrappers.ReshapeObservation(env, (H * W * frames * C,))


def _shown(env: Any, change: Any, shape: tuple[int, ...]) -> Any:
    return wrappers.TransformObservation(env, change, spaces.Box(0, 255, shape, np.uint8))


def _resized(x: Array, small: tuple[int, int]) -> Array:
    """x (H, W, C) in other sides, each pixel the mean of what it covers; Gymnasium's own way needs OpenCV."""
    from PIL import Image

    parts = [Image.fromarray(x[..., c]).resize(small[::-1], Image.Resampling.BOX) for c in range(x.shape[2])]
    return np.stack([np.asarray(part) for part in parts], -1)
