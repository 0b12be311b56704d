"""A classifier: for each example a teacher says the class, and the network is moved towards saying it too.

Cross-entropy of softmax(y) against the label; its gradient at the output is p - onehot(label): the label is where
this learner's gradient comes from, and the only thing that makes it supervised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from core.initializers import Array
from core.lab.learner import Report, Splits, State, prefixed, rng_state, set_rng_state, unprefixed
from core.layers import Layer, Rng
from core.losses import cross_entropy
from core.optimizers import Optimizer, Schedule, average, cosine
from supervised.evaluate import check_splits, classification_report

STEPS = 20  # minibatches in one update
Augment = Callable[[Rng, Array], Array]  # x (B, ...) -> x of the same shape, still showing the same things


class Classifier:
    """Minibatches in a fresh order each epoch; a running average of the weights is what is judged.

    `splits` holds x (N, I) float32 and t (N,) labels from 0 to C - 1, where C is the width of the output; `updates`
    counts minibatches. Raises ValueError for data that cannot be learnt from. Each label is an answer of the teacher,
    counted the first time it is used; those of the validation part choose the weights, and count at the start.
    """

    monitor = "+val_accuracy"

    def __init__(self, splits: Splits, net: Layer, optimizer: Optimizer, rng: Rng, *, updates: int, batch: int = 32,
                 schedule: Schedule = cosine, augment: Augment | None = None, memory: int = 100) -> None:  # fmt: skip
        self.splits, self.net, self.optimizer, self.schedule, self.augment = splits, net, optimizer, schedule, augment
        self.updates, self.batch, self.memory = updates, min(batch, len(splits.x_train)), memory
        w_rng, self.rng = rng.spawn(2)
        self.w = net.init(w_rng)
        self.weights, self.g = self.w.copy(), np.empty_like(self.w)
        check_splits(splits, self.net, self.w)
        self.order = self.rng.permutation(len(splits.x_train))
        self.known = np.zeros(len(self.order), bool)  # labels that the teacher has given
        self.done = 0  # minibatches

    @property
    def progress(self) -> float:
        return self.done / self.updates

    def update(self) -> dict[str, float]:
        losses = []
        answers = 0 if self.done else len(self.splits.t_val)
        for _ in range(min(STEPS, self.updates - self.done)):
            i = self._minibatch()
            x, t = self.splits.x_train[i], self.splits.t_train[i]  # (B, I), (B,)
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
        """The mean of -log p(t) over a batch of x (B, I) and t (B,); with `g` its gradient is written there."""
        x, t = batch
        y, back = self.net(x, w, rng)  # B, C
        loss, dy = cross_entropy(y, t)  # dy = (p - onehot(t)) / B: the gradient comes from the label
        if g is not None:
            back(dy, g)
        return loss

    def predict(self, w: Array, x: Array) -> Array:
        """The likeliest class of each example: x (N, I), or one picture (H, W) with H W = I, -> (N,)."""
        x = np.asarray(x, np.float32)
        if x.ndim == 2 and x.shape[1] != self.splits.x_train.shape[1]:
            x = x.reshape(1, -1)
        if not np.isfinite(x).all():
            raise ValueError("it holds values that are not finite")
        classes: Array = self.net(x, w)[0].argmax(-1)
        return classes

    def evaluate(self) -> dict[str, float]:
        y, _ = self.net(self.splits.x_val, self.weights)
        loss, _ = cross_entropy(y, self.splits.t_val)
        return {"val_accuracy": float((y.argmax(-1) == self.splits.t_val).mean()), "val_nats": loss}

    def report(self, w: Array, folder: Path | None) -> Report:
        return classification_report(self.net, w, self.splits, folder)

    def state(self) -> State:
        return {"weights": self.weights, "order": self.order, "known": self.known, "done": np.asarray(self.done),
                "rng": rng_state(self.rng), **prefixed("optimizer", self.optimizer.state)}  # fmt: skip

    def load(self, state: Mapping[str, Array]) -> None:
        self.weights[:] = state["weights"]
        self.order, self.known, self.done = state["order"].copy(), state["known"].copy(), int(state["done"])
        set_rng_state(self.rng, state["rng"])
        self.optimizer.state = unprefixed("optimizer", state)
