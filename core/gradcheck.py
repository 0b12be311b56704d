"""The directional check: is the gradient that a backward pass writes the true one?

In one random direction v, (f(w + hv) - f(w - hv)) / 2h must equal g.v. One dot product checks all parameters at
once; the upstream gradient is random too, since all ones hide errors (the rows of a softmax sum to one).
"""

import math
from collections.abc import Callable

import numpy as np

from core.initializers import Array
from core.layer import Layer, Rng


def directional_error(f: Callable[[Array], float], w: Array, g: Array, rng: Rng, h: float = 1e-5) -> float:
    """|difference quotient - g.v| / (|g| |v|), v random, in float64: below 1e-6 where g is the gradient of f at w.

    The quotient is taken at h and h/2 and extrapolated (Richardson 1911), which leaves an error of order h^4.
    Divided by |g| |v| and not by |g.v|, which can be small by chance. Kinks (ReLU at 0) within h spoil a check.
    """
    v = rng.standard_normal(w.shape)
    v /= math.sqrt(float((v * v).sum())) or 1.0

    def quotient(h: float) -> float:
        return (f(w + h * v) - f(w - h * v)) / (2 * h)

    estimate = (4 * quotient(h / 2) - quotient(h)) / 3
    return abs(estimate - float((g * v).sum())) / max(math.sqrt(float((g * g).sum())), 1e-3)


def layer_errors(layer: Layer, x: Array, rng: Rng, seed: int | None = None) -> dict[str, float]:
    """The directional errors of `layer` at `x`, in its parameters ("w") and in its input ("x", unless ids).

    With `seed` every forward pass gets a fresh generator of that seed, so that dropout drops the same units.
    """
    w = layer.init(rng, np.float64)
    w += 0.1 * rng.standard_normal(w.shape)  # away from zero biases and unit scales
    x = x if layer.ids else x.astype(np.float64)

    def run(x: Array, w: Array) -> tuple[Array, Callable[..., Array]]:
        return layer(x, w, None if seed is None else np.random.default_rng(seed))

    y, back = run(x, w)
    dy = rng.standard_normal(y.shape)
    errors = {}
    if layer.size:
        g = np.full_like(w, np.nan)  # what back does not write stays visible
        back(dy, g)
        errors["w"] = directional_error(lambda u: float((run(x, u)[0] * dy).sum()), w, g, rng)
    if not layer.ids:
        errors["x"] = directional_error(lambda u: float((run(u, w)[0] * dy).sum()), x, back(dy, dx=True), rng)
    return errors
