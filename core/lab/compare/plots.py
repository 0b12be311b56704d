"""The pictures of a comparison."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core import Array
from core.lab.compare.groups import Group, scale
from core.lab.report.plots import drawing
from core.lab.stats.intervals import mean_interval

AXES = {
    "examples": "examples seen",
    "seconds": "seconds",
    "flop": "FLOPs",
    "answers": "answers from the teacher",
}
Problems = dict[str, tuple[list[Group], str]]  # problem -> its groups, and the metric they share


def strip(path: Path, groups: Sequence[Group], metric: str) -> None:
    """Every seed as a point, the mean and its interval as a bar, a line a group: from chance on, and near to."""
    each, span = [group.values(metric) for group in groups], scale(groups, metric) or ()
    seen = [value for values in each for value in values]
    with drawing(path, (9, 0.9 + 0.42 * len(groups)), 1, 2, sharey=True, width_ratios=(2, 3)) as (whole, near):
        for axis in (whole, near):
            for k, values in enumerate(each):
                if len(values) > 1:
                    mean, *ends = mean_interval(values)
                    axis.plot(ends, [-k, -k], color=f"C{k}", linewidth=6, alpha=0.25, solid_capstyle="butt")
                    axis.plot([mean], [-k], "|", color=f"C{k}", markersize=16)
                axis.plot(values, np.full(len(values), -k), "o", color=f"C{k}", markersize=4, alpha=0.7)
            axis.set_xlabel(metric)
            axis.grid(axis="x", alpha=0.3)
        for value, name in zip(span, ("chance", "reference"), strict=False):
            whole.axvline(value, color="0.5", linewidth=0.8, linestyle=":")
            whole.annotate(name, (value, 0.4), fontsize=7, color="0.4", ha="center")
        for axis, values in ((whole, [*seen, *span]), (near, seen)):  # intervals of two seeds may be wider than that
            room = 0.08 * (max(values) - min(values)) or 0.05 * abs(values[0]) or 1.0
            axis.set_xlim(min(values) - room, max(values) + room)
        whole.set_yticks([-k for k in range(len(groups))], [group.label for group in groups])
        whole.set_ylim(-len(groups) + 0.4, 0.7)


def curves(path: Path, groups: Sequence[Group], metric: str) -> None:
    """The metric against examples, seconds, FLOPs and answers.

    Lines are validation figures during the run, points the test figures at its end: the test part is opened once.
    """
    validation = "val_" + metric.removeprefix("test_")
    with drawing(path, (9, 6.4), 2, 2, sharey=True) as axes:
        for axis, (name, words) in zip(axes.flat, AXES.items(), strict=True):
            for k, group in enumerate(groups):
                end = group.costs()[name]
                for rows, value in zip(group.logs, group.values(metric), strict=True):
                    points = [(row[name], row[validation]) for row in rows if validation in row and name in row]
                    line = zip(*points, strict=True) if points else ([], [])
                    axis.plot(*line, color=f"C{k}", alpha=0.45, linewidth=1)
                    if end is not None:
                        axis.plot([end], [value], "o", color=f"C{k}", markersize=4, alpha=0.7)
                axis.plot([], [], "o-", color=f"C{k}", label=group.label, markersize=4)
            axis.set(xlabel=words, xscale="symlog" if name == "answers" else "log")
            axis.grid(alpha=0.3)
            if name in ("examples", "flop"):
                axis.set_ylabel(f"{validation} (lines)\n{metric} (points)", fontsize=8)
        names = axis.get_legend_handles_labels()
        axis.figure.legend(*names, loc="outside upper center", ncols=min(len(groups), 4), fontsize=8)


def shaded(path: Path, W: Array, most: int = 96) -> None:
    """A matrix (I, H): units that listen most to the same input stand together; each input in its own scale."""
    W = W[:most, :most]
    W = W / np.maximum(np.abs(W).max(1, keepdims=True), 1e-12)
    strongest = np.abs(W).argmax(0)
    W = W[:, np.lexsort((W[strongest, np.arange(W.shape[1])], strongest))]
    with drawing(path, (6, 0.9 + min(0.22 * len(W), 5))) as axis:
        axis.imshow(W, cmap="RdBu", vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
        axis.set(xlabel="hidden unit", ylabel="input")
        if len(W) <= 8:
            axis.set_yticks(range(len(W)))


class CharacterNorms(NamedTuple):
    """How strongly characters move the first hidden layer of a network."""

    norm: Array  # (N, K): of each character, by how many places back it stands
    names: list[str]  # of the characters


def character_panels(path: Path, networks: Mapping[str, CharacterNorms], loudest: float) -> None:
    """A panel a network, side by side: a row a character, a column a place back."""
    from matplotlib.colors import PowerNorm

    n, most = len(networks), max(len(told.names) for told in networks.values())
    with drawing(path, (0.8 + 3.2 * n, 0.9 + 0.15 * most), 1, n, squeeze=False) as (panels,):
        for axis, (label, (norm, names)) in zip(panels, networks.items(), strict=True):
            places, shade = (0.5, norm.shape[1] + 0.5, len(norm) - 0.5, -0.5), PowerNorm(0.5, 0, loudest)
            image = axis.imshow(norm, "Blues", shade, aspect="auto", interpolation="nearest", extent=places)
            axis.set_yticks(range(len(names)), names, fontsize=7, family="monospace")
            axis.set(title=label, xlabel="places back", xticks=[1, *range(5, norm.shape[1] + 1, 5)])
            axis.tick_params(length=0)
        axis.figure.colorbar(image, ax=panels, shrink=0.6)


def nine_picture(path: Path, problems: Problems) -> None:
    """The score, scaled so that 0 is chance and 1 the reference, against the answers it took: a panel a problem."""
    colours, n = {"supervised": "C0", "unsupervised": "C1", "reinforcement": "C2"}, len(problems)
    with drawing(path, (3.9 * n, 3.6), 1, n, dpi=110, sharey=True, squeeze=False) as (panels,):
        for axis, (problem, (groups, metric)) in zip(panels, problems.items(), strict=True):
            low, high = scale(groups, metric) or (0.0, 1.0)
            markers = {paradigm: cycle("osD^v") for paradigm in colours}
            for group in groups:
                answers, paradigm = group.costs()["answers"] or 0.0, group.first["paradigm"]
                scaled = (np.array(group.values(metric)) - low) / (high - low)
                look = {"color": colours[paradigm], "alpha": 0.6, "markersize": 5, "label": group.label}
                axis.plot(np.full(len(scaled), answers), scaled, next(markers[paradigm]), **look)
            axis.set(title=problem, xlabel="answers from the teacher", xscale="symlog")
            axis.axhline(1, color="0.5", linewidth=0.8, linestyle=":")
            axis.grid(alpha=0.3)
            axis.legend(fontsize=7)
        panels[0].set_ylabel("score: 0 is chance, 1 the reference")
