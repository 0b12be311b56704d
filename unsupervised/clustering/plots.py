"""Clusters for the eye: a map, the typical and the doubtful members of each, clusters against classes, first weights.

All show the test part. The map is for looking only: t-SNE keeps neighbours together and nothing else, so neither the
size of a heap nor the distance between two says anything, and no figure is taken from it.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from core import Array, Layer, chain
from core.lab import Report
from core.lab.report.plots import drawing, image_sheet, matrix, squares, weight_sheet

MAPPED = 1500  # examples on a map, at most
MEMBERS = 5  # typical ones of each cluster that are shown, and as many doubtful ones
Code = Callable[[Array], Array]  # x (N, ...) -> (N, H)
Show = Callable[[Array], Array | str]  # one example -> a picture (H, W[, 3]) in [0, 1], or a line of text


def last_hidden(net: Layer, w: Array) -> Code:
    """What the network says before its last layer, (N, ...) -> (N, H): for `code`."""

    def code(x: Array) -> Array:
        for layer, v in chain(net, w)[:-1]:
            x, _ = layer(x, v)
        return x

    return code


def flat_map(z: Array) -> Array:
    """z (N, H) -> (N, 2): itself up to two columns, else t-SNE (van der Maaten and Hinton 2008), begun at PCA.

    Below 100 points, where everybody is a neighbour, it stays at the two principal components.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    if z.shape[1] <= 2:
        return np.pad(z, ((0, 0), (0, 1)))[:, :2]
    # neither can begin where all is one point
    z = z + 1e-4 * (float(z.std()) or 1.0) * np.random.default_rng(0).standard_normal(z.shape)
    if len(z) < 100:
        return PCA(2, random_state=0).fit_transform(z) if len(z) > 2 else z[:, :2]
    return TSNE(init="pca", max_iter=500, random_state=0, n_jobs=1).fit_transform(z)


def draw_map(path: Path, places: Array, named: dict[str, Array]) -> None:
    """Points (N, 2), once for each way to name them: title -> numbers (N,), which stand in the middle of their own."""
    from matplotlib import colormaps
    from matplotlib.patheffects import withStroke

    halo = withStroke(linewidth=2.5, foreground="w")
    bold = {"ha": "center", "va": "center", "fontsize": 11, "fontweight": "bold", "path_effects": [halo]}
    with drawing(path, (4.6 * len(named), 4.6), 1, len(named), squeeze=False) as grid:
        for axis, (title, numbers) in zip(grid[0], named.items(), strict=True):
            colours = colormaps["tab10" if numbers.max() < 10 else "tab20"]
            size = min(40.0, max(7.0, 3000 / len(places)))
            axis.scatter(*places.T, c=[colours(n % colours.N) for n in numbers], s=size, linewidths=0)
            for n in set(numbers.tolist()):
                own = places[numbers == n]
                middle = own[
                    ((own - np.median(own, 0)) ** 2).sum(1).argmin()
                ]  # a point of its own, if the heap is hollow
                axis.annotate(str(n), middle, (0, 7), textcoords="offset points", **bold)
            axis.set(title=title, xticks=[], yticks=[])


def members(p: Array) -> list[tuple[int, Array, Array]]:
    """(cluster, its surest members, its least sure ones) of p (N, K), of each cluster that has any; none is in both."""
    said, found = p.argmax(-1), []
    for k in range(p.shape[1]):
        own = np.flatnonzero(said == k)
        own = own[np.argsort(-p[own, k], kind="stable")]
        if len(own):
            half = min(MEMBERS, (len(own) + 1) // 2)
            found.append((k, own[:half], own[max(half, len(own) - MEMBERS) :]))
    return found


def as_numbers(example: Array) -> str:
    """An example as a line: up to twelve of its numbers."""
    numbers = example.ravel()
    return " ".join(f"{value:8.3g}" for value in numbers[:12]) + (" ..." if numbers.size > 12 else "")


def as_square(example: Array) -> Array:
    """An example (S * S,) as a picture (S, S)."""
    return squares(example.reshape(1, -1))[0]


def draw_members(report: Report, folder: Path, p: Array, x: Array, show: Show) -> None:
    """The surest and the least sure members of each cluster: a sheet of pictures, or lines of text."""
    groups, sizes = members(p), np.bincount(p.argmax(-1), minlength=p.shape[-1])
    if isinstance(show(x[0]), str):
        lines = []
        for k, sure, unsure in groups:
            lines.append(f"cluster {k}: {sizes[k]} of {len(x)}")
            lines += [f"  typical  {p[i, k]:4.0%}  {show(x[i])}" for i in sure]
            lines += [f"  doubtful {p[i, k]:4.0%}  {show(x[i])}" for i in unsure]
        report.texts["Members of each cluster"] = "\n".join(lines)
        return
    columns = 2 * MEMBERS + 1  # one at least stays empty between the sure and the unsure
    empty = [[-1] * (columns - len(sure) - len(unsure)) for _, sure, unsure in groups]
    rows = [(k, i) for (k, sure, unsure), gap in zip(groups, empty, strict=True) for i in [*sure, *gap, *unsure]]
    shown = np.stack([np.zeros_like(show(x[0])) if i < 0 else show(x[i]) for _, i in rows])
    image_sheet(folder / "clusters.png", shown, ["" if i < 0 else f"{k}: {p[i, k]:.0%}" for k, i in rows], columns)
    report.pictures["clusters.png"] = "A row a cluster: left its surest test examples, right its least sure ones"


def draw(
    report: Report,
    folder: Path,
    p: Array,
    x: Array,
    t: Array,
    counts: Array | None,
    net: Layer | None,
    w: Array | None,
    code: Code | None,
    show: Show | None,
) -> None:
    """Puts pictures of memberships p (N, K) of the examples x (N, ...) into `folder` and into `report`.

    t (N,) are classes, of size 0 where there are none; counts (K, C) are the clusters against them.
    """
    said, square = p.argmax(-1), round(x[0].size ** 0.5) ** 2 == x[0].size and x[0].size >= 16
    some = slice(0, MAPPED)  # the examples are in no order: that of a permutation, or of MNIST's makers
    named = {"clusters": said[some]} | ({"classes, which it never saw": t[some]} if t.size else {})
    z = code(x[some]) if code else x[some].reshape(len(x[some]), -1)
    draw_map(folder / "map.png", flat_map(z), named)
    alike = f"{'the network' if code else 'the data'} holds alike"
    report.pictures["map.png"] = f"A map of {len(z):,} test examples: near each other is what {alike}"
    if counts is not None:
        matrix(folder / "matrix.png", counts, "cluster", "true class")
        report.pictures["matrix.png"] = "Clusters against classes on the test part, which the learner never saw"
    draw_members(report, folder, p, x, show or (as_square if square else as_numbers))
    if net and w is not None and square:
        weight_sheet(folder / "weights.png", next(W for W in net.views(w).values() if W.ndim == 2))
        report.pictures["weights.png"] = "First-layer weights, a tile a hidden unit; blue is positive, red negative"
