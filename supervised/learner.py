"""Learning from a teacher: for each example somebody says what is right, and the network is moved towards it.

The gradient at the output is that of a loss between what the network says, y, and what the teacher says, t: p - onehot
for a class, 2 (y - t) / n for a value. That, and nothing else here, is what makes it supervised.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from core import Array, Layer, Loss, Optimizer, Rng, Schedule, average, cosine, weighted
from core.lab import Epochs, Exam, Kept, Report, Splits, check, settings
from core.lab.data.checks import check_examples, check_weights
from core.lab.vision.photos import See
from supervised.predictor import Answer, Augment, SupervisedPredictor

STEPS = 20  # minibatches in one update
LossRule = Callable[[Array, Array], Loss]
NO_SPLITS = Splits(*[np.zeros(0, np.float32)] * 6)  # of an exam that no learner has bound to its own yet


@dataclass
class ReportPart:
    """What a study adds to a Report: figures, captions by file name, texts by title."""

    metrics: dict[str, float] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


class Build(Protocol):
    """Makes one network, or `members` of its shape in one: partial(MLP, 784, 128, 128, 10)."""

    def __call__(self, *, members: int | None = None) -> Layer: ...


Study = Callable[[Array, Path | None], ReportPart]  # weights w, and where pictures go -> what else is found of them


@dataclass(frozen=True)
class Model:
    """A network with the weights that are judged: model(x) is y (N, O) at x (N, ...)."""

    net: Layer
    w: Array
    outputs: Callable[[Array], Array]

    def __call__(self, x: Array) -> Array:
        return self.outputs(x)


class TargetExam(Exam, Answer, Protocol):
    """An exam on one kind of target, classes or values. It is made without data; the learner gives it the splits."""

    def bound(self, splits: Splits, O: int) -> TargetExam:
        """This exam on these splits. Raises ValueError for targets that a network with O outputs cannot learn."""


@dataclass(frozen=True)
class SupervisedConfig:
    """How long it learns, and what of it is judged; a task gives the fields its own defaults."""

    updates: int = 1000  # minibatches, in all
    batch: int = 32  # examples in a minibatch
    average_horizon: int = 100  # minibatches that the running average of the weights, which is judged, goes back
    test_time_augmentations: int = 0  # augmented copies that are judged beside each example, at the end and in use

    def __post_init__(self) -> None:
        check(self, positive=("updates", "batch", "average_horizon"), nonnegative=("test_time_augmentations",))


class Supervised(Kept):
    """Minibatches in a fresh order each epoch; a running average of the weights is what is judged.

    `splits` holds x (N, ...) and the targets t (N, ...); `loss(y, t)` is the teacher's; `exam` judges. `config` is a
    SupervisedConfig, or its fields are keywords. `augment` changes each batch in ways that leave its targets true; at
    the end an example is judged by the mean over itself and its augmented copies. `predictor` answers what a person
    asks; a task that makes its own puts it there, and in `facts` what of the data it needs. `observe` adds figures of
    the network to those of the validation part; they choose nothing. A net that puts an axis of members before the
    batch is an ensemble (core.ensembles): each member learns by itself, and their mean is what is judged.
    `sample_weight` (N,) says how much each training example counts, as a share of their mean; 0 is an example that
    teaches nothing, and a weight of each class is `a[t]`. What the exam weighs, the exam says.
    Each target is an answer of the teacher, counted the first time it is used; those of the validation part choose
    the weights, and count at the start. Raises ValueError for data that cannot be learnt from.
    """

    kept: ClassVar[tuple[str, ...]] = "weights", "order=epochs.order", "known=epochs.known", "done", "rng", "optimizer"

    def __init__(
        self,
        splits: Splits,
        net: Layer,
        optimizer: Optimizer,
        rng: Rng,
        config: SupervisedConfig | None = None,
        *,
        loss: LossRule,
        exam: TargetExam,
        sample_weight: Array | None = None,
        schedule: Schedule = cosine,
        augment: Augment | None = None,
        see: See | None = None,
        observe: Callable[[Model], dict[str, float]] | None = None,
        **changes: Any,
    ) -> None:
        former = {"memory": "average_horizon", "looks": "test_time_augmentations"}
        self.config = settings(SupervisedConfig, config, changes, former)
        self.splits, self.net, self.optimizer, self.schedule, self.augment = splits, net, optimizer, schedule, augment
        self.rule: Callable[..., Loss] = loss if sample_weight is None else weighted(loss)
        self.monitor, self.observe = exam.monitor, observe
        w_rng, self.rng = rng.spawn(2)
        self.w = net.init(w_rng)
        self.weights, self.g = self.w.copy(), np.empty_like(self.w)
        check_examples(splits)
        self.rows = [splits.x_train, splits.t_train]  # that teach; and their weights, where there are any
        if sample_weight is not None:
            s = check_weights(sample_weight, len(splits.x_train))
            self.rows.append((s / s.mean()).astype(self.w.dtype))
        self.exam = exam.bound(splits, net(splits.x_train[:1], self.w)[0].shape[-1])
        self.epochs, self.done = Epochs(len(splits.x_train), self.config.batch, self.rng), 0  # minibatches
        self.study: Study | None = None  # adds to the report
        judged = self.config.test_time_augmentations, self.config.batch
        one = splits.x_train.shape[1:]
        self.predictor = SupervisedPredictor(net, self.exam, one, see, augment, *judged)
        self.facts: dict[str, Any] = {}  # that the task's `predictor` is made from again

    @property
    def progress(self) -> float:
        return self.done / self.config.updates

    def update(self) -> dict[str, float]:
        losses, answers = [], 0 if self.done else len(self.splits.t_val)
        for _ in range(min(STEPS, self.config.updates - self.done)):
            i = self.epochs.next(self.done)
            answers += self.epochs.answered(i)
            x, *told = (part[i] for part in self.rows)  # (B, ...), (B, ...) and (B,)
            if self.augment:
                x = self.augment(self.rng, x)
            losses.append(self.loss(self.w, (x, *told), self.g, self.rng))
            self.optimizer.step(self.w, self.g, self.schedule(self.progress))
            self.done += 1
            average(self.weights, self.w, max(1 / self.done, 1 / self.config.average_horizon))
        return {"loss": float(np.mean(losses)), "examples": len(losses) * self.epochs.batch, "answers": answers}

    def sample(self, rng: Rng, n: int) -> tuple[Array, ...]:
        N = len(self.splits.x_train)
        i = rng.choice(N, min(n, N), replace=False)
        return tuple(part[i] for part in self.rows)

    def loss(self, w: Array, batch: tuple[Array, ...], g: Array | None = None, rng: Rng | None = None) -> float:
        """The teacher's loss over a batch x (B, ...), t (B, ...) and, where there are any, weights (B,).

        With `g` its gradient is written there.
        """
        x, *told = batch
        y, back = self.net(x, w, rng)  # B, O
        if y.ndim > 2:  # members, B, O: the teacher tells every member the same
            told = [np.broadcast_to(part, (len(y), *part.shape)) for part in told]
        loss, dy = self.rule(y, *told)  # the gradient comes from what the teacher says
        if g is not None:
            back(dy, g)
        return loss

    def outputs(self, w: Array, x: Array, copies: int = 0) -> Array:
        """y (N, O) at x (N, ...), as the predictor gives it."""
        return self.predictor.outputs(w, x, copies)

    def model(self, w: Array, copies: int = 0) -> Model:
        """The network with weights w, as an exam takes it."""
        return Model(self.net, w, lambda x: self.outputs(w, x, copies))

    def prediction(self) -> dict[str, Any]:
        return self.facts

    def predict(self, w: Array, x: Any) -> Any:
        """What the network says of each example, as the predictor does."""
        return self.predictor.predict(w, x)

    def evaluate(self) -> dict[str, float]:
        model = self.model(self.weights)
        return self.exam.validate(model) | (self.observe(model) if self.observe else {})

    def report(self, w: Array, folder: Path | None) -> Report:
        made = self.exam.report(self.model(w, self.config.test_time_augmentations), folder)
        if self.study:
            found = self.study(w, folder)
            made.metrics |= found.metrics
            made.pictures |= found.pictures
            made.texts |= found.texts
        return made
