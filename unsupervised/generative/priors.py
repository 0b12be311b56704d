"""Priors over codes: layers from a code z (..., Z) to its log-density (..., 1), nats, with a way to draw codes.

What is learnt of a prior lies in w like any other parameter. Under one Gaussian the codes of all examples have to
fill a ball, classes and all; a learnt mixture lets them keep to the places where they belong (Tomczak and Welling
2018, arXiv:1705.07120, who tie the places to made-up examples; here they are free).
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from core import Array, Layer, Rng, log_softmax
from core.blas import row_sum

LOG_2PI = math.log(2 * math.pi)


class Prior(NamedTuple):
    """p(z): `density` gives log p(z), `draw(rng, w, n)` codes (n, Z); w holds the prior's own parameters."""

    density: Layer
    draw: Callable[[Rng, Array, int], Array]


def standard_normal(Z: int) -> Prior:
    """z ~ N(0, 1): log p = -z^2 / 2 - log(2 pi) / 2, summed over Z."""

    def forward(z: Array, w: Array, rng: Rng | None) -> tuple[Array, Any]:
        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            return -z * dy if dx else None

        return -0.5 * row_sum(z * z)[..., None] - 0.5 * LOG_2PI * Z, back

    density = Layer(forward, op="standard_normal", constants={"features": Z})
    return Prior(density, lambda rng, w, n: rng.standard_normal((n, Z), np.float32).astype(w.dtype))


def gaussian_mixture(Z: int, K: int) -> Prior:
    """log p(z) = log sum_k p_k N(z; m_k, exp(v_k)): K Gaussians with diagonal variances, p = softmax(a).

    -(z - m)^2 / 2 exp(v) is multiplied out, so that two products with the means and variances do for all N codes.
    """

    def parts(w: Array) -> tuple[Array, Array, Array]:
        a, mv = w[:K], w[K:].reshape(2, K, Z)
        return log_softmax(a), mv[0], mv[1]

    def forward(z: Array, w: Array, rng: Rng | None) -> tuple[Array, Any]:
        log_p, m, v = parts(w)
        X, r = z.reshape(-1, Z), np.exp(-v)  # N, Z; K, Z
        constant = log_p - 0.5 * (row_sum(m * m * r + v) + LOG_2PI * Z)  # K
        s = X.dot((m * r).T)
        s -= (X * X).dot((0.5 * r).T)
        s += constant  # N, K
        top = s.max(-1, keepdims=True)
        np.exp(np.subtract(s, top, s), s)
        sums = row_sum(s)[:, None]  # N, 1

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            d = s * (dy.reshape(-1, 1) / sums)  # N, K: how much each Gaussian answers for a code
            if g is not None:
                R = row_sum(d.T)  # K
                first, second = d.T.dot(X), d.T.dot(X * X)  # K, Z
                da = R - np.exp(log_p) * R.sum()
                dm = (first - R[:, None] * m) * r
                dv = 0.5 * ((second - 2 * m * first + R[:, None] * m * m) * r - R[:, None])
                flat = np.concatenate([da, dm.ravel(), dv.ravel()])
                g[:] = g + flat if add else flat
            return (d.dot(m * r) - X * d.dot(r)).reshape(z.shape) if dx else None

        return (top + np.log(sums)).reshape(*z.shape[:-1], 1), back

    def fill(rng: Rng, w: Array) -> None:
        w[K : K + K * Z] = rng.standard_normal(K * Z)

    def draw(rng: Rng, w: Array, n: int) -> Array:
        log_p, m, v = parts(w)
        k = (log_p + rng.gumbel(size=(n, K))).argmax(-1)  # the largest is a draw from p
        return m[k] + np.exp(0.5 * v[k]) * rng.standard_normal((n, Z), np.float32).astype(w.dtype)

    layout = {"share": (K,), "mean": (K, Z), "log_variance": (K, Z)}
    return Prior(Layer(forward, layout, fill, op="gaussian_mixture", constants={"components": K}), draw)
