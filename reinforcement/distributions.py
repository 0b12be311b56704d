"""Policies out of what a network says, y: the best action, one drawn, its density. Three families share the form.

Categorical: y (..., A) are logits of A actions, p = softmax(y). Gaussian: y (..., 2A) = [m, log s] of A numbers, the
action u ~ N(m, s^2), which the environment cuts off at its border. Squashed: the same y, the action tanh(u), so that it
stays within -1 and 1 (Haarnoja et al. 2018, arXiv:1801.01290). `factored` draws several choices and numbers at once,
each by itself. A logit of NEVER is that of an action that is not allowed: its probability is exactly 0.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from core import Array, Back, Concat, Layer, Rng, check_shapes, flat_label_index
from core.lab.envs.vector import Envs

LOG_2PI = math.log(2 * math.pi)
NEVER = -1e9  # a logit whose exponential is 0, and finite, so that 0 times it is 0
NARROWEST, WIDEST = -5.0, 1.0  # of log s: a policy neither freezes nor throws its actions to the ends


# of y and an action: log p (...), the entropy (...), and back(dl, dh), the gradient at y of sum(dl log p) + sum(dh H)
Density = Callable[[Array, Array], tuple[Array, Array, Callable[[Array, float], Array]]]


class ActionDistribution(NamedTuple):
    """How actions come out of y: the best one, one drawn, and one of an agent that knows nothing."""

    best: Callable[[Array], Array]
    draw: Callable[[Rng, Array], Array]
    random: Callable[[Rng, Array], Array]
    check: Callable[[Envs, Array], None]  # raises ValueError unless such a y (B, ...) fits the environments
    density: Density | None = None  # where it is needed and known in closed form


def greedy(y: Array) -> Array:
    """argmax_a y_a (...)."""
    return y.argmax(-1)


def draw(rng: Rng, y: Array) -> Array:
    """a ~ softmax(y) (...), as argmax_a (y_a + G_a) with G from Gumbel's distribution (Gumbel 1954)."""
    return (y + rng.gumbel(size=y.shape)).argmax(-1)


def entropy(log_p: Array) -> tuple[Array, Array]:
    """H = -sum_a p_a log p_a (...) in nats, and dH/dy_a = -p_a (log p_a + H) (..., A)."""
    p = np.exp(log_p)
    H = -(p * log_p).sum(-1)
    return H, -p * (log_p + H[..., None])


def categorical(y: Array, action: Array) -> tuple[Array, Array, Callable[[Array, float], Array]]:
    """A `Density`: y (..., A), action (...). The gradient of log p is onehot(action) - p, of H -p (log p + H)."""
    z = y.reshape(-1, y.shape[-1]).T.copy()  # A, B: where actions are few, all is faster down the columns
    at = flat_label_index(z, action)  # B
    z -= np.maximum.reduce(z)
    p = np.exp(z)
    s = np.add.reduce(p)  # B
    p /= s
    z -= np.log(s, s)  # log p
    H = -np.add.reduce(p * z)  # B

    def back(dl: Array, dh: float) -> Array:
        d = p * (dh * (z + H) + dl.reshape(-1))
        np.negative(d, d)
        d.put(at, d.take(at) + dl.reshape(-1))
        return d.T.reshape(y.shape)

    return z.take(at).reshape(action.shape), H.reshape(action.shape), back


def gaussian(y: Array, action: Array) -> tuple[Array, Array, Callable[[Array, float], Array]]:
    """A `Density`: y (..., 2A) = [m, log s], action u (..., A), e = (u - m) / s.

    log p = sum of -e^2/2 - log s - log(2 pi)/2 has the gradient [e / s, e^2 - 1]; H = sum of log s + (1 + log(2 pi))/2.
    """
    check_shapes((*action.shape[:-1], 2 * action.shape[-1]), y=y)
    log_s = y[..., action.shape[-1] :]
    s = np.exp(log_s)
    e = (action - _half(y)) / s
    log_p = -(0.5 * e * e + log_s + 0.5 * LOG_2PI).sum(-1)

    def back(dl: Array, dh: float) -> Array:
        return np.concatenate([dl[..., None] * e / s, dl[..., None] * (e * e - 1) + dh], -1)

    return log_p, (log_s + 0.5 * (1 + LOG_2PI)).sum(-1), back


def Constant(name: str, A: int, start: float) -> Layer:
    """y = w (..., A), whatever x is: parameters, called `name`, that begin at `start`."""

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            if g is not None:
                g[:] = dy.reshape(-1, A).sum(0) + (g if add else 0)
            return np.zeros_like(x) if dx else None

        return np.broadcast_to(w, (*x.shape[:-1], A)), back

    return Layer(forward, {name: (A,)}, lambda rng, w: w.fill(start), op="constant", constants={"start": start})


def with_spread(mean: Layer, A: int, start: float = 0.0) -> Layer:
    """y = [m(x), log s] (..., 2A): `mean` says m; log s are A parameters that begin at `start`, the same at every x."""
    return Concat(mean, Constant("log_s", A, start))


