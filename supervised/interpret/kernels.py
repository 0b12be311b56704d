"""What a kernel of a convolution looks for: the pieces of pictures at which it answers most (Zeiler and Fergus 2014).

Weights on pixels can be looked at; weights on the features of a layer before cannot. But every place of a layer hangs
on a square of pixels, its receptive field, and the pixels themselves show what made it answer.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core import Array, Layer, chain
from supervised.interpret.plots import Shape, panels, pictures, show

SHOWN = 10  # kernels of a layer
PATCHES = 8  # pieces of a kernel, each out of another picture
JUDGED = 100  # pictures at a time


class Field(NamedTuple):
    """The pixels that a place hangs on: place h sees from start + step h on, `size` pixels, along both axes."""

    start: int = 0
    step: int = 1
    size: int = 1


class Kernels(NamedTuple):
    """Of one convolution: the pieces at which its kernels answered most, the strongest first."""

    name: str
    size: int  # pixels along a side of its receptive field
    patches: Array  # K, n, size, size[, C]: what lies outside a picture is NaN
    answers: Array  # K, n: the kernel's output there, before its bend


def seen(layer: Layer, field: Field) -> Field:
    """The receptive field behind a layer, out of that before it."""
    if layer.op == "to_image":
        return field._replace(start=field.start - layer.constants["frame"][0])
    if layer.op in ("conv2d", "max_pool2d"):
        k, stride, before = (layer.constants[name] for name in ("kernel", "stride", "padding"))
        start, step, size = field
        return Field(start - before[0] * step, step * stride, size + (k - 1) * step)
    for part in layer.parts if layer.op in ("sequential", "residual") else ():
        field = seen(part, field)
    return field


def strongest(net: Layer, w: Array, x: Array, shape: Shape, kernels: int = SHOWN, n: int = PATCHES) -> list[Kernels]:
    """For each convolution of the chain, its kernels with the strongest answers on the pictures x (N, P)."""
    found, field, links = list[Kernels](), Field(), chain(net, w)
    for at, (layer, _) in enumerate(links):
        field = seen(layer, field)
        if layer.op != "conv2d":
            continue
        best, where = (np.concatenate(parts) for parts in zip(*_peaks(links[: at + 1], x), strict=True))  # N, O
        order = np.argsort(-best, 0, kind="stable")[:n]  # n, O: pictures
        chosen = np.argsort(-np.take_along_axis(best, order, 0).mean(0), kind="stable")[:kernels]
        answers = np.take_along_axis(best, order, 0).T[chosen]  # K, n
        patches = [[_cut(x[i].reshape(shape), field, where[i, o]) for i in order[:, o]] for o in chosen]
        found.append(Kernels(f"convolution {len(found) + 1}", field.size, np.array(patches), answers))
    return found


def _peaks(links: Sequence[tuple[Layer, Array]], x: Array) -> Iterator[tuple[Array, Array]]:
    """For some pictures at a time the strongest answer of each feature (b, O), and its place (b, O, 2)."""
    for a in range(0, len(x), JUDGED):
        y: Array = x[a : a + JUDGED]
        for layer, v in links:
            y, _ = layer(y, v)
        flat = y.reshape(len(y), -1, y.shape[-1])
        at = flat.argmax(1)
        yield flat.max(1), np.stack(np.unravel_index(at, y.shape[1:3]), -1)


def _cut(picture: Array, field: Field, place: Array) -> Array:
    """The pixels (size, size[, C]) of a picture (H, W[, C]) that a place hangs on; outside there is NaN."""
    size = field.size
    rest = ((0, 0),) * (picture.ndim - 2)
    wide = np.pad(picture.astype(float), ((size, size), (size, size), *rest), constant_values=np.nan)
    row, column = field.start + field.step * place + size
    return wide[row : row + size, column : column + size]


def draw_kernels(path: Path, found: Sequence[Kernels], low: float, high: float) -> None:
    """A panel for each convolution, a row for each kernel."""
    with panels(path, len(found), len(found), 3.2, 4.2) as (_, axes):
        for axis, layer in zip(axes, found, strict=True):
            K, n, *form = layer.patches.shape
            tiles = pictures(layer.patches.reshape(K * n, -1), tuple(form), low, high)
            show(axis, np.where(np.isnan(tiles), 0.5, tiles), n)
            axis.set_title(f"{layer.name}: {layer.size} x {layer.size} pixels", fontsize=9)
            axis.set_ylabel("kernels, the strongest first", fontsize=8)
