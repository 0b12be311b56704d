"""A policy over A actions out of logits y (..., A), p = softmax(y): its likeliest action, one drawn, its entropy."""

from __future__ import annotations

import numpy as np

from core.initializers import Array
from core.layers import Rng


def greedy(y: Array) -> Array:
    """argmax_a y_a (...)."""
    actions: Array = y.argmax(-1)
    return actions


def draw(rng: Rng, y: Array) -> Array:
    """a ~ softmax(y) (...), as argmax_a (y_a + G_a) with G from Gumbel's distribution (Gumbel 1954)."""
    actions: Array = (y + rng.gumbel(size=y.shape)).argmax(-1)
    return actions


def entropy(log_p: Array) -> tuple[Array, Array]:
    """H = -sum_a p_a log p_a (...) in nats, and dH/dy_a = -p_a (log p_a + H) (..., A)."""
    p = np.exp(log_p)
    H = -(p * log_p).sum(-1)
    return H, -p * (log_p + H[..., None])
