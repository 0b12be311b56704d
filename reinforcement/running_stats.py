"""The mean and the variance of all observations so far: a learner's state, neither learnt nor chosen.

A network learns best from numbers of mean 0 and deviation 1. Its first layer can do what the statistics do,
    (x - m) / s W + b = x (W / s) + (b - m / s W),
so weights of a network that was shown the former become those of the same function of x itself: what is judged, kept
and opened again is one vector, and needs no statistics beside it.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from core import Array, Layer
from core.lab import State

MIN_DEVIATION = 1e-3  # deviation below which a number counts as one that does not change


class RunningMeanStd:
    """Of I numbers; before anything came, mean 0 and deviation 1. Merged batch by batch (Chan et al. 1979).

    With `within` the first numbers of a row, so many, are places of I numbers each, the pixels of a picture say, that
    have statistics in common; the numbers behind them, a mask say, stay as they are.
    """

    def __init__(self, I: int, within: int | None = None) -> None:
        self.count, self.mean, self.var, self.within = 0, np.zeros(I), np.ones(I), within

    @property
    def deviation(self) -> Array:
        return np.where(self.var > MIN_DEVIATION**2, np.sqrt(self.var), 1.0)

    def __call__(self, x: Array) -> Array:
        """(x - mean) / deviation, (..., I) float32."""
        if self.within is None:
            return ((x - self.mean) / self.deviation).astype(np.float32)
        z = x.astype(np.float32)  # of a picture in float64 there would be too much
        places = z[..., : self.within].reshape(*x.shape[:-1], -1, len(self.mean))
        mean, deviation = self.mean.astype(np.float32), self.deviation.astype(np.float32)
        z[..., : self.within] = ((places - mean) / deviation).reshape(*x.shape[:-1], -1)
        return z

    def add(self, x: Array) -> None:
        """Rows x (N, I) are taken in."""
        x = x if self.within is None else x[:, : self.within].reshape(-1, len(self.mean))
        n, far = len(x), x.mean(0, np.float64) - self.mean
        total = self.count + n
        self.mean = self.mean + far * n / total
        self.var = (self.count * self.var + n * x.var(0, np.float64) + far**2 * self.count * n / total) / total
        self.count = total

    def folded(self, w: Array, *nets: Layer) -> Array:
        """A copy of w, in which `nets` lie one after another, whose first layers take x as it comes.

        They are Linear(I, H), or Conv2d(I, H) without zeros around: all that it sees was normalised.
        """
        v = w.copy()
        for W, b in _first(v, nets):
            for V in W:
                V /= self.deviation[:, None]
                b -= self.mean @ V
        return v

    def unfolded(self, w: Array, drawn: Array, *nets: Layer) -> Array:
        """The other way: a copy of w, for networks that are shown (x - mean) / deviation.

        A first layer that is still as it is in `drawn` stays: it was drawn for what they are shown.
        """
        v = w.copy()
        for (W, b), (before, _) in zip(_first(v, nets), _first(drawn, nets), strict=True):
            if (before != W).any():
                for V in W:
                    b += self.mean @ V
                    V *= self.deviation[:, None]
        return v

    def state(self) -> State:
        return {"count": np.asarray(self.count), "mean": self.mean, "var": self.var}

    def load(self, state: Mapping[str, Array]) -> None:
        self.count, self.mean, self.var = int(state["count"]), state["mean"].copy(), state["var"].copy()


def _first(v: Array, nets: Sequence[Layer]) -> Iterator[tuple[Array, Array]]:
    """Views of W (places, I, H), a Linear's at one place, and b (H,) of the first layer of each of `nets`.

    They lie in v one after another.
    """
    a = 0
    for net in nets:
        *places, I, H = next(iter(net.layout.values()))
        b = a + math.prod(places) * I * H
        yield v[a:b].reshape(-1, I, H), v[b : b + H]
        a += net.size
