"""A policy over A actions out of logits y (..., A), p = softmax(y): its likeliest action, one drawn, its entropy."""

from __future__ import annotations

from typing import Any

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


def as_batch(x: Any, like: Array) -> Array:
    """Observations x as a batch of the form of `like` (B, ...); one alone may have any shape of as many numbers.

    Raises ValueError for other sizes and for values that are not finite.
    """
    obs, shape = np.asarray(x, like.dtype), like.shape[1:]
    if obs.shape[1:] != shape:
        if obs.size != like[0].size:
            raise ValueError(f"observations have the shape {shape} each, but these are {obs.shape}")
        obs = obs.reshape(1, *shape)
    if not np.isfinite(obs).all():
        raise ValueError("it holds values that are not finite")
    return obs


def entropy(log_p: Array) -> tuple[Array, Array]:
    """H = -sum_a p_a log p_a (...) in nats, and dH/dy_a = -p_a (log p_a + H) (..., A)."""
    p = np.exp(log_p)
    H = -(p * log_p).sum(-1)
    return H, -p * (log_p + H[..., None])


def hesitant(q: Array, explore: float) -> Array:
    """Logits (..., A) of the policy argmax_a q_a that with probability `explore` takes any action (Watkins 1989)."""
    p = np.full(q.shape, max(explore, 1e-6) / q.shape[-1], q.dtype)
    np.put_along_axis(p, q.argmax(-1)[..., None], 1 - explore * (1 - 1 / q.shape[-1]), -1)
    logits: Array = np.log(p)
    return logits
