"""Optimizers: rules that write into one flat vector `w`, given its gradient `g` of the same shape.

optimizer.step(w, g, rate)      `rate` scales the step size `lr`: the value of a schedule, 1 if there is none
optimizer.state                 a dict of arrays, all that is needed to go on; empty before the first step
A step works through `w` in chunks that fit the processor's cache, so that its memory is read once. Each rule
gives the results of the PyTorch optimizer of the same name.
"""

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, pairwise
from typing import Protocol

import numpy as np

from core.initializers import Array
from core.layer import Layout, is_matrix

CHUNK = 1 << 17  # entries: few enough for the processor's caches, enough for threads not to wait for each other's lock
LARGE = 1 << 22  # entries from which several threads share a step: one core alone does not fill the memory's bandwidth


class Optimizer(Protocol):
    lr: float
    state: dict[str, Array]

    def step(self, w: Array, g: Array, rate: float = 1.0) -> None: ...


def threads() -> int:
    """As many as BLAS was told to use, else as many as there are cores; more than eight gain nothing."""
    told = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS") or ""
    return min((int(told) if told.isdigit() else 0) or os.cpu_count() or 1, 8)


def _each_chunk(work: Callable[..., None], *vectors: Array) -> None:
    """Calls `work` with each chunk of these vectors, which are of one length.

    No chunk depends on another, so the bits of the result do not depend on the number of threads. Raises ValueError
    for vectors of other lengths.
    """
    if len({vector.size for vector in vectors}) > 1:
        raise ValueError(f"w and g must be of one length, not {', '.join(str(vector.size) for vector in vectors)}")
    if (size := vectors[0].size) <= CHUNK:
        return work(*vectors)

    def share(first: int, n: int) -> None:
        for a in range(first * CHUNK, size, n * CHUNK):
            work(*(vector[a : a + CHUNK] for vector in vectors))

    if (n := 1 if size < LARGE else threads()) == 1:
        return share(0, 1)
    with ThreadPoolExecutor(n) as pool:
        for future in [pool.submit(share, k, n) for k in range(n)]:
            future.result()  # raises what the thread raised


def _slots(state: dict[str, Array], w: Array, *names: str) -> list[Array]:
    """The arrays of these names, shaped like `w`; made of zeros before the first step."""
    if names[0] not in state:
        state.update({name: np.zeros_like(w) for name in names})
    return [state[name] for name in names]


class SGD:
    """w -= lr g (Robbins and Monro 1951)."""

    def __init__(self, lr: float) -> None:
        self.lr, self.state = lr, dict[str, Array]()

    def step(self, w: Array, g: Array, rate: float = 1.0) -> None:
        def work(w: Array, g: Array) -> None:
            w -= self.lr * rate * g

        _each_chunk(work, w, g)


class Momentum:
    """v = momentum v + g; w -= lr v, or with nesterov w -= lr (g + momentum v) (Sutskever et al. 2013)."""

    def __init__(self, lr: float, momentum: float = 0.9, nesterov: bool = False) -> None:
        self.lr, self.momentum, self.nesterov, self.state = lr, momentum, nesterov, dict[str, Array]()

    def step(self, w: Array, g: Array, rate: float = 1.0) -> None:
        (v,) = _slots(self.state, w, "v")

        def work(w: Array, g: Array, v: Array) -> None:
            v *= self.momentum
            v += g
            w -= self.lr * rate * (g + self.momentum * v if self.nesterov else v)

        _each_chunk(work, w, g, v)


class RMSProp:
    """v = decay v + (1 - decay) g^2; w -= lr g / (sqrt(v) + eps) (Tieleman and Hinton 2012)."""

    def __init__(self, lr: float, decay: float = 0.99, eps: float = 1e-8) -> None:
        self.lr, self.decay, self.eps, self.state = lr, decay, eps, dict[str, Array]()

    def step(self, w: Array, g: Array, rate: float = 1.0) -> None:
        (v,) = _slots(self.state, w, "v")

        def work(w: Array, g: Array, v: Array) -> None:
            v += (1 - self.decay) * (g * g - v)
            w -= self.lr * rate * g / (np.sqrt(v) + self.eps)

        _each_chunk(work, w, g, v)


