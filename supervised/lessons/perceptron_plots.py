"""Pictures of decision lines: moving with each mistake, and beside what two layers can do. Two inputs only."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core import Array
from core.lab import Splits
from core.lab.report.gif import animate
from core.lab.report.plots import drawing, new_figure
from supervised.lessons.perceptron import Perceptron

COLORS = ("#c2571a", "#1f5fa8")  # of the targets 0 and 1
FRAMES, STATIONS = 36, 6


def field(axis: Any, x: Array, t: Array, neuron: Callable[[Array], Array]) -> None:
    """The part of the plane where a neuron's sum is above 0, and the examples x (N, 2) in the colours of t (N,)."""
    low, high = x.min(0), x.max(0)
    pad = 0.25 * (high - low).max()
    spans = [np.linspace(a - pad, b + pad, 120, dtype=np.float32) for a, b in zip(low, high, strict=True)]
    z = neuron(np.stack(np.meshgrid(*spans), -1).reshape(-1, 2)).reshape(120, 120)
    z = np.where(z > 0, z, np.minimum(z, -1e-9))  # a sum of 0 does not fire
    axis.contourf(*spans, z, levels=[-np.inf, 0, np.inf], colors=COLORS, alpha=0.25)
    axis.scatter(*x.T, s=60 if len(x) < 10 else 12, c=[COLORS[int(k > 0)] for k in t], edgecolors="w", linewidths=0.5)
    axis.set(xticks=[], yticks=[], aspect="equal")


def _moment(axis: Any, learner: Perceptron, o: int, path: Array, k: int) -> None:
    """Neuron o after k of its mistakes; the example that it was wrong on last has a ring."""
    x, t, u = learner.splits.x_train, learner.splits.t_train[:, o], path[k]
    field(axis, x, t, lambda p: p @ u[:-1] + u[-1])
    if k:
        axis.scatter(*x[learner.missed(o)[k - 1]], s=160, facecolors="none", edgecolors="k", linewidths=1.2)
    right = int(((x @ u[:-1] + u[-1] > 0) == (t > 0)).sum())
    axis.set_title(f"{learner.names[o]}, mistake {k}: {right}/{len(x)} right", fontsize=8)


def movie(path: Path, learner: Perceptron) -> None:
    """A GIF: all neurons side by side, a frame for each of the first mistakes."""
    paths = [learner.path(o) for o in range(len(learner.names))]

    def frame(k: int) -> Any:
        figure, axes = new_figure((2.5 * len(paths), 2.7), 1, len(paths), squeeze=False)
        for o, (axis, p) in enumerate(zip(axes[0], paths, strict=True)):
            _moment(axis, learner, o, p, min(k, len(p) - 1))
        return figure

    animate(path, map(frame, range(min(FRAMES, max(map(len, paths))))), 450)


def stations(path: Path, learner: Perceptron) -> None:
    """A row a neuron: after some of its mistakes, evenly spaced on a logarithmic scale."""
    O = len(learner.names)
    with drawing(path, (2 * STATIONS, 2.2 * O), O, STATIONS, squeeze=False) as axes:
        for o, row in enumerate(axes):
            p = learner.path(o)
            ks = np.unique(np.geomspace(1, len(p), STATIONS).round().astype(int)) - 1
            for axis, k in zip(row, ks, strict=False):
                _moment(axis, learner, o, p, int(k))
            for axis in row[len(ks) :]:
                axis.axis("off")


def regions(path: Path, splits: Splits, names: Sequence[str], nets: Mapping[str, Callable[[Array], Array]]) -> None:
    """A row a neuron, a column a network: where it fires, and its accuracy on the test part."""
    with drawing(path, (2.5 * len(nets), 2.6 * len(names)), len(names), len(nets), squeeze=False) as axes:
        x, t = splits.x_test, splits.t_test
        for o, (name, row) in enumerate(zip(names, axes, strict=True)):
            for axis, (kind, net) in zip(row, nets.items(), strict=True):
                field(axis, x, t[:, o], lambda p, net=net, o=o: net(p)[:, o])  # type: ignore[misc]
                right = int(((net(x)[:, o] > 0) == (t[:, o] > 0)).sum())
                axis.set_title(f"{name}, {kind}\n{right} of {len(x)} right", fontsize=8)
