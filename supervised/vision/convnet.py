"""A convolutional network: the same weights at every place of an image (LeCun et al. 1989), so things may be anywhere.

The last axis is features, all axes before it are batch; so a convolution is the core's Linear on the k x k places
around each place, (B, H, W, k*k*F), with each place as one more example. An image comes as a row, as other examples do.
"""

import math
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from core import Array, Back, Initializer, Layer, LayerNorm, Linear, Places, Rng, Sequential, glorot, he, relu

STAGES = 3  # each halves the side


def ConvNet(shape: tuple[int, ...], features: int, classes: int) -> Layer:
    """Rows (B, S*S[*3]), `shape` (S, S[, 3]) -> (B, classes): three stages of Conv2d, ReLU and MaxPool2d.

    The features double where the pixels are quartered; what is left, S/8 x S/8 places, goes to one Linear. From the
    second stage on they are normalised at each place. Raises ValueError unless S is a multiple of 8.
    """
    S, C = shape[0], math.prod(shape[2:])
    if shape[1] != S or S < 1 or S % 2**STAGES:
        raise ValueError(f"pictures must be square, with a side that is a multiple of {2**STAGES}, not {shape[:2]}")
    parts, widths = [ToImage(S, C)], [C, *(features << stage for stage in range(STAGES))]
    for I, O in pairwise(widths):
        parts += [Conv2d(I, O), *([LayerNorm(O)] if len(parts) > 1 else []), relu, MaxPool2d()]
    return Sequential(*parts, Flatten(), Linear((S >> STAGES) ** 2 * widths[-1], classes, init=glorot))


def ToImage(S: int, C: int) -> Layer:
    """y = 4 x - 2, a row of pixels in [0, 1] as an image about 0: (..., S*S*C) -> (..., S, S, C)."""

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        if x.ndim == 0 or x.shape[-1] != S * S * C:
            raise ValueError(f"this network looks at pictures of {S} x {S} pixels, {C} values each; x has {x.shape}")

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            return 4 * dy.reshape(x.shape) if dx else None

        return (4 * x - 2).reshape(*x.shape[:-1], S, S, C), back

    return Layer(forward, op="to_image", constants={"side": S, "channels": C}, places=lambda places: (*places, S, S))


def Conv2d(I: int, O: int, k: int = 3, init: Initializer = he, gain: float = 1.0) -> Layer:
    """y[h, w] = b + sum over i, j < k of x[h + i - k//2, w + j - k//2] W[i, j], k odd; outside there are zeros.

    (..., H, W, I) -> (..., H, W, O); W is a matrix (k*k*I, O), b (O,). dx sums dy over the patches that saw a place.
    """
    linear, p = Linear(k * k * I, O, init=init, gain=gain), k // 2

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        H, W = x.shape[-3:-1]
        B = x.size // (H * W * I)
        X = np.zeros((B, H + 2 * p, W + 2 * p, I), x.dtype)
        X[:, p : p + H, p : p + W] = x.reshape(B, H, W, I)
        b, r, c, f = X.strides
        view = as_strided(X, (B, H, W, k, k * I), (b, r, c, r, f))  # the k places of a line lie together
        patches = view.reshape(*x.shape[:-1], k * k * I)  # copied here, in runs of k*I
        y, back_linear = linear.forward(patches, w, rng)

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            D = back_linear(dy, g, add, dx)
            if not dx:
                return None
            D, d = D.reshape(B, H, W, k, k, I), np.zeros((B, H + 2 * p, W + 2 * p, I), D.dtype)
            for i, j in np.ndindex(k, k):
                d[:, i : i + H, j : j + W] += D[:, :, :, i, j]
            return d[:, p : p + H, p : p + W].reshape(x.shape)

        return y, back

    return Layer(forward, linear.layout, linear.fill, op="conv2d", constants={"kernel": k, "padding": p})


def MaxPool2d() -> Layer:
    """The largest of each square of four, feature by feature: (..., H, W, F) -> (..., H/2, W/2, F), H and W even.

    Where several are as large, as in a blank part of an image, the first of them gets the gradient.
    """

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        H, W, F = x.shape[-3:]
        q = x.reshape(-1, H // 2, 2, W // 2, 2, F)  # the four of a square on axes 2 and 4
        y = np.maximum(np.maximum(q[:, :, 0, :, 0], q[:, :, 0, :, 1]), np.maximum(q[:, :, 1, :, 0], q[:, :, 1, :, 1]))

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            if not dx:
                return None
            left, d = dy.reshape(y.shape).copy(), np.empty(q.shape, dy.dtype)
            for i, j in np.ndindex(2, 2):
                np.multiply(left, q[:, :, i, :, j] == y, d[:, :, i, :, j])
                left -= d[:, :, i, :, j]  # nothing is left for others that are as large
            return d.reshape(x.shape)

        return y.reshape(*x.shape[:-3], H // 2, W // 2, F), back

    def quarter(places: Places) -> Places:
        *before, H, W = places
        return *before, H // 2, W // 2

    return Layer(forward, op="max_pool2d", constants={"kernel": 2}, places=quarter)


def Flatten() -> Layer:
    """All places in one row: (..., H, W, F) -> (..., H*W*F)."""

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            return dy.reshape(x.shape) if dx else None

        return x.reshape(*x.shape[:-3], math.prod(x.shape[-3:])), back

    return Layer(forward, op="flatten", places=lambda places: places[:-2])
