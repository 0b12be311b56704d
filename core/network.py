"""Networks: compositions of layers, each a layer itself, and so a function of one flat `w`.

net = MLP(64, 128, 10)
w = net.init(rng)                        # (net.size,) float32
y, back = net(x, w)                      # (..., 64) -> (..., 10), and the way back
loss, dy = cross_entropy(y, t)           # a loss: (value, gradient of its first argument)
back(dy, g)                              # writes the gradient into g (net.size,)
optimizer.step(w, g)                     # writes into w
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate, count, pairwise
from typing import Any

import numpy as np

from core.ensembles import EnsembleLinear
from core.initializers import Array, Initializer, glorot, he
from core.layer import Back, Layer, Layout, Rng
from core.layers import Dropout, Linear, relu


def _join(
    parts: tuple[Layer, ...], names: Iterable[Any] | None = None
) -> tuple[Layout, list[slice], Callable[[Rng, Array], None]]:
    """The layout of several parts side by side in one w, the slice of each, and how they are filled."""
    if not parts:
        raise ValueError("a composition needs at least one layer")
    layout = {
        f"{i}.{name}": s for i, part in zip(names or count(), parts, strict=False) for name, s in part.layout.items()
    }
    slices = [slice(a, b) for a, b in pairwise([0, *accumulate(part.size for part in parts)])]

    def fill(rng: Rng, w: Array) -> None:
        for part, s in zip(parts, slices, strict=True):
            part.fill(rng, w[s])

    return layout, slices, fill


def Sequential(*parts: Layer) -> Layer:
    """y = f_n(... f_2(f_1(x)))."""
    layout, slices, fill = _join(parts)
    own = [s if part.size else None for part, s in zip(parts, slices, strict=True)]  # most parts have no parameters
    pairs = list(zip(parts, own, strict=True))
    # where the way back may end when dx is not asked: nothing before this part has parameters
    first = next((i for i, part in enumerate(parts) if part.size), len(parts))

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        backs = []
        for part, s in pairs:
            x, back_part = part.forward(x, w if s is None else w[s], rng)
            backs.append(back_part)

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            last = -1 if dx else first if g is not None else len(parts)
            for i in range(len(parts) - 1, max(last, 0) - 1, -1):
                s = own[i]
                dy = backs[i](dy, g if s is None or g is None else g[s], add, i > last)
            return dy if dx else None

        return x, back

    return Layer(forward, layout, fill, parts[0].ids, "sequential", parts=parts)


def chain(net: Layer, w: Array) -> list[tuple[Layer, Array]]:
    """The layers of a Sequential, from input to output, each with its slice of `w`; another layer is a chain of one.

    y = x
    for layer, v in chain(net, w):
        y, back = layer(y, v)            # what every layer says of x, and its own way back
    """
    if net.op != "sequential":  # the inner layers of another composition are no sequence
        return [(net, w)]
    return [link for part, s in zip(net.parts, _join(net.parts)[1], strict=True) for link in chain(part, w[s])]


def Residual(inner: Layer) -> Layer:
    """y = x + f(x); f keeps the number of features (He et al. 2015, arXiv:1512.03385)."""

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        f, back_inner = inner.forward(x, w, rng)
        if f.shape != x.shape:
            raise ValueError(f"Residual needs a layer that keeps the shape, but it maps {x.shape} to {f.shape}")

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            d = back_inner(dy, g, add, dx)
            return dy + d if dx else None

        return x + f, back

    return Layer(forward, inner.layout, inner.fill, op="residual", parts=(inner,))


def Concat(*heads: Layer) -> Layer:
    """y = [f_1(x), ..., f_n(x)] along the features: several heads on one input, such as an actor and a critic."""
    layout, slices, fill = _join(heads)

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        ys, backs = zip(*(head.forward(x, w[s], rng) for head, s in zip(heads, slices, strict=True)), strict=True)
        ends = [0, *accumulate(y.shape[-1] for y in ys)]

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            total = None
            for back_head, s, (a, b) in zip(backs, slices, pairwise(ends), strict=True):
                d = back_head(dy[..., a:b], None if g is None else g[s], add, dx)
                if dx:
                    total = d if total is None else total + d
            return total

        return np.concatenate(ys, -1), back

    return Layer(forward, layout, fill, any(head.ids for head in heads), "concat", parts=heads)


@dataclass(frozen=True)
class Parts:
    """Several functions in one w, called one by one: an encoder and a decoder, say, each with an input of its own.

    parts = Parts(encoder=MLP(64, 10), decoder=MLP(10, 64))
    w = parts.net.init(rng)                      # parts.net holds the layout of all of them; it cannot be called
    w_encoder, w_decoder = parts.split(w)        # views, in the order in which the parts were named; of g likewise
    """

    layers: Mapping[str, Layer]
    net: Layer = field(init=False)

    def __init__(self, **layers: Layer) -> None:
        def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
            raise ValueError(
                f"this network is {len(layers)} functions of one w, called one by one: {', '.join(layers)}"
            )

        layout, _, fill = _join(tuple(layers.values()), layers)
        object.__setattr__(self, "layers", layers)
        object.__setattr__(self, "net", Layer(forward, layout, fill, op="parts", parts=tuple(layers.values())))

    def split(self, w: Array) -> list[Array]:
        """The views of each part in w (net.size,), in their order."""
        return [w[s] for s in _join(self.net.parts)[1]]


def MLP(
    *sizes: int,
    activation: Layer = relu,
    init: Initializer = he,
    gain: float = 1.0,
    last: Initializer = glorot,
    last_gain: float = 1.0,
    dropout: float = 0.0,
    members: int | None = None,
) -> Layer:
    """A multi-layer perceptron: Linear layers of the given sizes, `activation` between them, none after the last.

    `init` with `gain` starts the hidden layers, `last` with `last_gain` the output; `dropout` follows each activation.
    With `members` E it is E networks at once, (B, I) or (E, B, I) -> (E, B, O). Raises ValueError below two sizes.
    """
    if len(sizes) < 2 or min(sizes) < 1 or (members is not None and members < 1):
        raise ValueError(f"MLP needs at least an input and an output size, all positive, not {sizes}")
    linear = Linear if members is None else partial(EnsembleLinear, members)
    after = (activation, Dropout(dropout)) if dropout else (activation,)
    parts = [part for I, O in pairwise(sizes[:-1]) for part in (linear(I, O, init=init, gain=gain), *after)]
    return Sequential(*parts, linear(sizes[-2], sizes[-1], init=last, gain=last_gain))
