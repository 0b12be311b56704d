"""The signature of what answers: the decoded inputs that it takes, its network, and what the outputs mean. For export.

A predictor that can be exported has `signature(w) -> Signature`, which raises Refusal where that run cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from core import Array, Layer, Rng, softmax

PHOTOS = "a photograph has to be cut to its subject and made as small as the pixels before"
Given = Mapping[str, Array]  # decoded inputs by their names, N examples each


@dataclass(frozen=True)
class Pixels:
    """Pictures (N, H, W) or (N, H, W, 3) uint8, decoded and sized; x = pixels / 255, a row each."""

    shape: tuple[int, ...]

    def sample(self, rng: Rng, n: int) -> Given:
        """n random examples."""
        return {"pixels": rng.integers(0, 256, (n, *self.shape), np.uint8)}

    def examples(self, given: Given) -> Array:
        """What the network takes, x (N, ...)."""
        return given["pixels"].reshape(len(given["pixels"]), -1) / np.float32(255)


@dataclass(frozen=True)
class Features:
    """Numbers (N, *shape) float32, in the units that the network takes."""

    shape: tuple[int, ...]

    def sample(self, rng: Rng, n: int) -> Given:
        return {"x": rng.standard_normal((n, *self.shape), np.float32)}

    def examples(self, given: Given) -> Array:
        return given["x"]


@dataclass(frozen=True)
class Ids:
    """Integers (N, K) int64 from 0 to V - 1; `names` are what the V stand for."""

    length: int
    names: tuple[str, ...]

    def sample(self, rng: Rng, n: int) -> Given:
        return {"ids": rng.integers(0, len(self.names), (n, self.length))}

    def examples(self, given: Given) -> Array:
        return given["ids"]


@dataclass(frozen=True)
class Columns:
    """The columns of a table, each an input (N, 1): numbers float64, NaN where they are missing, or texts."""

    columns: tuple[Any, ...]  # those of an encoder

    def sample(self, rng: Rng, n: int) -> Given:
        return {column.name: column.sample(rng, n)[:, None] for column in self.columns}

    def examples(self, given: Given) -> Array:
        features = [each for column in self.columns for each in column.features_of(given[column.name][:, 0])]
        return np.stack(features, 1).astype(np.float32)


Inputs = Pixels | Features | Ids | Columns


@dataclass(frozen=True)
class Classes:
    """`label` (N,) int64, the place of the likeliest class in `names`, and `probabilities` (N, C): softmax(y)."""

    names: tuple[str, ...]
    main: ClassVar[str] = "probabilities"

    def answer(self, y: Array) -> Array:
        """The output called `main`, of y (N, O)."""
        return softmax(y)


@dataclass(frozen=True)
class Labels:
    """`label` (N, K) int64, 1 where a label is likelier to hold than not, and `probabilities` (N, K): sigmoid(y)."""

    names: tuple[str, ...]
    main: ClassVar[str] = "probabilities"

    def answer(self, y: Array) -> Array:
        return np.exp(-np.logaddexp(0, -y))


@dataclass(frozen=True)
class Values:
    """`value` (N, O): y * std + mean."""

    names: tuple[str, ...] = ()
    mean: Any = 0.0  # a number or (O,)
    std: Any = 1.0
    main: ClassVar[str] = "value"

    def answer(self, y: Array) -> Array:
        return y * self.std + self.mean


@dataclass(frozen=True)
class Choice:
    """`action` int64, the best of A actions, as its row of `table` where there is one; `scores` (N, A): y."""

    table: Array | None = None  # (A, ...)
    main: ClassVar[str] = "scores"

    def answer(self, y: Array) -> Array:
        return y


@dataclass(frozen=True)
class Numbers:
    """`action` (N, A): m of y = [m, log s], or its tanh, times `scale`, plus `middle`, cut to an interval."""

    tanh: bool
    scale: Any = 1.0
    middle: Any = 0.0
    low: Any = -np.inf
    high: Any = np.inf
    main: ClassVar[str] = "action"

    def answer(self, y: Array) -> Array:
        m = y[..., : y.shape[-1] // 2]
        return np.clip((np.tanh(m) if self.tanh else m) * self.scale + self.middle, self.low, self.high)


Outputs = Classes | Labels | Values | Choice | Numbers


@dataclass(frozen=True)
class Signature:
    """y = net(x, w) of x = inputs.examples(decoded), pooled where the network has members; outputs.answer(y)."""

    inputs: Inputs
    net: Layer
    w: Array  # (net.size,)
    outputs: Outputs
    ask: Callable[[Array], Array]  # x -> y (N, O) as the predictor itself makes it, to be compared with
    notes: tuple[str, ...] = ()  # what a person should know: what stands before the inputs, or is left out