class Adam:
    """m = beta1 m + g; v = beta2 v + g^2; w -= lr m' / (sqrt(v') + eps) (Kingma and Ba 2015, arXiv:1412.6980).

    m' = m (1 - beta1) / (1 - beta1^t) is a mean of g over the t steps so far, recent ones weighing most; v' of g^2.
    Keeping sums and not means gives the same with two operations fewer.
    """

    def __init__(self, lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> None:
        self.lr, self.beta1, self.beta2, self.eps, self.state = lr, beta1, beta2, eps, dict[str, Array]()

    def step(self, w: Array, g: Array, rate: float = 1.0) -> None:
        m, v = _slots(self.state, w, "m", "v")
        self.state["t"] = np.array(t := int(self.state.get("t", 0)) + 1)
        root = math.sqrt((1 - self.beta2**t) / (1 - self.beta2))  # sqrt(v') = sqrt(v) / root
        size, eps = self.lr * rate * root * (1 - self.beta1) / (1 - self.beta1**t), self.eps * root

        def work(w: Array, g: Array, m: Array, v: Array) -> None:
            m *= self.beta1
            m += g
            v *= self.beta2
            d = g * g
            v += d
            np.sqrt(v, d)
            d += eps
            np.divide(m, d, d)
            d *= size
            w -= d

        _each_chunk(work, w, g, m, v)


class AdamW(Adam):
    """Adam after w *= 1 - lr decay on the matrices alone: biases and scales stay free (Loshchilov and Hutter 2019)."""

    def __init__(
        self,
        lr: float,
        layout: Layout,
        decay: float = 0.01,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
    ) -> None:
        super().__init__(lr, beta1, beta2, eps)
        ends = pairwise([0, *accumulate(map(math.prod, layout.values()))])
        parts = [(slice(a, b), name, shape) for (name, shape), (a, b) in zip(layout.items(), ends, strict=True)]
        self.decay, self.matrices = decay, [s for s, name, shape in parts if is_matrix(name, shape)]

    def step(self, w: Array, g: Array, rate: float = 1.0) -> None:
        for s in self.matrices:
            w[s] *= 1 - self.lr * rate * self.decay
        super().step(w, g, rate)


def clip_norm(g: Array, limit: float) -> float:
    """Scales `g` in place so that its Euclidean norm is at most `limit`; returns the norm before (Pascanu 2013)."""
    norm = math.sqrt(float(g @ g))
    if norm > limit:
        g *= limit / norm
    return norm


def average(a: Array, w: Array, k: float) -> None:
    """a += k (w - a): a running average of weights; k = 1/n after n calls is the plain mean (Polyak 1992)."""

    def work(a: Array, w: Array) -> None:
        a += k * (w - a)

    _each_chunk(work, a, w)


# Schedules: the rate as a function of progress, which goes from 0 to 1 and is a matter of counts, never of the clock.

Schedule = Callable[[float], float]


def constant(progress: float) -> float:
    """1."""
    return 1.0


def linear(progress: float) -> float:
    """1 - progress."""
    return 1 - progress


def cosine(progress: float) -> float:
    """(1 + cos(pi progress)) / 2 (Loshchilov and Hutter 2017, arXiv:1608.03983)."""
    return 0.5 * (1 + math.cos(math.pi * progress))


def warm_up(share: float, then: Schedule = constant) -> Schedule:
    """Rises from 0 to 1 over the first `share` of progress, then follows `then` over the rest."""
    if not 0 < share < 1:
        raise ValueError(f"warm_up needs a share between 0 and 1, not {share}")
    return lambda progress: progress / share if progress < share else then((progress - share) / (1 - share))
