"""The perceptron: threshold neurons that learn from their mistakes alone (Rosenblatt 1958).

    y = step(x W + b)                         1 where the weighted sum is above 0, else 0
    dy = y - t                                0 if the neuron is right, else 1 or -1: all that the teacher says
    w -= dy (x, 1)                            an example that should have fired is added, one that should not subtracted

`step` has no slope, so the error is handed to the weighted sum as if there were no step. That is the gradient of
(y - t) (x W + b), which is above 0 for mistakes alone. If a line separates the classes the rule finds one, after
no more than (R / gamma)^2 mistakes (Novikoff 1962; see supervised/lessons/separation.py); if none does, it never rests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import SGD, Array, Layer, Linear, Loss, Rng, Sequential, check_shapes, step, zeros
from core.lab import Kept, Report, Splits
from core.lab.signature import Outputs, Values
from supervised.predictor import SupervisedPredictor


def criterion(z: Array, t: Array) -> Loss:
    """mean over the batch of (y - t) z, y = step(z): 0 where right, else |z|; the gradient of one entry is y - t.

    z (B, O) weighted sums, t (B, O) of 0 and 1.
    """
    check_shapes(z.shape, t=t)
    y, _ = step(z, np.empty(0, z.dtype))
    dy = (y - t) / len(z)
    return float((dy * z).sum()), dy


def neurons(I: int, O: int) -> Layer:
    """O threshold neurons on the same I numbers: x (N, I) -> (N, O) of 0 and 1."""
    return Sequential(Linear(I, O, init=zeros), step)


@dataclass(frozen=True)
class Fires:
    """What threshold neurons answer: 1 where one fires, else 0."""

    def pool(self, ys: Array) -> Array:
        """What most say, (K, N, O) -> (N, O)."""
        return (2 * ys.mean(0) > 1).astype(ys.dtype)

    def answer(self, y: Array) -> Array:
        return y.astype(np.int64)

    def names(self, O: int) -> tuple[str, ...]:
        """None: a neuron fires or does not, and has no opinion on how likely it is right."""
        return ()

    def outputs(self, O: int) -> Outputs:
        return Values()


class Perceptron(Kept):
    """One pass over the training part is an update; the run ends after a pass without a mistake, or after `passes`.

    `splits` holds x (N, I) and t (N, O) of 0 and 1: O neurons side by side, called `names`. What is judged are the
    `weights` with which each neuron was right most often on the training part: where no line separates the classes, w
    itself never comes to rest (the pocket with a ratchet, Gallant 1990). `report` is what (learner, w, folder) makes of
    it. Raises ValueError for targets that a threshold neuron cannot give.
    """

    monitor = "+val_accuracy"
    longer_by = "passes"
    kept = "weights", "right", "mistakes", "done", "rests", "rng"

    def __init__(
        self,
        splits: Splits,
        names: Sequence[str],
        rng: Rng,
        *,
        passes: int,
        report: Callable[[Perceptron, Array, Path | None], Report],
    ) -> None:
        for part, x, t in zip(("train", "val", "test"), splits[::2], splits[1::2], strict=True):
            if not len(x) or t.shape != (len(x), len(names)) or not np.isin(t, (0, 1)).all():
                raise ValueError(f"the {part} part needs targets 0 or 1 for {len(names)} neurons, not {t.shape}")
            if not np.isfinite(x).all():
                raise ValueError(f"the {part} part holds NaN or infinity")
        self.splits, self.names, self.passes, self._report = splits, tuple(names), passes, report
        self.net, self.rng = neurons(splits.x_train.shape[1], len(names)), rng.spawn(1)[0]
        self.linear = self.net.parts[0]
        self.predictor = SupervisedPredictor(self.net, Fires(), splits.x_train.shape[1:])
        self.w = self.net.init(self.rng)
        self.weights, self.right, self.g = self.w.copy(), self._right(), np.empty_like(self.w)
        self.optimizer, self.done, self.rests = SGD(1.0), 0, False
        self.mistakes = np.zeros((0, 2), np.int64)  # (example, neuron), in the order in which they were made

    @property
    def progress(self) -> float:
        return 1.0 if self.rests else self.done / self.passes

    def update(self) -> dict[str, float]:
        x, t = self.splits.x_train, self.splits.t_train
        answers, mistakes = 0 if self.done else t.size + self.splits.t_val.size, [self.mistakes]
        for i in self.rng.permutation(len(x)):
            z, back = self.linear(x[i : i + 1], self.w)  # 1, O
            _, dy = criterion(z, t[i : i + 1])  # y - t: the gradient comes from the teacher, at mistakes alone
            if dy.any():
                back(dy, self.g)
                self.optimizer.step(self.w, self.g)
                mistakes.append(np.array([(i, o) for o in np.flatnonzero(dy)]))
                self._pocket()
        self.mistakes, wrong = np.concatenate(mistakes), sum(map(len, mistakes[1:]))
        self.done, self.rests = self.done + 1, not wrong
        return {"mistakes": wrong, "examples": len(x), "answers": answers}

    def start_from(self, w: Array, state: Mapping[str, Array]) -> None:
        self.w[:] = self.weights[:] = w
        self.right = self._right()

    def _right(self) -> Array:
        """How many training examples each neuron is right on, (O,)."""
        return (self.net(self.splits.x_train, self.w)[0] == self.splits.t_train).sum(0)

    def _pocket(self) -> None:
        """Keeps what is better than before, neuron by neuron."""
        right = self._right()
        better, self.right = right > self.right, np.maximum(right, self.right)
        for kept, now in zip(self.net.views(self.weights).values(), self.net.views(self.w).values(), strict=True):
            kept[..., better] = now[..., better]

    def missed(self, neuron: int) -> Array:
        """The examples that a neuron was wrong on, in that order: (M,)."""
        return self.mistakes[self.mistakes[:, 1] == neuron, 0]

    def path(self, neuron: int) -> Array:
        """(weights, bias) of a neuron before and after each of its mistakes, (M + 1, I + 1): sums of what it missed."""
        i = self.missed(neuron)
        x, t = self.splits.x_train[i], self.splits.t_train[i, neuron]
        steps = np.column_stack([x, np.ones(len(x))]) * np.where(t > 0, 1, -1)[:, None]
        return np.vstack([np.zeros(steps.shape[1]), steps.cumsum(0)])

    def predict(self, w: Array, x: Array) -> Array:
        """1 where a neuron fires, else 0: x (N, I) -> (N, O)."""
        said: Array = self.predictor.predict(w, x)
        return said

    def evaluate(self) -> dict[str, float]:
        return {"val_accuracy": float((self.predict(self.weights, self.splits.x_val) == self.splits.t_val).mean())}

    def report(self, w: Array, folder: Path | None) -> Report:
        return self._report(self, w, folder)
