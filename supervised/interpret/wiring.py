"""The deep report wired to a task: its own way of learning, taken as a function that trains any network on any data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from core import Array, Layer, Rng
from core.lab import Splits
from supervised.interpret.budget import Budget
from supervised.learner import ReportPart, Supervised

if TYPE_CHECKING:
    from supervised.interpret.representations import Rule


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
    learner, form = learn(splits, net, rng, updates), tuple(shape)

    def train(splits: Splits, net: Layer, updates: int, rng: Rng, augmented: bool = True) -> Array:
        one = learn(splits, net, rng, updates, augmented)
        while one.progress < 1:
            one.update()
        return one.weights

    def study(w: Array, folder: Path | None) -> ReportPart:
        from supervised.interpret.report import deep_report

        fresh = np.random.default_rng(0)
        return deep_report(net, w, splits, train, form, tuple(classes), folder, fresh, budget, rules)

    if interpret:
        from supervised.interpret.report import check_pictures

        check_pictures(splits, form)
        learner.study = study
    return learner
