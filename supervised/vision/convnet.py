"""A convolutional network: the same weights at every place of an image (LeCun et al. 1989), so things may be anywhere.

Its layers are the core's (`core/convolution.py`). An image comes as a row, as other examples do.
"""

import math
from itertools import pairwise
from typing import Any

import numpy as np

from core import (
    Array,
    Back,
    Conv2d,
    Flatten,
    Layer,
    LayerNorm,
    Linear,
    MaxPool2d,
    Residual,
    Rng,
    Sequential,
    glorot,
    relu,
)

STAGES = 3  # each halves the side
LEAST = 2**STAGES  # pixels along a side


def ConvNet(shape: tuple[int, ...], features: int, classes: int, depth: int = 1) -> Layer:
    """Rows (B, S*S[*3]), `shape` (S, S[, 3]) -> (B, classes): three stages of Conv2d, MaxPool2d and ReLU.

    The features double where the pixels are quartered; what is left of a side, S/8 places, rounded up, goes to one
    Linear. From the second stage on they are normalised at each place. ReLU comes after pooling: the same, at a quarter
    of the places. Each stage goes on with `depth` - 1 residual convolutions. Raises ValueError for S below 8.
    """
    S, C = shape[0], math.prod(shape[2:])
    if shape[1] != S or S < LEAST:
        raise ValueError(f"pictures must be square, with at least {LEAST} pixels a side, not {shape[:2]}")
    left = -(-S // LEAST)
    parts, widths = [ToImage(S, C, left * LEAST)], [C, *(features << stage for stage in range(STAGES))]
    for I, O in pairwise(widths):
        parts += [Conv2d(I, O), MaxPool2d(), *([LayerNorm(O)] if len(parts) > 1 else []), relu]
        parts += [Residual(Sequential(Conv2d(O, O), LayerNorm(O), relu)) for _ in range(depth - 1)]
    return Sequential(*parts, Flatten(), Linear(left**2 * widths[-1], classes, init=glorot))


def ToImage(S: int, C: int, side: int | None = None) -> Layer:
    """y = 4 x - 2, a row of pixels in [0, 1] as an image about 0: (..., S*S*C) -> (..., side, side, C).

    An image of S pixels a side stands in the middle of a black frame, where a larger `side` is asked.
    """
    T = side or S
    a = (T - S) // 2
    inside = (..., slice(a, a + S), slice(a, a + S), slice(None))

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        if x.ndim == 0 or x.shape[-1] != S * S * C:
            raise ValueError(f"this network looks at pictures of {S} x {S} pixels, {C} values each; x has {x.shape}")

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            return 4 * dy[inside].reshape(x.shape) if dx else None

        y = np.full((*x.shape[:-1], T, T, C), -2, x.dtype)
        y[inside] += 4 * x.reshape(*x.shape[:-1], S, S, C)
        return y, back

    constants = {"side": S, "channels": C, "frame": (a, T - S - a)}
    return Layer(forward, op="to_image", constants=constants, places=lambda places: (*places, T, T))
