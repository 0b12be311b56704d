"""What the network has learnt: the deep report of an image task, in four parts.

Each study is a function that returns numbers, in a file of its own; here they are called one after the other, drawn
and put into words. docs/what-it-learnt.md explains every picture.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import MLP, Array, Layer, Rng
from core.lab import Splits
from core.layer import is_matrix
from supervised.interpret import (
    forward_backward as passes,
    greedy as layerwise,
    importance as sensitive,
    invariance as invariances,
    kernels as kernel,
    label_noise as data,
    representations as represented,
    scaling as size,
)
from supervised.interpret.blocks import Train, by_class, first_member
from supervised.interpret.budget import Budget
from supervised.interpret.plots import Shape, table
from supervised.interpret.representations import Rule
from supervised.interpret.scaling import Build
from supervised.learner import ReportPart

CAPTIONS = {
    "probes.png": "What can be read from features by a straight line: written by a person, made by hand, by chance "
    "(the same network untrained) and by learning",
    "maps.png": "A map (t-SNE) of each layer, a point a validation picture, coloured by class; above, how many of the "
    "ten nearest neighbours in the layer have the same label",
    "layerwise.png": "Three hidden layers of {width} units: trained end to end, and layer by layer, each under a head "
    "of its own; every weight is moved as often",
    "distorted.png": "A picture under the distortions of the next two, at every strength",
    "invariance.png": "Accuracy on distorted validation pictures: the network, and two twins of it that learnt for "
    "{updates} updates with and without augmentation",
    "code_distance.png": "How far the code of each layer moves when the picture is distorted: 1 is as far as to "
    "another picture",
    "sensitive_weights.png": "How sensitivity is spread over the weights of each matrix",
    "pruning.png": "Is it true? Weights taken away, those first that the gradient holds for unimportant",
    "sensitive_pixels.png": "The mean of each class, and the pixels to which the loss of its pictures is most "
    "sensitive",
    "sensitive_first_layer.png": "The hidden units that matter most: their weights, blue above 0 and red below, and "
    "under them how much each weight matters",
    "kernels.png": "What the kernels of each convolution look for: the pieces of validation pictures at which they "
    "answer most, a row a kernel; grey is outside of a picture",
    "sensitive_units.png": "The hidden units that matter most, and for which classes",
    "pass.png": "One picture on its way forward, and the gradient of its loss on the way back, layer by layer. Its "
    "label is {label}; of all it was the least decided",
    "classes.png": "Each class: its mean, then its most typical and its oddest training pictures, judged by networks "
    "that never saw them",
    "hardest.png": "The hardest training pictures, some probably mislabelled: the label, and below it what a network "
    "says that never saw them",
    "planted.png": "How far to trust that list: wrong labels planted in a copy of the data, and how soon they are "
    "found",
    "sizes.png": "What more data, cleaner labels, a wider or deeper network and more computing are worth, on the "
    "validation part",
}


USUAL = Budget()


@dataclass(frozen=True)
class Subject:
    """What all the studies are about: the network, its weights, and the bounded data with their outer form."""

    net: Layer
    w: Array
    splits: Splits
    shape: Shape
    classes: Sequence[str]
    low: float
    high: float


@dataclass
class Findings(ReportPart):
    """What the studies have found so far, and the folder where they draw; with None they do not."""

    folder: Path | None = None

    def draw(self, name: str, draw: Callable[..., None], *args: Any, **words: Any) -> None:
        """Draws a picture, whose caption is that of CAPTIONS with these words in it."""
        if self.folder:
            draw(self.folder / name, *args)
            self.pictures[name] = CAPTIONS[name].format(**words)


def check_pictures(splits: Splits, shape: Shape) -> None:
    """Raises ValueError where shape and pixels differ, for sides below 4 pixels, and for parts below 10 examples."""
    P = splits.x_train.shape[1]
    if math.prod(shape) != P or len(shape) not in (2, 3):
        raise ValueError(f"pictures of shape {shape} have {math.prod(shape)} values, but an example has {P}")
    if min(shape[:2]) < 4:
        raise ValueError(f"pictures of shape {shape} are too small to be looked at: 4 pixels a side are needed")
    if min(map(len, splits)) < 10:
        raise ValueError(
            "a deep report needs at least 10 examples in each part of the data: add pictures, or ask for "
            f"a plain one; the parts have {', '.join(str(len(x)) for x in splits[::2])}"
        )


def deep_report(
    net: Layer,
    w: Array,
    splits: Splits,
    train: Train,
    shape: Shape,
    classes: Sequence[str],
    folder: Path | None,
    rng: Rng,
    budget: Budget = USUAL,
    rules: Mapping[str, Rule] | None = None,
    build: Build | None = None,
) -> ReportPart:
    """All four parts, about a classifier of pictures x (N, H*W) or (N, H*W*C) in rows; of an ensemble its first member.

    `train(splits, net, updates, rng, augmented=True) -> w` trains any network with the task's settings; `rules` are
    programs of a person by name, pictures (N, H, W) -> labels; `build(64, 64)` makes a network with these hidden
    layers, MLP unless given; `rng` is made for the report. With folder None nothing is drawn.
    Raises ValueError as `check_pictures` does.
    """
    check_pictures(splits, shape)
    P, C, rngs = splits.x_train.shape[1], len(classes), rng.spawn(5)
    some = bounded(splits, budget, rngs[0])
    low, high = float(some.x_train.min()), float(some.x_train.max())
    subject = Subject(*first_member(net, w), some, shape, classes, low, high)
    make = build or (lambda *hidden: MLP(P, *hidden, C))
    found = Findings(folder=folder, texts={"How the deep report was made": spent(budget, some, C)})
    _representations(found, subject, train, make, budget, rules or {}, rngs[1])
    _invariance(found, subject, train, budget, rngs[2])
    if convolutions := kernel.strongest(net, w, some.x_val, shape):
        found.draw("kernels.png", kernel.draw_kernels, convolutions, low, high)
    _gradient(found, subject, rngs[3])
    _data(found, subject, train, make, budget, rngs[4])
    return found


def bounded(splits: Splits, budget: Budget, rng: Rng) -> Splits:
    """At most so many examples of each part, drawn at random, in float32."""

    sizes = budget.examples, budget.judged, budget.judged
    parts = zip(splits[::2], splits[1::2], sizes, strict=True)
    drawn = ((x, t, rng.permutation(len(t))[:most]) for x, t, most in parts)
    return Splits(*(array for x, t, i in drawn for array in (np.asarray(x[i], np.float32), t[i])))


def spent(budget: Budget, some: Splits, C: int) -> str:
    """What the trainings of the report had, in words."""
    return (
        f"About {size.trainings(C) * budget.repeats + 2 * budget.folds + 5 + 2} networks were trained for this report "
        "with the settings of the task, but smaller: "
        f"{budget.updates} minibatches each (the task's own may have many more), on at most {len(some.t_train)} "
        f"training examples; the curves with one hidden layer of {budget.width} units, {budget.repeats} seed(s) a "
        f"point. They are compared with one another, not with the task's network, and judged on "
        f"{len(some.t_val)} validation examples; only the comparison of features is made on {len(some.t_test)} "
        f"test examples. One accuracy of .95 on {len(some.t_val)} examples has a standard error of "
        f"{math.sqrt(0.95 * 0.05 / len(some.t_val)):.3f}: smaller differences say nothing."
    )


def _representations(
    found: Findings, s: Subject, train: Train, build: Build, budget: Budget, rules: Mapping[str, Rule], rng: Rng
) -> None:
    chance_rng, map_rng, layer_rng = rng.spawn(3)
    probed = s.splits._replace(x_train=s.splits.x_train[: budget.probed], t_train=s.splits.t_train[: budget.probed])
    held = represented.representations(s.net, s.w, probed, s.shape, rules, chance_rng)
    for what, made, value in represented.lines(held)[:-1]:
        found.metrics[f"probe_{made}_{what}".replace(" ", "_")] = value
    found.texts["What the layers hold"] = represented.describe(held)
    found.draw("probes.png", represented.draw_probes, held, len(probed.t_test))
    x, t = s.splits.x_val[: budget.mapped], s.splits.t_val[: budget.mapped]
    found.draw("maps.png", represented.draw_maps, s.net, s.w, x, t, held.agree, s.classes, map_rng)
    ways = layerwise.compare(build(*[budget.width] * 3), s.splits, train, budget.updates, layer_rng, probed)
    found.metrics |= {f"val_{way.replace(' ', '_')}": value for way, value in ways.answers.items()}
    found.draw("layerwise.png", layerwise.draw_compared, ways, width=budget.width)


def _invariance(found: Findings, s: Subject, train: Train, budget: Budget, rng: Rng) -> None:
    learning = data.side(s.splits, s.splits.x_train, s.splits.t_train)
    seed = int(rng.integers(1 << 31))  # the twins start alike and see the same batches; all see the same distortions
    twins = {
        f"{way} augmentation": train(learning, s.net, budget.updates, np.random.default_rng(seed), way == "with")
        for way in ("with", "without")
    }
    networks = {"the network": s.w, **twins}
    if np.array_equal(twins["with augmentation"], twins["without augmentation"]):
        networks = {"the network": s.w, "its twin": twins["without augmentation"]}  # the task has no augmentation
    ways, x, t = invariances.distortions(s.shape, s.low, s.high), s.splits.x_val, s.splits.t_val
    held = {
        name: invariances.invariance(s.net, w, x, t, s.shape, ways, np.random.default_rng(seed))
        for name, w in networks.items()
    }
    found.metrics |= {f"val_distorted_{name.replace(' ', '_')}": one.mean() for name, one in held.items()}
    rows = [
        (way.name, f"{way.strengths[k]:.2g}", *(one.accuracy[way.name][k] for one in held.values()))
        for way in ways
        for k in (0, 2, 5)
    ]
    found.texts["Accuracy on distorted pictures"] = table(rows, ("distortion", "strength", *held))
    chosen, same = x[passes.undecided(s.net, s.w, x, t)], np.random.default_rng(seed)
    found.draw("distorted.png", invariances.draw_distorted, chosen, s.shape, ways, s.low, s.high, same)
    found.draw("invariance.png", invariances.draw_accuracy, held, ways, 1 / len(s.classes), updates=budget.updates)
    twin = {name: one for name, one in held.items() if name != "the network"}
    found.draw("code_distance.png", invariances.draw_distance, twin, ways)


def _gradient(found: Findings, s: Subject, rng: Rng) -> None:
    x, t, C = s.splits.x_val, s.splits.t_val, len(s.classes)
    held = sensitive.sensitivity(s.net, s.w, s.splits.x_train[:300], s.splits.t_train[:300], C)
    curves = sensitive.pruning(s.net, s.w, held.importance, x, t, rng)
    for how, curve in zip(("by_gradient", "by_size", "at_random"), curves.values(), strict=True):
        found.metrics[f"val_pruned_80_{how}"] = curve[sensitive.SHARES.index(0.8)]
    found.draw("sensitive_weights.png", sensitive.draw_weights, held, s.net)
    found.draw("pruning.png", sensitive.draw_pruning, curves, 1 / C)
    form = s.shape, s.classes, s.low, s.high
    found.draw("sensitive_pixels.png", sensitive.draw_pixels, held, by_class(x, t, C), *form)
    first = next(shape for name, shape in s.net.layout.items() if is_matrix(name, shape))
    if len(first) == 2 and first[0] == x.shape[1]:
        found.draw("sensitive_first_layer.png", sensitive.draw_first_layer, held, s.net, s.w, s.shape)
    if held.units:
        found.draw("sensitive_units.png", sensitive.draw_units, held, s.classes)
    i = passes.undecided(s.net, s.w, x, t)
    stops = passes.one_pass(s.net, s.w, x[i], int(t[i]))
    found.draw("pass.png", passes.draw_pass, stops, int(t[i]), *form, label=s.classes[int(t[i])])


def _data(found: Findings, s: Subject, train: Train, build: Build, budget: Budget, rng: Rng) -> None:
    fold_rng, plant_rng, seed_rng = rng.spawn(3)
    C, n, net = len(s.classes), len(s.splits.t_train), build(budget.width)
    p = data.out_of_fold(s.splits, net, train, budget.updates, budget.folds, fold_rng)
    hits = data.planted(s.splits, net, train, budget.updates, budget.folds, C, budget.planted, plant_rng)
    right, form = float((p.argmax(1) == s.splits.t_train).mean()), (s.shape, s.classes, s.low, s.high)
    found.metrics |= {"out_of_fold_accuracy": right, "planted_found": hits.found}
    found.draw("classes.png", data.draw_classes, p, s.splits, *form)
    found.draw("hardest.png", data.draw_hardest, p, s.splits, *form)
    found.draw("planted.png", data.draw_planted, hits)
    seeds = [int(seed) for seed in seed_rng.integers(1 << 31, size=budget.repeats)]
    curves = size.sizes(s.splits, build, budget.width, train, budget.updates, min(budget.batch, n), C, seeds)
    found.metrics |= {f"val_wrong_labels_{round(100 * p.size)}": p.mean for p in curves.noise}
    found.texts["What size is worth"] = size.describe(curves)
    found.draw("sizes.png", size.draw_sizes, curves, len(s.splits.t_val))
