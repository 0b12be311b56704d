"""Learning from a teacher: for each example somebody says what is right, and the network is moved towards it.

The gradient at the output is that of a loss between what the network says, y, and what the teacher says, t: p - onehot
for a class, 2 (y - t) / n for a value. That, and nothing else here, is what makes it supervised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from core.initializers import Array
from core.lab.data.checks import check_examples
from core.lab.data.splits import Splits
from core.lab.learner import Report
from core.lab.state import State, prefixed, rng_state, set_rng_state, unprefixed
from core.lab.vision.photos import Photo, See
from core.layers import Layer, Rng
from core.losses import Loss
from core.optimizers import Optimizer, Schedule, average, cosine

STEPS = 20  # minibatches in one update
Augment = Callable[[Rng, Array], Array]  # x (B, ...) -> x of the same shape, still showing the same things
LossRule = Callable[[Array, Array], Loss]
Model = Callable[[Array], Array]  # x (N, ...) -> y (N, O)


@dataclass
class ReportPart:
    """What a study adds to a Report: figures, captions by file name, texts by title."""

    metrics: dict[str, float] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


Study = Callable[[Array, Path | None], ReportPart]  # weights w, and where pictures go -> what else is found of them


class Exam(Protocol):
    """What "good" means for one kind of answer: classes (`Classification`), values (`Regression`)."""

    @property
    def monitor(self) -> str: ...  # the figure that chooses the weights, as in core.lab.learner
    def check(self, splits: Splits, O: int) -> None:
        """Raises ValueError for targets that a network with O outputs cannot learn."""

    def figures(self, y: Array, t: Array) -> dict[str, float]:
        """Figures on the validation part: y (N, O), t (N, ...)."""

    def pool(self, ys: Array) -> Array:
        """One answer out of many, (K, N, O) -> (N, O): of the members of an ensemble, or of looks at one example."""

    def answer(self, y: Array) -> Array:
        """What is said of each example, y (N, O) -> (N, ...)."""

    def report(self, model: Model, net: Layer, w: Array, splits: Splits, folder: Path | None) -> Report:
        """The figures on the test part, beside baselines; with `folder` pictures too."""


class Supervised:
    """Minibatches in a fresh order each epoch; a running average of the weights is what is judged.

    `splits` holds x (N, ...) and the targets t (N, ...); `loss(y, t)` is the teacher's; `exam` judges. `updates` counts
    minibatches. `augment` changes each batch in ways that leave its targets true; with `looks` an example is judged
    by the mean over itself and as many changed copies. `observe` adds figures of the network to those of the validation
    part; they choose nothing. A net that puts an axis of members before the batch is an
    ensemble (core.ensembles): each member learns by itself, and their mean is what is judged.
    Each target is an answer of the teacher, counted the first time it is used; those of the validation part choose
    the weights, and count at the start. Raises ValueError for data that cannot be learnt from.
    """

    def __init__(
        self,
        splits: Splits,
        net: Layer,
        optimizer: Optimizer,
        rng: Rng,
        *,
        loss: LossRule,
        exam: Exam,
        updates: int,
        batch: int = 32,
        schedule: Schedule = cosine,
        augment: Augment | None = None,
        memory: int = 100,
        looks: int = 0,
        see: See | None = None,
        observe: Callable[[Model], dict[str, float]] | None = None,
    ) -> None:
        self.splits, self.net, self.optimizer, self.schedule, self.augment = splits, net, optimizer, schedule, augment
        self.rule, self.exam, self.monitor, self.looks = loss, exam, exam.monitor, looks
        self.see, self.observe = see, observe
        self.updates, self.batch, self.memory = updates, min(batch, len(splits.x_train)), memory
        w_rng, self.rng = rng.spawn(2)
        self.w = net.init(w_rng)
        self.weights, self.g = self.w.copy(), np.empty_like(self.w)
        check_examples(splits)
        exam.check(splits, net(splits.x_train[:1], self.w)[0].shape[-1])
        self.order = self.rng.permutation(len(splits.x_train))
        self.known = np.zeros(len(self.order), bool)  # targets that the teacher has given
        self.done = 0  # minibatches
        self.study: Study | None = None  # adds to the report

    @property
    def progress(self) -> float:
        return self.done / self.updates

    def update(self) -> dict[str, float]:
        losses = []
        answers = 0 if self.done else len(self.splits.t_val)
        for _ in range(min(STEPS, self.updates - self.done)):
            i = self._minibatch()
            x, t = self.splits.x_train[i], self.splits.t_train[i]  # (B, ...), (B, ...)
            answers += int((~self.known[i]).sum())
            self.known[i] = True
            if self.augment:
                x = self.augment(self.rng, x)
            losses.append(self.loss(self.w, (x, t), self.g, self.rng))
            self.optimizer.step(self.w, self.g, self.schedule(self.progress))
            self.done += 1
            average(self.weights, self.w, max(1 / self.done, 1 / self.memory))
        return {"loss": float(np.mean(losses)), "examples": len(losses) * self.batch, "answers": answers}

    def _minibatch(self) -> Array:
        k = self.done % (len(self.order) // self.batch)
        if k == 0 and self.done:
            self.order = self.rng.permutation(len(self.order))
        return self.order[k * self.batch : (k + 1) * self.batch]

    def sample(self, rng: Rng, n: int) -> tuple[Array, Array]:
        i = rng.choice(len(self.order), min(n, len(self.order)), replace=False)
        return self.splits.x_train[i], self.splits.t_train[i]

    def loss(self, w: Array, batch: tuple[Array, Array], g: Array | None = None, rng: Rng | None = None) -> float:
        """The teacher's loss over a batch of x (B, ...) and t (B, ...); with `g` its gradient is written there."""
        x, t = batch
        y, back = self.net(x, w, rng)  # B, O
        if y.ndim > 2:  # members, B, O: the teacher tells every member the same
            t = np.broadcast_to(t, y.shape[:-1] if t.ndim == 1 else y.shape)
        loss, dy = self.rule(y, t)  # the gradient comes from what the teacher says
        if g is not None:
            back(dy, g)
        return loss

    def outputs(self, w: Array, x: Array, looks: int = 0) -> Array:
        """y (N, O) at x (N, ...): the pooled answer of all members, and of all looks. The same at every call."""
        rng = np.random.default_rng(0)
        parts = []
        size = max(self.batch, 32)  # judging takes no more memory than learning
        for a in range(0, len(x), size):
            part = x[a : a + size]
            views = [part]
            if self.augment:
                views += [self.augment(rng, part) for _ in range(looks)]
            ys = [self.net(view, w)[0] for view in views]
            many = np.concatenate([y.reshape(-1, len(part), y.shape[-1]) for y in ys])  # K, N, O
            parts.append(many[0] if len(many) == 1 else self.exam.pool(many))
        return np.concatenate(parts)

    def predict(self, w: Array, x: Any) -> Any:
        """What the network says of each example: x (N, ...) as in training, or one example alone, or a photo.

        A photo out of a file becomes an example as `see` says.
        """
        if isinstance(x, Photo) and self.see:
            x = self.see(x)
        x, one = np.asarray(x, np.float32), self.splits.x_train.shape[1:]
        if x.shape == one or (x.shape[1:] != one and x.size == np.prod(one)):
            x = x[None]
        if x.shape[1:] != one and x[:1].size == np.prod(one):
            x = x.reshape(len(x), *one)  # pictures (N, H, W) as rows
        if not np.isfinite(x).all():
            raise ValueError("it holds values that are not finite")
        return self.exam.answer(self.outputs(w, x, self.looks))

    def evaluate(self) -> dict[str, float]:
        found = self.exam.figures(self.outputs(self.weights, self.splits.x_val), self.splits.t_val)
        return found | (self.observe(lambda x: self.outputs(self.weights, x)) if self.observe else {})

    def report(self, w: Array, folder: Path | None) -> Report:
        made = self.exam.report(lambda x: self.outputs(w, x, self.looks), self.net, w, self.splits, folder)
        if self.study:
            found = self.study(w, folder)
            made.metrics |= found.metrics
            made.pictures |= found.pictures
            made.texts |= found.texts
        return made

    def state(self) -> State:
        return {
            "weights": self.weights,
            "order": self.order,
            "known": self.known,
            "done": np.asarray(self.done),
            "rng": rng_state(self.rng),
            **prefixed("optimizer", self.optimizer.state),
        }

    def load(self, state: Mapping[str, Array]) -> None:
        self.weights[:] = state["weights"]
        self.order, self.known, self.done = state["order"].copy(), state["known"].copy(), int(state["done"])
        set_rng_state(self.rng, state["rng"])
        self.optimizer.state = unprefixed("optimizer", state)