def epsilon_greedy_logits(q: Array, explore: float) -> Array:
    """Logits (..., A) of the policy argmax_a q_a that with probability `explore` takes any action (Watkins 1989).

    Of the actions that are allowed: the others stay at NEVER.
    """
    allowed = q > NEVER
    n = allowed.sum(-1, keepdims=True)  # ..., 1
    p = np.broadcast_to(max(explore, 1e-6) / n, q.shape).astype(q.dtype)
    np.put_along_axis(p, q.argmax(-1)[..., None], 1 - explore * (1 - 1 / n), -1)
    return np.where(allowed, np.log(p), q)


def squashed(y: Array, noise: Array) -> tuple[Array, Array, Callable[[Array, Array], Array]]:
    """a = tanh(m + s e) and log p(a), for y (B, 2A) = [m, log s] and noise e (B, A): (B, A), (B,), and the way back.

    back(da, dl) is the gradient at y of sum(da a) + sum(dl log p), da (B, A), dl (B,): a and its density both move with
    y while e is held. log p = sum of -e^2/2 - log s - log(2 pi)/2 - log(1 - a^2), the last of which is
    2 (log 2 - u - softplus(-2u)), which no u makes infinite.
    """
    A = noise.shape[-1]
    check_shapes((*noise.shape[:-1], 2 * A), y=y)
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
    if y.shape[-1] % 2:
        raise ValueError(f"y = [m, log s] has an even number of features, but it has the shape {y.shape}")
    return y[..., : y.shape[-1] // 2]


def _noise(rng: Rng, y: Array) -> Array:
    return rng.standard_normal(_half(y).shape, np.float32).astype(y.dtype)


def _even(rng: Rng, y: Array) -> Array:
    return rng.uniform(-1, 1, _half(y).shape).astype(y.dtype)


def _check_clipped(envs: Envs, y: Array) -> None:
    space = envs.vec.single_action_space
    if getattr(space, "shape", None) != _half(y).shape[1:] or not hasattr(space, "low"):
        raise ValueError(
            f"a policy of {_half(y).shape[-1]} numbers does not fit {envs.name}, whose actions are {space}"
        )
    if np.isfinite(space.low).any() or np.isfinite(space.high).any():
        raise ValueError(f"the actions of {envs.name} have a border, {space}: wrap it in gymnasium.wrappers.ClipAction")


def evenly(rng: Rng, y: Array) -> Array:
    """Any action that is allowed (...), each as likely as another."""
    return draw(rng, np.where(y > NEVER, 0, y))


CATEGORICAL = ActionDistribution(greedy, draw, evenly, Envs.check_actions, categorical)
GAUSSIAN = ActionDistribution(
    _half,
    lambda rng, y: _half(y) + np.exp(y[..., y.shape[-1] // 2 :]) * _noise(rng, y),
    _even,
    _check_clipped,
    gaussian,
)
SQUASHED = ActionDistribution(
    lambda y: np.tanh(_half(y)),
    lambda rng, y: squashed(y, _noise(rng, y))[0],
    _even,
    lambda envs, y: envs.check_numbers(y.shape[-1] // 2),
)


def factored(sizes: Sequence[int], N: int = 0) -> ActionDistribution:
    """K choices of `sizes` options each and N numbers, each drawn by itself: log p and H are the sums of theirs.

    y (..., S + 2N) = [the logits of one choice after the other, m, log s], S the sum of the sizes; the action
    (..., K + N) = [choices, numbers], the numbers Gaussian.
    """
    S, at = sum(sizes), np.arange(max(sizes)) < np.array(sizes)[:, None]  # K, A

    def logits(y: Array) -> Array:
        """(..., K, A): choices with fewer options have others that are never taken."""
        z = np.full((*y.shape[:-1], *at.shape), NEVER, y.dtype)
        z[..., at] = y[..., :S]
        return z

    def joined(choices: Array, numbers: Callable[[], Array]) -> Array:
        return np.concatenate([choices, numbers()], -1) if N else choices

    def density(y: Array, action: Array) -> tuple[Array, Array, Callable[[Array, float], Array]]:
        log_p, H, back_choices = categorical(logits(y), action[..., : len(sizes)].astype(np.int64))  # ..., K
        log_q, H_numbers, back_numbers = gaussian(y[..., S:], action[..., len(sizes) :].astype(y.dtype))

        def back(dl: Array, dh: float) -> Array:
            d = back_choices(np.broadcast_to(dl[..., None], log_p.shape), dh)[..., at]
            return np.concatenate([d, back_numbers(dl, dh)], -1)

        return log_p.sum(-1) + log_q, H.sum(-1) + H_numbers, back

    def check(envs: Envs, y: Array) -> None:
        space = envs.vec.single_action_space
        if y.shape[-1] != S + 2 * N or space.shape != (len(sizes) + N,):
            raise ValueError(
                f"a policy of {len(sizes)} choices and {N} numbers does not fit {envs.name}, whose actions are {space}"
            )

    return ActionDistribution(
        lambda y: joined(greedy(logits(y)), lambda: GAUSSIAN.best(y[..., S:])),
        lambda rng, y: joined(draw(rng, logits(y)), lambda: GAUSSIAN.draw(rng, y[..., S:])),
        lambda rng, y: joined(evenly(rng, logits(y)), lambda: GAUSSIAN.random(rng, y[..., S:])),
        check,
        density,
    )
