"""What a layer is: a function of an input and of a slice of `w` that returns its output and the way back.

A `Layer` is three things: the `layout` of its parameters, how they start (`fill`), and `forward`.
    y, back = layer(x, w)            x (..., I), w (size,) -> y (..., O)
    back(dy, g)                      writes d(sum(dy * y))/dw into g (size,); add=True adds
    dx = back(dy, dx=True)           the gradient at x; without g no parameter gradient is computed
The last axis is features, all axes before it are batch. A layer never writes into its `x` or into `dy`,
since others may hold them; `back` may be called more than once. dtype follows `w`. Complex numbers pass through too,
forward and back: a tiny imaginary part is a derivative on its way, exact to rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from core.initializers import Array

Rng = np.random.Generator
Layout = Mapping[str, tuple[int, ...]]  # the names and shapes of the parameters, in their order in w
Places = tuple[int, ...]  # the axes between batch and features: (H, W) of an image, (T,) of a sound, none of a row


class Back(Protocol):
    def __call__(self, dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any: ...


Forward = Callable[[Array, Array, Rng | None], tuple[Array, Back]]


def _nothing(rng: Rng, w: Array) -> None:
    """Fills a layer without parameters."""


def is_matrix(name: str, shape: tuple[int, ...]) -> bool:
    """Of a parameter in a layout: the biases of an ensemble, (E, O), have two axes as well, and are no matrix."""
    return len(shape) > 1 and not name.endswith("bias")


def _same(places: Places) -> Places:
    """What is done at each place by itself leaves all of them where they are."""
    return places


@dataclass(frozen=True, eq=False)
class Layer:
    """A function y = f(x; w). A composition of layers is a layer, and so is a whole network."""

    forward: Forward = field(repr=False)
    layout: Layout = field(default_factory=dict)
    fill: Callable[[Rng, Array], None] = field(default=_nothing, repr=False)
    ids: bool = False  # the input is integer ids, not features
    op: str = ""  # what it is, "linear" say, and below its constants and inner layers: to draw, to count, to export it;
    constants: Mapping[str, Any] = field(default_factory=dict)  # nothing on the way forward may choose by them
    parts: tuple[Layer, ...] = ()
    places: Callable[[Places], Places] = field(default=_same, repr=False)  # of x -> of y, for `flops`
    size: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", sum(math.prod(shape) for shape in self.layout.values()))

    def __call__(self, x: Any, w: Array, rng: Rng | None = None) -> tuple[Array, Back]:
        """The border: casts `x` to the dtype of `w` once. With `rng`, dropout is on.

        Raises ValueError if w does not have the shape (size,), or x not the features that the layers expect.
        """
        if w.shape != (self.size,):
            raise ValueError(f"w has shape {w.shape}, but this network has {self.size} parameters")
        return self.forward(np.asarray(x) if self.ids else np.asarray(x, w.dtype), w, rng)

    def init(self, rng: Rng, dtype: Any = np.float32) -> Array:
        """Fresh parameters, w (size,)."""
        w = np.zeros(self.size, dtype)
        self.fill(rng, w)
        return w

    def views(self, w: Array) -> dict[str, Array]:
        """The parameters in `w` by name, as views: writing into one writes into `w`."""
        parts, a = {}, 0
        for name, shape in self.layout.items():
            b = a + math.prod(shape)
            parts[name], a = w[a:b].reshape(shape), b
        return parts
