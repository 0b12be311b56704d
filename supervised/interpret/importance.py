"""The gradient as relative importance: which weights, units and pixels the loss would notice at this moment.

dL/dw says how the loss answers to a small move of a weight. To first order, taking the weight away altogether changes
the loss by -w dL/dw (Mozer and Smolensky 1989; Molchanov et al. 2017, arXiv:1611.06440): a small |w dL/dw| promises
that nobody will miss it. Whether that promise holds is tested by taking the weights away.

All is relative: each example's gradient is scaled to a sum of 1 before the mean is taken. Else the few pictures that
the network gets wrong would say everything, since the gradient p - onehot(t) of all others is nearly 0; and without
the absolute values they would cancel, since a network has learnt when its examples pull in different ways.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core import Array, Layer, Rng
from core.layer import is_matrix
from supervised.interpret.blocks import accuracy, by_class, flows, names
from supervised.interpret.features import flat
from supervised.interpret.plots import COLOURS, Shape, panels, pictures, show

SHARES = (0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)  # of the weights, taken away


def shares(values: Array) -> Array:
    """|values| of each example (N, ...), scaled to a sum of 1; an example without any gradient stays 0."""
    size: Array = np.abs(values)
    size /= np.maximum(size.reshape(len(size), -1).sum(1), 1e-300).reshape(-1, *[1] * (size.ndim - 1))
    return size


class Sensitivity(NamedTuple):
    """Means over the examples of the shares in each example's own gradient."""

    importance: Array  # (size,): |w| times the share in |dL/dw|
    pixels: Array  # C, P: the share in |dL/dx|, over the examples of each class
    units: list[Array]  # of each hidden layer (C, U): the share in |h dL/dh|, what taking a unit away would do


def sensitivity(net: Layer, w: Array, x: Array, t: Array, C: int) -> Sensitivity:
    """Of the loss to the weights, the pixels and the hidden units, over examples x (N, P) and t (N,).

    In float64, where p - onehot(t) is still right for an example whose label is given p = 1 - 1e-12.
    """
    w = w.astype(np.float64)
    g, weights, at_codes = np.empty_like(w), np.zeros_like(w), list[list[Array]]()
    for b in range(len(t)):
        first, *hidden, _ = flows(net, w, x[b : b + 1], t[b : b + 1], g)
        weights += shares(g[None])[0] / len(t)
        felt = [first.gradient, *(flat(np.abs(f.code * f.gradient)) for f in hidden)]
        at_codes.append([shares(values)[0] for values in felt])
    pixels, *units = (by_class(np.stack(code), t, C) for code in zip(*at_codes, strict=True))
    return Sensitivity(np.abs(w) * weights, pixels, units)


def pruned(net: Layer, w: Array, worth: Array, x: Array, t: Array, shares: Sequence[float] = SHARES) -> list[float]:
    """Accuracy after the given share of the weights, those of the least worth (size,), is set to 0."""
    rank = np.argsort(np.argsort(worth, kind="stable"))
    return [accuracy(net, np.where(rank < round(share * len(w)), 0, w), x, t) for share in shares]


def pruning(net: Layer, w: Array, importance: Array, x: Array, t: Array, rng: Rng) -> dict[str, list[float]]:
    """Accuracy against the share of weights taken away, in three orders."""
    worth = {"least |w dL/dw| first": importance, "least |w| first": np.abs(w), "at random": rng.random(net.size)}
    return {name: pruned(net, w, value, x, t) for name, value in worth.items()}


def ink(tiles: Array) -> Array:
    """Tiles (n, H, W[, C]) as (n, H, W), the sum over the colours."""
    return tiles.sum(-1) if tiles.ndim == 4 else tiles


def draw_pruning(path: Path, found: dict[str, list[float]], chance: float) -> None:
    """The curves of `pruning`."""
    with panels(path, 1, 1, 5, 3.4) as (_, (axis,)):
        for k, (name, values) in enumerate(found.items()):
            axis.plot(SHARES, values, marker=".", color=COLOURS[k], label=name)
        axis.axhline(chance, color="grey", linestyle=":", label="guessing")
        axis.set(xlabel="share of the weights set to 0", ylabel="validation accuracy", ylim=(0, 1.02))
        axis.legend(fontsize=8)


