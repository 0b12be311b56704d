"""Pictures of a fit: as it stands, as it forms, against size, and as one weight moves."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core import Array
from core.lab.report.gif import animate
from core.lab.report.plots import drawing, new_figure
from supervised.lessons.function_fit import Fit, Sweep, influence

MOVES = np.linspace(-1, 1, 49)  # of a weight, in parts of its reach
MOVED = 6  # weights that are moved, from the input on


def _image(axis: Any, learner: Fit, values: Array, names: Sequence[str], **options: Any) -> Any:
    """Draws values (P,) of the whole domain, the first variable to the right."""
    extent, side = np.stack([learner.look.min(0), learner.look.max(0)], 1).ravel(), round(len(values) ** 0.5)
    axis.set(xlabel=names[0], ylabel=names[1])
    tile = values.reshape(side, side).T
    return axis.imshow(tile, origin="lower", extent=extent, interpolation="bilinear", **options)


def _points(learner: Fit) -> tuple[Array, Array]:
    return learner.splits.x_train, learner.splits.t_train[:, 0] * learner.std + learner.mean


def fit(path: Path, learner: Fit, w: Array, names: Sequence[str]) -> None:
    """One variable: training points and curve, error below. Two: truth at the training points, surface, error."""
    x, t = _points(learner)
    said = learner.says(w)
    val = (learner.outputs(w, learner.splits.x_val) - learner.splits.t_val)[:, 0] * learner.std
    if x.shape[1] == 1:
        with drawing(path, (8, 5), 2, 1, sharex=True, height_ratios=(3, 1)) as (above, below):
            above.plot(x[:, 0], t, ".", color="0.6", markersize=4, label="training points")
            above.plot(learner.look[:, 0], said, color="C3", linewidth=1.5, label="network")
            above.legend(fontsize=8)
            order = np.argsort(learner.splits.x_val[:, 0])
            below.plot(learner.splits.x_val[order, 0], val[order], linewidth=0.8)
            below.set(xlabel=names[0], ylabel="error on the\nvalidation part")
            for axis in (above, below):
                axis.grid(alpha=0.3)
    else:
        with drawing(path, (11, 3.6), 1, 3) as (left, middle, right):
            span, top = {"vmin": float(t.min()), "vmax": float(t.max())}, float(np.abs(val).max())
            dots = right.scatter(*learner.splits.x_val.T, c=val, s=8, cmap="RdBu_r", vmin=-top, vmax=top)
            for axis, drawn, title in (
                (left, left.scatter(*x.T, c=t, s=8, **span), "training points"),
                (middle, _image(middle, learner, said, names, **span), "network"),
                (right, dots, "error on the validation part"),
            ):
                axis.set(title=title, aspect="equal")
                left.figure.colorbar(drawn, ax=axis, shrink=0.8)


def film(path: Path, learner: Fit, names: Sequence[str]) -> None:
    """A GIF of what the network said at each of the moments that were kept."""
    x, t = _points(learner)
    pad, one = 0.1 * float(np.ptp(t)), x.shape[1] == 1
    span = (float(t.min()) - pad, float(t.max()) + pad)

    def frame(k: int) -> Any:
        figure, axis = new_figure((6, 3.2) if one else (3.8, 3.6))
        if one:
            axis.plot(x[:, 0], t, ".", color="0.75", markersize=3)
            axis.plot(learner.look[:, 0], learner.frames[k], color="C3")
            axis.set(ylim=span, xlabel=names[0])
        else:
            _image(axis, learner, learner.frames[k], names, vmin=span[0], vmax=span[1])
        axis.set_title(f"after {k / (len(learner.frames) - 1):.0%} of {learner.config.updates} minibatches", fontsize=9)
        return figure

    animate(path, map(frame, range(len(learner.frames))), 150)


def slices(path: Path, learner: Fit, w: Array, names: Sequence[str]) -> None:
    """The most influential weight of each array, moved alone; the cut through a second variable is at its middle.

    It moves as far as would change y by one standard deviation if y were a straight line of it.
    """
    from matplotlib import colormaps

    look = _cut(learner)  # P, I
    J, start, chosen = influence(learner.net, w, look), 0, []
    for name, shape in [*learner.net.layout.items()][:MOVED]:
        stop = start + math.prod(shape)
        chosen.append((name, shape, start + int(np.square(J[:, start:stop]).sum(0).argmax())))
        start = stop
    with drawing(path, (2.7 * len(chosen), 5.2), 2, len(chosen), sharey=True, squeeze=False) as axes:
        for (above, below), (name, shape, i) in zip(axes.T, chosen, strict=True):
            values = w[i] + MOVES / max(float(np.abs(J[:, i]).max()), 1e-3)
            ys = np.stack([learner.outputs(_moved(w, i, value), look)[:, 0] for value in values])  # moves, P
            ys, middle = ys * learner.std + learner.mean, len(values) // 2
            for k in range(0, len(ys), middle // 4):
                above.plot(look[:, 0], ys[k], color=colormaps["coolwarm"](k / (len(ys) - 1)), linewidth=1)
            order = np.argsort(np.abs(J[:, i]))
            for n, p in enumerate(order[[-1, -len(order) // 6, -len(order) // 3]]):  # where it matters most, and less
                below.plot(values, ys[:, p], color=f"C{n}", label=f"{names[0]} = {look[p, 0]:.2g}")
                tangent = ys[middle, p] + J[p, i] * learner.std * (values - w[i])
                below.plot(values, tangent, "--", color=f"C{n}", linewidth=0.8)
                above.axvline(look[p, 0], color=f"C{n}", linewidth=0.6)
            above.set(title=f"{name} ({' x '.join(map(str, shape))})", xlabel=names[0])
            below.set_xlabel(f"the weight; {w[i]:.2f} as learnt")
            below.legend(fontsize=7)
        said = learner.says(w)
        pad = 0.3 * float(np.ptp(said))
        axes[0, 0].set(ylabel="y", ylim=(said.min() - pad, said.max() + pad))
        axes[1, 0].set_ylabel("y")


def _cut(learner: Fit) -> Array:
    """100 places along the first variable, the others at their middle."""
    low, high = learner.look.min(0), learner.look.max(0)
    line = np.tile((low + high) / 2, (100, 1))
    line[:, 0] = np.linspace(low[0], high[0], 100)
    return line


def _moved(w: Array, i: int, value: float) -> Array:
    other = w.copy()
    other[i] = value
    return other


def curves(path: Path, found: Sweep, own: float, baselines: Mapping[str, float]) -> None:
    """Error against width and against depth, beside the baselines."""
    with drawing(path, (9, 3.8), 1, 2, sharey=True) as axes:
        for axis, errors, title in (
            (axes[0], found.width, "units in one hidden layer"),
            (axes[1], found.depth, "hidden layers"),
        ):
            for size, each in errors.items():
                axis.plot([size] * len(each), each, ".", color="C0", alpha=0.6)
            axis.plot([*errors], [np.median(each) for each in errors.values()], color="C0", label="network, median")
            for n, (name, error) in enumerate(baselines.items()):
                axis.axhline(error, color=f"C{n + 1}", linewidth=0.8, linestyle="--", label=name)
            axis.axhline(own, color="k", linewidth=0.8, label="this run, on the test part")
            axis.set(xlabel=title, yscale="log")
            axis.grid(alpha=0.3)
        axes[0].set_xscale("log", base=2)
        axes[0].set_ylabel("mean squared error / variance")
        axes[0].figure.legend(*axes[0].get_legend_handles_labels(), fontsize=8, ncols=3, loc="outside upper center")
