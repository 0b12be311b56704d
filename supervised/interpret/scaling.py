"""More data, cleaner labels, a wider or deeper network, more computing: what each is worth, as curves.

One thing varies at a time, and all else stays: the validation part, the settings, the number of updates. Each point
is a training of its own; the curves are judged on the validation part, since someone may choose by them.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core import Array, Layer, flops
from core.lab import Splits
from supervised.interpret.blocks import Train, accuracy
from supervised.interpret.label_noise import other_labels, side
from supervised.interpret.plots import COLOURS, panels, table

Build = Callable[..., Layer]  # build(64, 64) is a network with two hidden layers of 64 units
NOISE = (0.0, 0.1, 0.2, 0.4, 0.6, 0.8)  # share of wrong labels
DATA = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)  # share of the training examples
COMPUTE = (1 / 16, 1 / 4, 1.0)  # share of the updates
DEPTHS = (0, 1, 2, 3, 4)  # hidden layers


class Point(NamedTuple):
    """One thing tried: its size, and the validation accuracy of each repeat."""

    size: float
    scores: list[float]

    @property
    def mean(self) -> float:
        return float(np.mean(self.scores))


class Sizes(NamedTuple):
    """The five curves."""

    examples: list[Point]  # size: number of training examples
    noise: list[Point]  # share of wrong labels
    depth: list[Point]  # hidden layers
    width: list[Point]  # units of one hidden layer
    compute: dict[int, list[Point]]  # by width: floating-point operations of the whole training


def trial(splits: Splits, net: Layer, train: Train, updates: int, seeds: Sequence[int]) -> list[float]:
    """Validation accuracy of `net`, trained afresh from each seed."""
    ws = (train(splits, net, updates, np.random.default_rng(seed)) for seed in seeds)
    return [accuracy(net, w, splits.x_val, splits.t_val) for w in ws]


def sizes(
    splits: Splits, build: Build, width: int, train: Train, updates: int, batch: int, C: int, seeds: Sequence[int]
) -> Sizes:
    """The curves around a network with one hidden layer of `width` units, `updates` minibatches of `batch` each."""
    x, t, n, net = splits.x_train, splits.t_train, len(splits.t_train), build(width)

    def run(net: Layer = net, x: Array = x, t: Array = t, updates: int = updates) -> list[float]:
        return trial(side(splits, x, t), net, train, max(1, updates), seeds)

    whole = run()  # the point where all curves meet
    examples = [Point(k, whole if k == n else run(x=x[:k], t=t[:k])) for k in [max(1, round(s * n)) for s in DATA]]
    noise = [
        Point(s, run(t=other_labels(t, C, s, np.random.default_rng(seeds[0]))[0]) if s else whole) for s in noises(C)
    ]
    depth = [Point(d, whole if d == 1 else run(net=build(*[width] * d))) for d in DEPTHS]
    compute = dict[int, list[Point]]()
    for units in (max(2, width // 16), max(3, width // 4), width, 4 * width):
        other = build(units)
        cost = 3.0 * flops(other, x.shape[1:-1]) * batch
        compute[units] = [
            Point(
                cost * max(1, round(s * updates)),
                whole if s == 1 and units == width else run(net=other, updates=round(s * updates)),
            )
            for s in COMPUTE
        ]
    wide = [Point(units, points[-1].scores) for units, points in compute.items()]
    return Sizes(examples, noise, depth, wide, compute)


def noises(C: int) -> list[float]:
    """The shares of wrong labels at which the right class is still told more often than each other one."""
    return [s for s in NOISE if 1 - s > s / (C - 1)]


def trainings(C: int) -> int:
    """How many trainings `sizes` asks for, a seed."""
    return len(DATA) + len(noises(C)) - 1 + len(DEPTHS) - 1 + 4 * len(COMPUTE) - 1


def describe(found: Sizes) -> str:
    """The curves as tables."""
    titles = "examples", "wrong labels", "hidden layers", "units"  # of all curves but the last
    parts = [
        table([(f"{p.size:g}", p.mean) for p in points], (title, "validation accuracy"))
        for title, points in zip(titles, found[:4], strict=True)
    ]
    rows = [(f"{units}", f"{p.size:.2g}", p.mean) for units, points in found.compute.items() for p in points]
    return "\n\n".join([*parts, table(rows, ("units", "FLOPs", "validation accuracy"))])


def draw_sizes(path: Path, found: Sizes, n_val: int) -> None:
    """Five panels; bars are the binomial standard error of one accuracy on the n_val validation examples."""
    with panels(path, 5, 3, 3.5, 2.9) as (_, axes):
        for axis, points, label, scale in (
            (axes[0], found.examples, "training examples", "log"),
            (axes[1], found.noise, "share of wrong labels", "linear"),
            (axes[2], found.width, "units in one hidden layer", "log"),
            (axes[3], found.depth, "hidden layers", "linear"),
        ):
            means = np.array([p.mean for p in points])
            bars = np.sqrt(means * (1 - means) / n_val)
            axis.errorbar([p.size for p in points], means, bars, marker=".", capsize=2, color=COLOURS[0])
            axis.set(xlabel=label, xscale=scale)
        for k, (units, points) in enumerate(found.compute.items()):
            label = f"{units} units"
            axes[4].plot([p.size for p in points], [p.mean for p in points], marker=".", color=COLOURS[k], label=label)
        axes[4].set(xlabel="FLOPs of the training", xscale="log")
        axes[4].legend(fontsize=8)
        for axis in (axes[0], axes[3]):
            axis.set_ylabel("validation accuracy")
