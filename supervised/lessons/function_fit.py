"""A network as any function: with enough units one hidden layer comes as near as one likes to a continuous function.

    y = b + sum_j v_j tanh(u_j (x - c_j))        (Cybenko 1989; Hornik, Stinchcombe and White 1989)
Each unit is a step of some height v_j, at a place c_j, of some steepness u_j: peaks and valleys are built of steps. The
theorem says that weights exist, not that descent finds them: it learns slow waves first and quick ones last (Rahaman
et al. 2019, arXiv:1806.08734), so units start steep, and their places all over the domain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core import Adam, Array, EnsembleLinear, Layer, Linear, Rng, Sequential, activation, cosine, glorot, mse, tanh
from core.lab import Report, Splits
from supervised.fit import fit
from supervised.learner import Supervised
from supervised.metrics.regression import Regression

SEED = 0  # of the networks of a sweep
FRAMES = 40  # moments of learning that are kept for the film
LOOK = {1: 401, 2: 41}  # places that are looked at along each variable, by the number of variables


def placed(layer: Layer, gain: float) -> Layer:
    """A linear layer whose units start as steep as `gain`, with their zero at a random place of [-1, 1]^I."""

    def fill(rng: Rng, w: Array) -> None:
        W, b = layer.views(w).values()  # (E,) I, O and (E,) O
        W[:] = gain * rng.standard_normal(W.shape)
        b[:] = -(W * rng.uniform(-1, 1, W.shape)).sum(-2)

    return replace(layer, fill=fill)


def rescaled(low: float, high: float) -> Layer:
    """y = 2 (x - low) / (high - low) - 1: the domain becomes [-1, 1]."""
    k = 2 / (high - low)
    return activation(
        lambda x: (k * (x - low) - 1, lambda: np.full_like(x, k)), "rescale", mean=(low + high) / 2, scale=k
    )


def network(
    I: int, width: int, depth: int, gain: float, low: float = -1.0, high: float = 1.0, members: int | None = None
) -> Layer:
    """x (B, I) in [low, high] -> y (B, 1), or (members, B, 1): `depth` hidden layers of `width` units (tanh)."""
    linear = Linear if members is None else partial(EnsembleLinear, members)
    parts = [rescaled(low, high), placed(linear(I, width), gain), tanh]
    for _ in range(depth - 1):
        parts += [linear(width, width, init=glorot), tanh]
    return Sequential(*parts, linear(width, 1, init=glorot))


def places(I: int, low: float, high: float) -> Array:
    """P places all over [low, high]^I, in order: (P, I) float32."""
    side = np.linspace(low, high, LOOK[I], dtype=np.float32)
    return np.stack(np.meshgrid(*[side] * I, indexing="ij"), -1).reshape(-1, I)


class Fit(Supervised):
    """A learner of one value that keeps what it says of the whole domain at FRAMES moments, for the film.

    `report` is what (learner, w, folder) makes of it.
    """

    kept = *Supervised.kept, "frames"

    def __init__(
        self,
        splits: Splits,
        net: Layer,
        rng: Rng,
        *,
        lr: float,
        look: Array,
        mean: float,
        std: float,
        report: Callable[[Fit, Array, Path | None], Report],
        **options: Any,
    ) -> None:
        super().__init__(splits, net, Adam(lr), rng, loss=mse, exam=Regression(mean, std), **options)
        self.look, self.mean, self.std, self._report = look, mean, std, report
        self.frames = self.says(self.w)[None]  # K, P

    def says(self, w: Array) -> Array:
        """y (P,) all over the domain, in the units of the function."""
        return self.outputs(w, self.look)[:, 0] * self.std + self.mean

    def update(self) -> dict[str, float]:
        logs = super().update()
        if self.progress * FRAMES >= len(self.frames):
            self.frames = np.vstack([self.frames, self.says(self.weights)])
        return logs

    def report(self, w: Array, folder: Path | None) -> Report:
        return self._report(self, w, folder)


def relative(y: Array, t: Array) -> Array:
    """mean (y - t)^2 / var t, y (..., N, 1), t (N, 1) -> (...): 0 is perfect, 1 no better than saying the mean."""
    return ((y - t) ** 2).mean((-1, -2)) / t.var()


def error_of(net: Layer, splits: Splits, members: int, updates: int, lr: float, batch: int = 64) -> Array:
    """Relative error on the validation part of each of `members` networks, trained side by side: (members,)."""
    rng = np.random.default_rng(SEED)

    def draw() -> tuple[Array, Array]:
        i = rng.integers(len(splits.x_train), size=batch)
        return splits.x_train[i], np.broadcast_to(splits.t_train[i], (members, batch, 1))

    return relative(net(splits.x_val, fit(net, net.init(rng), Adam(lr), mse, draw, updates, cosine))[0], splits.t_val)


def influence(net: Layer, w: Array, x: Array) -> Array:
    """dy/dw at each place: x (P, I) -> (P, size)."""
    rows = np.empty((len(x), net.size), w.dtype)
    for i, row in enumerate(rows):
        net(x[i : i + 1], w)[1](np.ones((1, 1), w.dtype), row)
    return rows


@dataclass(frozen=True)
class Sweep:
    """Relative errors on the validation part, one a seed, by width (one hidden layer) and by depth."""

    width: dict[int, Array]
    depth: dict[int, Array]

    def text(self) -> str:
        return "\n".join(
            f"{what} {k:5}  median {np.median(e):.2e}   each: {', '.join(f'{one:.1e}' for one in e)}"
            for what, errors in vars(self).items()
            for k, e in errors.items()
        )
