"""Pictures of activations: the functions and their slopes, what happens layer by layer, and where units die."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core import Layer
from core.lab.report.plots import drawing
from supervised.lessons.layer_stats import LayerStats, slope


def functions(path: Path, activations: Mapping[str, Layer]) -> None:
    """Each activation and its derivative, in the same scale."""
    z, columns = np.linspace(-4, 4, 801), -(-len(activations) // 2)
    with drawing(path, (2.5 * columns, 5.2), 2, columns, sharex=True, sharey=True) as axes:
        for axis, (name, f) in zip(axes.flat, activations.items(), strict=False):
            y, slopes = f(z, z[:0])[0], slope(f, z)
            jump = np.abs(np.diff(y, prepend=y[0])) > 0.5  # a line across a jump would be a slope that is not there
            axis.axhline(0, color="0.85", linewidth=0.8)
            axis.axvline(0, color="0.85", linewidth=0.8)
            axis.plot(z, np.where(jump, np.nan, y), label="f(z)")
            axis.plot(z, slopes, "--", label="f'(z)")
            axis.set(title=name, ylim=(-1.3, 2.5))
        axes.flat[0].legend(fontsize=8)


def layers(path: Path, before: Mapping[str, LayerStats], after: Mapping[str, LayerStats]) -> None:
    """Saturated, dead and signal against the layer, a bar an activation; pale bars are the start."""
    with drawing(path, (9, 7.5), 3, 1, sharex=True) as axes:
        names = {
            "saturated": "slope below a tenth\nof the steepest",
            "dead": "dead on all\ntraining images",
            "signal": "root mean square\nof dloss/dz",
        }
        depth, width = len(next(iter(after.values())).dead), 0.8 / len(after)
        for axis, (what, title) in zip(axes, names.items(), strict=True):
            for a, name in enumerate(after):
                at, color = np.arange(depth) + (a - (len(after) - 1) / 2) * width, f"C{a}"
                axis.bar(at, getattr(before[name], what), width, color=color, alpha=0.25)
                label = f"{name} ({after[name].accuracy:.0%})"
                axis.bar(at, getattr(after[name], what), 0.5 * width, color=color, label=label)
            axis.set_ylabel(title)
            axis.grid(axis="y", alpha=0.3)
            if what == "signal":
                axis.set(yscale="log", xlabel="hidden layer")
                axis.set_xticks(range(depth), [str(k + 1) for k in range(depth)])
            else:
                axis.set_ylim(0, 1)
        look: dict[str, Any] = {"title": "in brackets: accuracy on the training part", "title_fontsize": 8, "ncols": 4}
        axes[0].figure.legend(*axes[0].get_legend_handles_labels(), fontsize=8, loc="outside upper center", **look)


def dying(path: Path, found: Mapping[str, Mapping[str, list[tuple[float, float, float]]]]) -> None:
    """Dead units (above) and validation accuracy (below) against what is varied, a column each."""
    with drawing(path, (4 * len(found), 5), 2, len(found), sharex="col", sharey="row", squeeze=False) as axes:
        for (above, below), (what, rows) in zip(axes.T, found.items(), strict=True):
            for name, points in rows.items():
                value, dead, right = zip(*points, strict=True)
                above.plot(value, dead, marker="o", label=name)
                below.plot(value, right, marker="o")
            above.set(xscale="log", ylim=(-0.03, 1.03))
            below.set(xlabel=what, ylim=(-0.03, 1.03))
        axes[0, 0].set_ylabel("share of units dead\non all training images")
        axes[1, 0].set_ylabel("accuracy on the\nvalidation part")
        axes[0, 0].legend(fontsize=8)
        for axis in axes.flat:
            axis.grid(alpha=0.3)
