"""What the layers hold: how well the label can be read from each, beside features made by hand and by chance.

Four ways to come by features: nature (the pixels), a person (HOG, rules), chance (the same network, untrained) and
learning. One reader for all of them, a linear probe, so that only the features differ.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core import Array, Layer, Rng
from core.lab import Splits
from core.lab.stats.linear_probe import Probe, probe
from supervised.interpret.blocks import accuracy, codes, names
from supervised.interpret.features import flat, hog, neighbours_agree, pca
from supervised.interpret.plots import COLOURS, Shape, panels, table

TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # of errors
Rule = Callable[[Array], Array]  # pictures (N, H, W), ground 0 -> labels (N,)


class Representations(NamedTuple):
    """Accuracies on the test part; the pixels are the first of the layers."""

    rules: dict[str, float]  # programs that a person wrote
    hand: dict[str, Probe]  # a probe on features that a person thought of
    layers: list[str]
    untrained: list[Probe]  # a probe on each layer of the network before it learnt anything
    trained: list[Probe]  # and after
    network: float  # the network's own answers
    agree: list[float]  # the share of the 10 nearest neighbours with the same label, in each layer


def probed(splits: Splits, x_train: Array, x_val: Array, x_test: Array) -> Probe:
    """A probe on these features of the three parts."""
    return probe(splits._replace(x_train=x_train, x_val=x_val, x_test=x_test))


def layer_probes(net: Layer, w: Array, splits: Splits) -> list[Probe]:
    """A probe on the pixels and behind each block."""
    by_part = [codes(net, w, x) for x in (splits.x_train, splits.x_val, splits.x_test)]
    return [probed(splits, *map(flat, parts)) for parts in zip(*by_part, strict=True)]


def grey(x: Array, shape: Shape) -> Array:
    """Rows of pixels as pictures (N, H, W), colours averaged."""
    pictures = x.reshape(-1, *shape)
    return pictures.mean(-1) if pictures.ndim == 4 else pictures


def representations(
    net: Layer, w: Array, splits: Splits, shape: Shape, rules: Mapping[str, Rule], rng: Rng
) -> Representations:
    """All that is compared; the caller bounds the number of examples."""
    x = splits.x_train, splits.x_val, splits.x_test

    by_hand = {"PCA": pca(*x), "HOG": [hog(grey(part, shape)) for part in x]}
    hand = {name: probed(splits, *features) for name, features in by_hand.items()}
    test = grey(splits.x_test, shape)
    scores = {name: float((rule(test) == splits.t_test).mean()) for name, rule in rules.items()}
    agree = [neighbours_agree(flat(code), splits.t_val) for code in codes(net, w, splits.x_val)]
    untrained, trained = (layer_probes(net, v, splits) for v in (net.init(rng), w))
    network = accuracy(net, w, splits.x_test, splits.t_test)
    return Representations(scores, hand, names(len(agree)), untrained, trained, network, agree)


def lines(found: Representations) -> list[tuple[str, str, float]]:
    """(what, made by, test accuracy) of everything compared."""
    layers = ("chance", found.untrained), ("learning", found.trained)
    return [
        *((name, "rule", value) for name, value in found.rules.items()),
        ("pixels", "nature", found.trained[0].test),
        *((name, "person", p.test) for name, p in found.hand.items()),
        *((k, by, p.test) for by, probes in layers for k, p in zip(found.layers[1:], probes[1:], strict=True)),
        ("network's answer", "learning", found.network),
    ]


def describe(found: Representations) -> str:
    """The comparison as a table."""
    return table(lines(found), ("features", "made by", "test accuracy"))


def draw_probes(path: Path, found: Representations, n: int) -> None:
    """Bars of the error on the n test examples, in a logarithmic scale: the differences lie among the small ones."""
    kinds = {
        "rule": ("#111111", "a program by a person"),
        "nature": ("#bbbbbb", "pixels, with a linear probe"),
        "person": ("#ccbb44", "features by a person, probe"),
        "chance": ("#ee6677", "untrained network, probe"),
        "learning": ("#4477aa", "trained network, probe"),
    }
    from matplotlib.ticker import NullLocator

    rows = lines(found)[::-1]
    with panels(path, 1, 1, 7.2, 0.9 + 0.3 * len(rows)) as (figure, (axis,)):
        seen, errors = set[str](), [max(1 - value, 0.5 / n) for *_, value in rows]  # no error among n is not 0
        for k, ((_, made, value), error) in enumerate(zip(rows, errors, strict=True)):
            color, label = kinds[made]
            axis.barh(k, error, color=color, label=None if made in seen else label)
            axis.annotate(f"{value:.1%}", (error, k), (4, 0), textcoords="offset points", va="center", fontsize=8)
            seen.add(made)
        low, high = min(errors) / 1.6, max(errors) * 1.9
        axis.set(xscale="log", xlim=(low, high), yticks=range(len(rows)), yticklabels=[what for what, *_ in rows])
        axis.set_xlabel(f"error on {n} test pictures (bars), accuracy (numbers)")
        axis.set_xticks([e for e in TICKS if low < e < high])
        axis.xaxis.set_minor_locator(NullLocator())
        axis.xaxis.set_major_formatter(lambda e, _: f"{100 * e:g} %")
        axis.grid(False, axis="y")
        handles, labels = axis.get_legend_handles_labels()
        figure.legend(handles[::-1], labels[::-1], fontsize=8, ncols=2, loc="outside upper center", frameon=False)


def flat_map(code: Array, rng: Rng) -> Array:
    """A code (N, F) as points (N, 2): t-SNE keeps neighbours, not distances (van der Maaten and Hinton 2008)."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    if code.shape[1] > 50:
        code = PCA(min(50, len(code)), svd_solver="full").fit_transform(code)
    perplexity, seed = min(30.0, (len(code) - 1) / 3), int(rng.integers(1 << 31))
    return np.asarray(TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(code))


def draw_maps(
    path: Path,
    net: Layer,
    w: Array,
    x: Array,
    t: Array,
    agree: Sequence[float],
    classes: Sequence[str],
    rng: Rng,
    most: int = 5,
) -> None:
    """Each layer as a map of the examples, coloured by class; of a deep network, `most` layers evenly spaced."""
    made = codes(net, w, x)
    chosen = sorted({round(k) for k in np.linspace(0, len(made) - 1, min(most, len(made)))})
    with panels(path, len(chosen), 3, 3.6, 3.6) as (figure, axes):
        for axis, k in zip(axes, chosen, strict=True):
            at = flat_map(flat(made[k]), rng)
            for c, name in enumerate(classes):
                axis.scatter(*at[t == c].T, s=9, color=COLOURS[c % len(COLOURS)], alpha=0.8, linewidths=0, label=name)
            axis.set(xticks=[], yticks=[], title=f"{names(len(made))[k]}: neighbours agree {agree[k]:.1%}")
            axis.title.set_fontsize(10)
            axis.grid(False)
        if len(classes) <= 20:
            look = {"fontsize": 8, "frameon": False, "markerscale": 2, "ncols": min(len(classes), 10)}
            figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", **look)
