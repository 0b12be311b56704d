"""The deep report wired to a task: its own way of learning, taken as a function that trains any network on any data."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from core import Array, Layer, Rng
from core.lab.data.splits import Splits
from supervised.interpret.report import Budget, check_pictures, deep_report
from supervised.interpret.representations import Rule
from supervised.learner import ReportPart, Supervised


class Learn(Protocol):
    """A fresh learner with a task's settings, on any data and network, for so many minibatches."""

    def __call__(self, splits: Splits, net: Layer, rng: Rng, updates: int, augmented: bool = True) -> Supervised: ...


def studied(
    learn: Learn,
    splits: Splits,
    net: Layer,
    rng: Rng,
    updates: int,
    interpret: bool,
    shape: Sequence[int],
    classes: Sequence[str],
    budget: Budget,
    rules: Mapping[str, Rule] | None = None,
) -> Supervised:
    """The task's learner; with `interpret`, one that also finds out what its network has learnt.

    Raises ValueError at once where such a report could not be made at the end.
    """
    learner = learn(splits, net, rng, updates)
    if interpret:
        check_pictures(splits, tuple(shape))
        learner.study = partial(_study, learner, learn, tuple(shape), tuple(classes), budget, rules)
    return learner


def _study(
    learner: Supervised,
    learn: Learn,
    shape: tuple[int, ...],
    classes: tuple[str, ...],
    budget: Budget,
    rules: Mapping[str, Rule] | None,
    w: Array,
    folder: Path | None,
) -> ReportPart:
    def train(splits: Splits, net: Layer, updates: int, rng: Rng, augmented: bool = True) -> Array:
        one = learn(splits, net, rng, updates, augmented)
        while one.progress < 1:
            one.update()
        return one.weights

    return deep_report(
        learner.net, w, learner.splits, train, shape, classes, folder, np.random.default_rng(0), budget, rules
    )
