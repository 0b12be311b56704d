"""The data as the network sees them: what a class looks like, and which labels are probably wrong.

An example judged by a network that learnt it is always right. So each is judged out of fold, by a network that never
saw it; a label that such a network denies with confidence is either hard or wrong (Northcutt et al. 2021,
arXiv:1911.00068). How far to trust the list is measured by planting wrong labels and looking where they end up.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core import Array, Layer, Rng, softmax
from core.lab import Splits
from supervised.interpret.blocks import Train, by_class
from supervised.interpret.plots import Shape, panels, pictures, sheet


def side(splits: Splits, x: Array, t: Array) -> Splits:
    """These examples to learn from, the validation part to judge by; the test part stays shut."""
    return Splits(x, t, splits.x_val, splits.t_val, splits.x_val, splits.t_val)


def out_of_fold(splits: Splits, net: Layer, train: Train, updates: int, folds: int, rng: Rng) -> Array:
    """p (N, C) of each training example, from a network that learnt from the other folds."""
    x, t = splits.x_train, splits.t_train
    order, said = rng.permutation(len(t)), list[Array]()
    for k, child in enumerate(rng.spawn(folds)):
        kept = np.concatenate([order[j::folds] for j in range(folds) if j != k])
        w = train(side(splits, x[kept], t[kept]), net, updates, child)
        said.append(softmax(net(x[order[k::folds]], w)[0]))
    return np.concatenate(said)[np.argsort(np.concatenate([order[k::folds] for k in range(folds)]))]


def doubt(p: Array, t: Array) -> Array:
    """-log p(t) of each example, (N,) nats: how much its label surprises."""
    return -np.log(np.maximum(p[np.arange(len(t)), t], 1e-30))


def other_labels(t: Array, C: int, share: float, rng: Rng) -> tuple[Array, Array]:
    """Labels of which this share was replaced by another class, and which ones: (N,), (n,) sorted."""
    changed = np.sort(rng.choice(len(t), round(share * len(t)), replace=False))
    wrong = t.copy()
    wrong[changed] = (t[changed] + rng.integers(1, C, len(changed))) % C
    return wrong, changed


class Planted(NamedTuple):
    """Wrong labels that were planted, and where they stand in the list of doubt."""

    number: int
    found: float  # the share of them among the first `number` of the list
    curve: Array  # N: the share of them among the first 1, 2, ... of the list


def planted(
    splits: Splits, net: Layer, train: Train, updates: int, folds: int, C: int, share: float, rng: Rng
) -> Planted:
    """Plants wrong labels in a copy of the training part, and looks for them out of fold."""
    t, changed = other_labels(splits.t_train, C, max(share, 1 / len(splits.t_train)), rng)
    p = out_of_fold(splits._replace(t_train=t), net, train, updates, folds, rng)
    curve = np.cumsum(np.isin(np.argsort(-doubt(p, t), kind="stable"), changed)) / len(changed)
    return Planted(len(changed), float(curve[len(changed) - 1]), curve)


def draw_hardest(
    path: Path, p: Array, splits: Splits, shape: Shape, classes: Sequence[str], low: float, high: float, most: int = 40
) -> None:
    """The training pictures whose labels surprise most: label, and below it what the network says instead."""
    t = splits.t_train
    worst = np.argsort(-doubt(p, t), kind="stable")[:most]
    titles = [f"{classes[t[i]]}\n{classes[p[i].argmax()]} {p[i].max():.0%}" for i in worst]
    sheet(path, pictures(splits.x_train[worst], shape, low, high), titles)


def draw_classes(
    path: Path, p: Array, splits: Splits, shape: Shape, classes: Sequence[str], low: float, high: float, each: int = 6
) -> None:
    """A row a class: its mean, then its most typical pictures, then its least typical ones, judged out of fold."""
    x, t = splits.x_train, splits.t_train
    means, tiles = by_class(x, t, len(classes)), list[Array]()
    for c in range(len(classes)):
        members = np.flatnonzero(t == c)
        ranked = members[np.argsort(doubt(p, t)[members], kind="stable")]
        chosen = np.concatenate([ranked[:each], ranked[-each:]]) if len(ranked) else ranked
        tiles.append(np.full((1 + 2 * each, x.shape[1]), high, x.dtype))
        tiles[-1][0], tiles[-1][1 : 1 + len(chosen)] = np.nan_to_num(means[c]), x[chosen]
    titles = ["mean", *["typical"] * each, *["odd"] * each]
    rows = [f"{name} ({(t == c).sum()})" for c, name in enumerate(classes)]
    sheet(path, pictures(np.concatenate(tiles), shape, low, high), titles * len(classes), 1 + 2 * each, rows)


def draw_planted(path: Path, found: Planted) -> None:
    """How many of the planted labels one has found after looking at so many of the list."""
    with panels(path, 1, 1, 5, 3.4) as (_, (axis,)):
        n = len(found.curve)
        axis.plot(np.arange(1, n + 1) / n, found.curve, color="#4477aa", label="in the order of doubt")
        axis.plot([0, 1], [0, 1], ":", color="grey", label="in any order")
        axis.axvline(found.number / n, color="grey", linewidth=0.8)
        axis.set(xlabel="share of the training pictures looked at", ylabel="share of the planted labels found")
        title = f"{found.number} planted: {found.found:.0%} of them are the first {found.number}"
        axis.set_title(title, fontsize=10)
        axis.legend(fontsize=8)
