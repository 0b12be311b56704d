"""Likelihoods: how probable an example x is under the numbers y that a decoder gives.

log_p, dy = likelihood.log_prob(y, x)     log p(x | y) (...), nats, and its gradient at y, shaped like y
likelihood.mean(y)                        E[x | y]
likelihood.draw(rng, y)                   x ~ p(x | y)

Each feature is independent of the others once y is known, so log p is a sum over the last axis. `x` may have an
axis of length 1 where `y` has many: then each of the many y is asked about the same x. Unlike the losses these are
not averaged, since an importance weight needs the likelihood of each example by itself.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from core import Array, Rng
from core.blas import row_sum


class Likelihood(NamedTuple):
    """p(x | y), with one number of y for each feature of x."""

    log_prob: Callable[[Array, Array], tuple[Array, Array]]
    mean: Callable[[Array], Array]
    draw: Callable[[Rng, Array], Array]


def _check(y: Array, x: Array) -> None:
    """Raises ValueError unless y has a number for each feature of x."""
    if y.shape[-1:] != x.shape[-1:]:
        raise ValueError(f"examples of {x.shape[-1:]} features do not fit a decoder of {y.shape[-1:]}")


def _bernoulli_log_prob(y: Array, x: Array) -> tuple[Array, Array]:
    _check(y, x)
    h = np.tanh(0.5 * y)
    h *= 0.5  # sigmoid(y) - 1/2
    # log(1 + e^y) = max(y, 0) - log max(p, 1 - p), and max(p, 1 - p) = 1/2 + |h|
    softplus = np.maximum(y, 0) - np.log(0.5 + np.abs(h))
    return row_sum(x * y - softplus), (x - 0.5) - h


def _probability(y: Array) -> Array:
    return 0.5 * np.tanh(0.5 * y) + 0.5


bernoulli = Likelihood(
    _bernoulli_log_prob,
    _probability,
    lambda rng, y: (rng.random(y.shape, np.float32) < _probability(y)).astype(y.dtype),
)
"""log p = x y - log(1 + e^y): y are logits, x is 0 or 1; the gradient of a feature is x - sigmoid(y)."""


def gaussian(deviation: float = 1.0) -> Likelihood:
    """x ~ N(y, deviation^2): log p = -(x - y)^2 / 2 s^2 - log s - log(2 pi) / 2. Raises ValueError unless s > 0."""
    if not deviation > 0:
        raise ValueError(f"the deviation of a Gaussian must be above 0, not {deviation}")
    r, constant = 1 / deviation, math.log(deviation) + 0.5 * math.log(2 * math.pi)

    def log_prob(y: Array, x: Array) -> tuple[Array, Array]:
        _check(y, x)
        d = (x - y) * r
        return -0.5 * row_sum(d * d) - constant * y.shape[-1], d * r

    def draw(rng: Rng, y: Array) -> Array:
        return y + deviation * rng.standard_normal(y.shape, np.float32).astype(y.dtype)

    return Likelihood(log_prob, lambda y: y, draw)
