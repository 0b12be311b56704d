"""A network taken apart: its blocks, the codes they pass on, what a code loses or gains, and how much work it is.

A block is a layer with a weight matrix and all that follows up to the next one, so its output is what people call a
layer of the network. The blocks stand in `w` one behind the other, as they do in the network.
"""

from typing import Any, NamedTuple, Protocol

import numpy as np

from core import Array, Back, Layer, Linear, Rng, Sequential, chain, cross_entropy
from core.lab import Splits

MATRICES = "linear", "conv2d", "ensemble_linear"  # layers with a weight matrix: the beginning of a block


class Train(Protocol):
    """Trains a fresh network as the task does, for so many minibatches, and returns its weights, w (net.size,).

    `augmented=False` leaves out the task's deformations of the pictures. All randomness comes from `rng`; the
    weights must not be chosen by the test part, which the studies replace by the validation part anyway.
    """

    def __call__(self, splits: Splits, net: Layer, updates: int, rng: Rng, augmented: bool = True) -> Array: ...


def first_member(net: Layer, w: Array) -> tuple[Layer, Array]:
    """A network by itself, as it is; of an ensemble (core.ensembles) the first member, with its own weights."""
    links = chain(net, w)
    for k, (part, v) in enumerate(links):
        if part.op == "ensemble_linear":
            views = part.views(v)
            I, O = views["weight"].shape[1:]
            links[k] = Linear(I, O, "bias" in views), np.concatenate([array[0].ravel() for array in views.values()])
    return _joined(links)


def _joined(links: list[tuple[Layer, Array]]) -> tuple[Layer, Array]:
    return Sequential(*(part for part, _ in links)), np.concatenate([v for _, v in links])


def blocks(net: Layer, w: Array) -> list[tuple[Layer, Array]]:
    """The network in blocks, in order, each with its weights; what stands before the first matrix belongs to it."""
    groups: list[list[tuple[Layer, Array]]] = [[]]
    for part, v in chain(net, w):
        if part.op in MATRICES and any(layer.op in MATRICES for layer, _ in groups[-1]):
            groups.append([])
        groups[-1].append((part, v))
    return [_joined(group) for group in groups]


def names(n: int) -> list[str]:
    """What n codes are called: pixels, layer 1, ..., output."""
    return ["pixels", *(f"layer {i}" for i in range(1, n - 1)), "output"]


def codes(net: Layer, w: Array, x: Array) -> list[Array]:
    """x (B, I), and what each block makes of it, (B, ..., U); the last is the output y (B, C)."""
    out = [np.asarray(x, w.dtype)]
    for block, v in blocks(net, w):
        out.append(block(out[-1], v)[0])
    return out


class Flow(NamedTuple):
    """One code on the way forward, and on the way back the gradient of the loss there."""

    code: Array  # B, ..., U
    gradient: Array  # B, ..., U: dL/dcode


def flows(net: Layer, w: Array, x: Array, t: Array, g: Array | None = None) -> list[Flow]:
    """Codes and gradients at the pixels and behind each block, for x (B, I) and t (B,); dL/dw is written into `g`."""
    out, backs, a = [np.asarray(x, w.dtype)], list[tuple[Back, slice]](), 0
    for block, v in blocks(net, w):
        y, back = block(out[-1], v)
        out.append(y)
        backs.append((back, slice(a, a := a + block.size)))
    gradients = [cross_entropy(out[-1], t)[1]]  # (p - onehot(t)) / B
    for back, s in reversed(backs):
        gradients.append(back(gradients[-1], None if g is None else g[s], dx=True))
    return [Flow(code, gradient) for code, gradient in zip(out, reversed(gradients), strict=True)]


def frozen(net: Layer, w: Array) -> Layer:
    """The network with these weights as a layer without parameters: what comes before the one that learns."""

    def forward(x: Array, _: Array, rng: Rng | None) -> tuple[Array, Back]:
        y, back_net = net.forward(x, w, None)

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            return back_net(dy, None, False, dx)

        return y, back

    return Layer(forward, op="frozen", parts=(net,))


def accuracy(net: Layer, w: Array, x: Array, t: Array) -> float:
    """The share of examples whose likeliest class is the label."""
    return float((net(x, w)[0].argmax(-1) == t).mean())


def by_class(values: Array, t: Array, C: int) -> Array:
    """The mean of values (N, ...) over the examples of each class, (C, ...); NaN for a class without any."""
    means = np.full((C, *values.shape[1:]), np.nan)
    for c in np.unique(t):
        means[c] = values[t == c].mean(0)
    return means