def draw_pixels(
    path: Path, found: Sensitivity, means: Array, shape: Shape, classes: Sequence[str], low: float, high: float
) -> None:
    """For each class the mean picture (C, P), and below it where the loss is most sensitive, each in its own scale."""
    maps = ink(np.nan_to_num(found.pixels).reshape(-1, *shape))
    maps = maps / np.maximum(np.percentile(maps, 99, (1, 2), keepdims=True), 1e-30)  # lest one pixel pales the rest
    columns = min(len(classes), 10)
    lines = -(-len(classes) // columns)
    with panels(path, 2 * lines, 1, 0.85 * columns + 0.9, 1.05) as (_, axes):
        for line in range(lines):
            of = slice(line * columns, (line + 1) * columns)
            for axis, tiles, name in (
                (axes[2 * line], pictures(means[of], shape, low, high), "mean"),
                (axes[2 * line + 1], maps[of], "|dL/dx|"),
            ):
                show(axis, np.nan_to_num(tiles), columns)
                axis.set_ylabel(name, fontsize=8)
            for k, label in enumerate(classes[of]):
                middle = k * (shape[1] + 1) + (shape[1] - 1) / 2
                axes[2 * line].text(middle, -1, label, fontsize=8, ha="center", va="bottom")


def draw_units(path: Path, found: Sensitivity, classes: Sequence[str], most: int = 48) -> None:
    """For each hidden layer the units that matter most, in order, and for which classes they do."""
    with panels(path, len(found.units), 1, 9, max(1.7, 0.9 + 0.2 * len(classes))) as (figure, axes):
        for axis, units, name in zip(axes, found.units, names(len(found.units) + 2)[1:], strict=False):
            units = np.nan_to_num(units)
            order = np.argsort(-units.mean(0))[:most]
            share = units.mean(0)[order].sum() / max(units.mean(0).sum(), 1e-30)
            drawn = axis.imshow(units[:, order], aspect="auto", cmap="viridis", interpolation="nearest")
            title = f"{name}: the {len(order)} of {units.shape[1]} units that matter most ({share:.0%} of the sum)"
            axis.set(yticks=range(len(classes)), yticklabels=classes, xticks=[], title=title)
            axis.set_xlabel("units, most important first")
            axis.grid(False)
            figure.colorbar(drawn, ax=axis, label="share in |h dL/dh|")


def draw_first_layer(path: Path, found: Sensitivity, net: Layer, w: Array, shape: Shape, most: int = 20) -> None:
    """The weights from the pixels into the units that matter most, and below them how much each weight matters."""
    name = next(name for name, values in net.views(w).items() if values.ndim == 2)
    W, worth = net.views(w)[name].T, net.views(found.importance)[name].T  # U, P
    chosen = np.argsort(-worth.sum(1))[:most]
    tiles, columns = [ink(v[chosen].reshape(-1, *shape)) for v in (W, worth)], min(len(chosen), 10)
    lines = -(-len(chosen) // columns)
    with panels(path, 2 * lines, 1, 0.85 * columns + 0.9, 1.0) as (_, axes):
        for line in range(lines):
            for k, (what, values) in enumerate(zip(("weights", "|w dL/dw|"), tiles, strict=True)):
                some = values[line * columns : (line + 1) * columns]
                axis, scale = axes[2 * line + k], np.maximum(np.abs(some).max((1, 2), keepdims=True), 1e-30)
                show(axis, some / scale, columns, k == 0)
                axis.set_ylabel(what, fontsize=8)


def draw_weights(path: Path, found: Sensitivity, net: Layer) -> None:
    """How sensitivity is spread over the weights of each matrix: few weights carry most of it."""
    with panels(path, 1, 1, 5, 3.4) as (_, (axis,)):
        shown = [
            (name, values) for name, values in net.views(found.importance).items() if is_matrix(name, values.shape)
        ]
        for k, (name, values) in enumerate(shown):
            rising = np.sort(values.ravel())[::-1]
            share = np.concatenate([[0], np.cumsum(rising) / max(rising.sum(), 1e-30)])
            label = f"{name} {' x '.join(map(str, values.shape))}"
            axis.plot(np.linspace(0, 1, len(share)), share, color=COLOURS[k % len(COLOURS)], label=label)
        axis.plot([0, 1], [0, 1], color="grey", linestyle=":", label="if all mattered alike")
        axis.set(xlabel="share of the weights, most important first", ylim=(0, 1.02))
        axis.set_ylabel("share of the sum of |w dL/dw|")
        axis.legend(fontsize=8)
