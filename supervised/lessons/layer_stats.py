"""What is counted in a network, layer by layer: units that saturate or die, and what is left of the error."""

from typing import NamedTuple

import numpy as np

from core import Array, Layer, chain, cross_entropy, step
from supervised.baselines import accuracy


def slope(f: Layer, z: Array) -> Array:
    """f'(z) of an activation; 0 everywhere for the step, which has no other."""
    return np.zeros_like(z) if f is step else f(z, z.ravel()[:0])[1](np.ones_like(z), dx=True)


class LayerStats(NamedTuple):
    """What is counted in one network; the first three have an entry a hidden layer."""

    saturated: Array
    dead: Array
    signal: Array
    accuracy: float


def layer_stats(net: Layer, w: Array, x: Array, t: Array) -> LayerStats:
    """Counts in an MLP on x (N, I), t (N,), layer by layer, by walking its chain forth and back."""
    sums, backs, y = [], [], np.asarray(x, w.dtype)
    for layer, v in chain(net, w):
        if not layer.size:
            sums.append((layer, y))  # z (N, H), what an activation is given
        y, back = layer(y, v)
        backs.append((layer, back))
    d, signals, shares = cross_entropy(y, t)[1] * len(t), [], []  # the error of each example, not of the mean
    for layer, back in reversed(backs):
        d = back(d, dx=True)
        if not layer.size:
            signals.append(float(np.sqrt((d * d).mean())))
    for f, z in sums:
        steep, top = np.abs(slope(f, z)), float(np.abs(slope(f, np.linspace(-6, 6, 2001))).max())
        shares.append(((steep < 0.1 * top).mean(), (steep < 1e-3 * top).all(0).mean()))
    saturated, dead = np.array(shares).T
    return LayerStats(saturated, dead, np.array(signals[::-1]), accuracy(y.argmax(-1), t))
