"""A time-delay network: a convolution over time, with the same weights at every moment of a sound.

The last axis is features, all axes before it are batch; so a Linear on Frames (B, T, k*F) meets each moment as one
more example (Waibel et al. 1989, "Phoneme Recognition Using Time-Delay Neural Networks").
The other layers here have no parameters: they bring moments together, or take out what does not matter.
"""

from typing import Any

import numpy as np

from core import Array, Back, Concat, Dropout, Layer, Linear, Places, Rng, Sequential, glorot, relu

DEEPEST = 9.0  # nepers below the loudest band of a sound: what is weaker than that is taken for silence


def TDNN(F: int, hidden: int, classes: int, dropout: float = 0.0, members: int = 1) -> Layer:
    """Log spectra (B, T, F), T >= 17 -> (B, classes): frames of 5, 3 and 3 moments, the last two halving their number.

    What is left of time, moments that each heard 11 frames, is pooled to the mean and the maximum of each feature.
    With several `members` as many networks hear the same and say (members, B, classes).
    """
    rest, parts = Dropout(dropout), list[Layer]()
    for I, k, hop in ((2 * F, 5, 1), (hidden, 3, 2), (hidden, 3, 2)):
        parts += [Frames(k, hop), Linear(k * I, hidden), relu, rest]
    net = Sequential(*parts[:-1], mean_max_pool, rest, Linear(2 * hidden, classes, init=glorot))
    return Sequential(cmvn, net) if members == 1 else Sequential(cmvn, Concat(*[net] * members), split_members(members))


def _cmvn(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
    x = np.maximum(x, x.max((-2, -1), keepdims=True) - x.dtype.type(DEEPEST))
    views = [x - x.mean(-2, keepdims=True), x - x.mean((-2, -1), keepdims=True)]

    def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
        if dx:
            raise ValueError("cmvn is the first thing done to a sound, and has no gradient at its input")

    return np.concatenate([v / (v.std((-2, -1), keepdims=True) + x.dtype.type(1e-6)) for v in views], -1), back


cmvn = Layer(_cmvn, op="cmvn", constants={"floor": DEEPEST, "eps": 1e-6})
"""Log spectra (..., T, F), silence cut off, seen in two ways: (..., T, 2F); each has a standard deviation of 1.

First less the mean of each band over time: a microphone, and much of a voice, multiply each band by a number that
lasts; in the log it is added to every moment, and leaves with the mean (Atal 1974). But a vowel that lasts leaves with
it too, so it stands beside the spectrum less one mean for all bands.
"""


def Frames(k: int, hop: int = 1) -> Layer:
    """Frames of k moments in a row, one every `hop` moments: (..., T, F) -> (..., n, k*F), n = (T - k) // hop + 1.

    y[t, (i, f)] = x[hop t + i, f]; dx sums dy over the frames that hold the moment.
    """

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        if x.ndim < 2 or x.shape[-2] < k:
            raise ValueError(f"windows of {k} moments need sounds of at least so many, but x has shape {x.shape}")
        T, F = x.shape[-2:]
        last = (T - k) // hop * hop + 1

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            if not dx:
                return None
            d = np.zeros(x.shape, dy.dtype)
            for i in range(k):
                d[..., i : i + last : hop, :] += dy[..., i * F : (i + 1) * F]
            return d

        return np.concatenate([x[..., i : i + last : hop, :] for i in range(k)], -1), back

    def fewer(places: Places) -> Places:
        *before, T = places
        return *before, (T - k) // hop + 1

    return Layer(forward, op="frames", constants={"length": k, "hop": hop}, places=fewer)


def _pool(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
    T, F = x.shape[-2:]
    at = x.argmax(-2)[..., None, :]

    def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
        if not dx:
            return None
        d = np.repeat(dy[..., None, :F] / T, T, -2)
        np.put_along_axis(d, at, np.take_along_axis(d, at, -2) + dy[..., None, F:], -2)
        return d

    return np.concatenate([x.mean(-2), np.take_along_axis(x, at, -2)[..., 0, :]], -1), back


mean_max_pool = Layer(_pool, op="mean_max_pool", places=lambda places: places[:-1])
"""The mean and the maximum of each feature over time, (..., T, F) -> (..., 2F). Of equal maxima the first learns."""


def split_members(n: int) -> Layer:
    """What n networks said side by side, one after another: (B, n*C) -> (n, B, C)."""

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            return np.moveaxis(dy, 0, -2).reshape(x.shape) if dx else None

        return np.moveaxis(x.reshape(*x.shape[:-1], n, -1), -2, 0), back

    return Layer(forward, op="split_members", constants={"members": n})
