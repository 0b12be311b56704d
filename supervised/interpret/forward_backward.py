"""One example on its way through the network, forward as activations and back as gradients, layer by layer."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from core import Array, Back, Layer, chain, cross_entropy, softmax
from core.lab.report.plots import drawing, mosaic
from supervised.interpret.blocks import MATRICES, blocks
from supervised.interpret.plots import Shape, pictures

NAMED = "identity", "step", "relu", "sigmoid", "tanh", "gelu", "softplus"
LONG = 8  # layers; a longer chain is shown in blocks


class Stop(NamedTuple):
    """One layer of the way: what it says, how the loss answers to that, and the size of its own gradient."""

    name: str
    code: Array  # ..., U
    gradient: Array  # ..., U: dL/dcode
    weight: float  # Euclidean norm of its parameters; 0 without any
    weight_gradient: float  # and of dL/dw


def name(layer: Layer) -> str:
    """What a layer of a chain, or a block, is called in pictures: an activation, or the size of its matrix."""
    if layer.op in NAMED:
        return layer.op
    for part in layer.parts or (layer,):
        if part.op in MATRICES:
            return " → ".join(map(str, part.layout["weight"][-2:]))
    return "norm" if layer.size else "layer"


def one_pass(net: Layer, w: Array, x: Array, t: int) -> list[Stop]:
    """The picture x (P,) with label t through every layer of the chain and back; the pixels come first.

    Through every block where there are more than `LONG` layers.
    """
    y, way, links = np.asarray(x, w.dtype)[None], list[tuple[Layer, Array, Array, Back]](), chain(net, w)
    for layer, v in links if len(links) <= LONG else blocks(net, w):
        y, back = layer(y, v)
        way.append((layer, v, y, back))
    dy, stops = cross_entropy(y, np.array([t]))[1], list[Stop]()  # 1, C: p - onehot(t)
    for layer, v, out, back in reversed(way):
        g, dout = np.zeros_like(v), dy
        dy = back(dout, g, dx=True)
        stops.append(Stop(name(layer), out[0], dout[0], float(np.linalg.norm(v)), float(np.linalg.norm(g))))
    return [Stop("pixels", np.asarray(x), dy[0], 0.0, 0.0), *reversed(stops)]


def undecided(net: Layer, w: Array, x: Array, t: Array) -> int:
    """The example whose label is given a probability nearest to a half: there is something left to learn from it."""
    return int(np.abs(softmax(net(x, w)[0])[np.arange(len(t)), t] - 0.5).argmin())


def _tile(values: Array) -> Array:
    """Units (U,) in a block nearly square, NaN beyond the last; of maps (H, W, U) the first 16 beside one another."""
    if values.ndim > 1:
        return mosaic(values.transpose(2, 0, 1)[:16], 4) if values.ndim == 3 else values
    side = math.ceil(math.sqrt(len(values)))
    return np.pad(values.astype(float), (0, -len(values) % side), constant_values=np.nan).reshape(-1, side)


def _draw(axis: Any, values: Array) -> None:
    top = max(float(np.abs(values).max()), 1e-30)
    axis.imshow(_tile(values), cmap="RdBu", vmin=-top, vmax=top, interpolation="nearest")
    axis.set_xlabel(f"±{top:.2g}", fontsize=8)


def draw_pass(
    path: Path, stops: Sequence[Stop], t: int, shape: Shape, classes: Sequence[str], low: float, high: float
) -> None:
    """Above the way forward, below the way back; blue above 0, red below, each tile in its own scale."""
    n = len(stops) + 1
    with drawing(path, (1.75 * n + 0.4, 4.6), 2, n) as axes:
        for k, stop in enumerate(stops):
            above, below = axes[:, k]
            if k == 0:
                image = pictures(stop.code, shape, low, high)[0]
                above.imshow(image, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
                _draw(below, stop.gradient.reshape(*shape[:2], -1).sum(-1))
            else:
                _draw(above, stop.code)
                _draw(below, stop.gradient)
            above.set_title(stop.name + (f"\n|w| {stop.weight:.2g}" if stop.weight else "\n"), fontsize=9)
            below.set_title(f"|dL/dw| {stop.weight_gradient:.2g}" if stop.weight else "", fontsize=9)
            for axis in (above, below):
                axis.set(xticks=[], yticks=[])
        p = softmax(stops[-1].code)
        for axis, values, title in ((axes[0, -1], p, "softmax\np"), (axes[1, -1], stops[-1].gradient, "p - onehot(t)")):
            axis.barh(
                range(len(values)), values, color=["#228833" if c == t else "#999999" for c in range(len(values))]
            )
            axis.set_title(title, fontsize=9)
            axis.invert_yaxis()
            axis.set_yticks(range(len(values)), classes if len(classes) <= 20 else [""] * len(classes), fontsize=7)
            axis.tick_params(axis="x", labelsize=7)
        axes[0, 0].set_ylabel("forward  →\nactivations", fontsize=10)
        axes[1, 0].set_ylabel("←  back\ndL/dactivation", fontsize=10)
