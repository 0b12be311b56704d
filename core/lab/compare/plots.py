"""The pictures of a comparison."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core import Array
from core.lab.compare.groups import Group, scale
from core.lab.stats.intervals import mean_interval

AXES = {
    "examples": "examples seen",
    "seconds": "seconds",
    "flop": "floating-point operations",
    "answers": "answers from the teacher",
}
Problems = dict[str, tuple[list[Group], str]]  # problem -> its groups, and the metric they share


def strip(path: Path, groups: Sequence[Group], metric: str) -> None:
    """Every seed as a point, the mean and its interval as a bar, a line a group: from chance on, and near to."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(9, 0.9 + 0.42 * len(groups)), layout="constrained")
    whole, near = drawn.subplots(1, 2, sharey=True, width_ratios=(2, 3))
    intervals = [mean_interval(group.values(metric)) for group in groups]
    for axis in (whole, near):
        for k, (group, (mean, low, high)) in enumerate(zip(groups, intervals, strict=True)):
            values = group.values(metric)
            if len(values) > 1:
                axis.plot([low, high], [-k, -k], color=f"C{k}", linewidth=6, alpha=0.25, solid_capstyle="butt")
                axis.plot([mean], [-k], "|", color=f"C{k}", markersize=16)
            axis.plot(values, np.full(len(values), -k), "o", color=f"C{k}", markersize=4, alpha=0.7)
        axis.set_xlabel(metric)
        axis.grid(axis="x", alpha=0.3)
    seen = [value for group in groups for value in group.values(metric)]
    span = scale(groups, metric) or ()
    for value, name in zip(span, ("chance", "reference"), strict=False):
        whole.axvline(value, color="0.5", linewidth=0.8, linestyle=":")
        whole.annotate(name, (value, 0.4), fontsize=7, color="0.4", ha="center")
    for axis, values in ((whole, [*seen, *span]), (near, seen)):  # intervals of two seeds may be wider than that
        room = 0.08 * (max(values) - min(values)) or 0.05 * abs(values[0]) or 1.0
        axis.set_xlim(min(values) - room, max(values) + room)
    whole.set_yticks([-k for k in range(len(groups))], [group.label for group in groups])
    whole.set_ylim(-len(groups) + 0.4, 0.7)
    drawn.savefig(path, dpi=100)


def curves(path: Path, groups: Sequence[Group], metric: str) -> None:
    """The metric against examples, seconds, operations and answers.

    Lines are validation figures during the run, points the test figures at its end: the test part is opened once.
    """
    from matplotlib.figure import Figure

    validation = "val_" + metric.removeprefix("test_")
    drawn = Figure(figsize=(9, 6.4), layout="constrained")
    axes = drawn.subplots(2, 2, sharey=True).flat
    for axis, (name, words) in zip(axes, AXES.items(), strict=True):
        for k, group in enumerate(groups):
            end = group.costs()[name]
            for rows, value in zip(group.logs, group.values(metric), strict=True):
                points = [(row[name], row[validation]) for row in rows if validation in row and name in row]
                axis.plot(*zip(*points, strict=True) if points else ([], []), color=f"C{k}", alpha=0.45, linewidth=1)
                if end is not None:
                    axis.plot([end], [value], "o", color=f"C{k}", markersize=4, alpha=0.7)
            axis.plot([], [], "o-", color=f"C{k}", label=group.label, markersize=4)
        axis.set_xscale("symlog") if name == "answers" else axis.set_xscale("log")
        axis.set_xlabel(words)
        axis.grid(alpha=0.3)
        if name in ("examples", "flop"):
            axis.set_ylabel(f"{validation} (lines)\n{metric} (points)", fontsize=8)
    drawn.legend(*axis.get_legend_handles_labels(), loc="outside upper center", ncols=min(len(groups), 4), fontsize=8)
    drawn.savefig(path, dpi=100)


def shaded(path: Path, W: Array, most: int = 96) -> None:
    """A matrix (I, H): units that listen most to the same input stand together; each input in its own scale."""
    from matplotlib.figure import Figure

    W = W[:most, :most]
    W = W / np.maximum(np.abs(W).max(1, keepdims=True), 1e-12)
    strongest = np.abs(W).argmax(0)
    W = W[:, np.lexsort((W[strongest, np.arange(W.shape[1])], strongest))]
    drawn = Figure(figsize=(6, 0.9 + min(0.22 * len(W), 5)), layout="constrained")
    axis = drawn.subplots()
    axis.imshow(W, cmap="RdBu", vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
    axis.set(xlabel="hidden unit", ylabel="input")
    if len(W) <= 8:
        axis.set_yticks(range(len(W)))
    drawn.savefig(path, dpi=100)


class CharacterNorms(NamedTuple):
    """How strongly characters move the first hidden layer of a network."""

    norm: Array  # (N, K): of each character, by how many places back it stands
    names: list[str]  # of the characters


def character_panels(path: Path, networks: Mapping[str, CharacterNorms], loudest: float) -> None:
    """A panel a network, side by side: a row a character, a column a place back."""
    from matplotlib.colors import PowerNorm
    from matplotlib.figure import Figure

    most = max(len(told.names) for told in networks.values())
    drawn = Figure(figsize=(0.8 + 3.2 * len(networks), 0.9 + 0.15 * most), layout="constrained")
    panels = drawn.subplots(1, len(networks), squeeze=False)[0]
    for axis, (label, (norm, names)) in zip(panels, networks.items(), strict=True):
        places = (0.5, norm.shape[1] + 0.5, len(norm) - 0.5, -0.5)
        shade = PowerNorm(0.5, 0, loudest)
        image = axis.imshow(norm, "Blues", shade, aspect="auto", interpolation="nearest", extent=places)
        axis.set_yticks(range(len(names)), names, fontsize=7, family="monospace")
        axis.set(title=label, xlabel="places back", xticks=[1, *range(5, norm.shape[1] + 1, 5)])
        axis.tick_params(length=0)
    drawn.colorbar(image, ax=panels, shrink=0.6)
    drawn.savefig(path, dpi=100)


def nine_picture(path: Path, problems: Problems) -> None:
    """The score, scaled so that 0 is chance and 1 the reference, against the answers it took: a panel a problem."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(3.9 * len(problems), 3.6), layout="constrained")
    colours = {"supervised": "C0", "unsupervised": "C1", "reinforcement": "C2"}
    panels = drawn.subplots(1, len(problems), sharey=True, squeeze=False)[0]
    for axis, (problem, (groups, metric)) in zip(panels, problems.items(), strict=True):
        low, high = scale(groups, metric) or (0.0, 1.0)
        markers = {paradigm: cycle("osD^v") for paradigm in colours}
        for group in groups:
            answers, paradigm = group.costs()["answers"] or 0.0, group.first["paradigm"]
            scaled = (np.array(group.values(metric)) - low) / (high - low)
            look = {"color": colours[paradigm], "alpha": 0.6, "markersize": 5}
            axis.plot(np.full(len(scaled), answers), scaled, next(markers[paradigm]), label=group.label, **look)
        axis.set_xscale("symlog")
        axis.set(title=problem, xlabel="answers from the teacher")
        axis.axhline(1, color="0.5", linewidth=0.8, linestyle=":")
        axis.grid(alpha=0.3)
        axis.legend(fontsize=7)
    panels[0].set_ylabel("score: 0 is chance, 1 the reference")
    drawn.savefig(path, dpi=110)
