"""Policies out of what a network says, y: the best action, one drawn, the entropy. Two families share the form.

Categorical: y (..., A) are logits of A actions, p = softmax(y). Squashed: y (..., 2A) = [m, log s] of A numbers, the
action tanh(u) with u ~ N(m, s^2), so that it stays within -1 and 1 (Haarnoja et al. 2018, arXiv:1801.01290).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from core.initializers import Array
from core.layers import Rng

LOG_2PI = math.log(2 * math.pi)
NARROWEST, WIDEST = -5.0, 1.0  # of log s: a policy neither freezes nor throws its actions to the ends


class Family(NamedTuple):
    """How actions come out of y: the best one, one drawn, and one of an agent that knows nothing."""

    best: Callable[[Array], Array]
    draw: Callable[[Rng, Array], Array]
    random: Callable[[Rng, Array], Array]


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


def squashed(y: Array, noise: Array) -> tuple[Array, Array, Callable[[Array, Array], Array]]:
    """a = tanh(m + s e) and log p(a), for y (B, 2A) = [m, log s] and noise e (B, A): (B, A), (B,), and the way back.

    back(da, dl) is the gradient at y of sum(da a) + sum(dl log p), da (B, A), dl (B,): a and its density both move with
    y while e is held. log p = sum of -e^2/2 - log s - log(2 pi)/2 - log(1 - a^2), the last of which is
    2 (log 2 - u - softplus(-2u)), which no u makes infinite.
    """
    A = noise.shape[-1]
    log_s = np.clip(y[..., A:], NARROWEST, WIDEST)
    s = np.exp(log_s)
    u = y[..., :A] + s * noise
    a = np.tanh(u)
    squeeze = 2 * (math.log(2) - u - np.logaddexp(0, -2 * u))
    log_p = -(0.5 * noise * noise + log_s + 0.5 * LOG_2PI + squeeze).sum(-1)

    def back(da: Array, dl: Array) -> Array:
        du = da * (1 - a * a) + dl[..., None] * 2 * a
        within = (y[..., A:] > NARROWEST) & (y[..., A:] < WIDEST)
        return np.concatenate([du, (du * s * noise - dl[..., None]) * within], -1)

    return a, log_p, back


def _half(y: Array) -> Array:
    return y[..., : y.shape[-1] // 2]


def _squashed_draw(rng: Rng, y: Array) -> Array:
    return squashed(y, rng.standard_normal(_half(y).shape, np.float32).astype(y.dtype))[0]


def _even(rng: Rng, y: Array) -> Array:
    return rng.uniform(-1, 1, _half(y).shape).astype(y.dtype)


CATEGORICAL = Family(greedy, draw, lambda rng, y: draw(rng, np.zeros_like(y)))
SQUASHED = Family(lambda y: np.tanh(_half(y)), _squashed_draw, _even)
