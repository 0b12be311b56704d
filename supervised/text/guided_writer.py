"""Writing steered by labels: a reader of what is being written says which next character praise would have.

The network of a free writer has a second answer for each character that may come next, y[V + c]: the log-odds that a
review is good in which c comes after these characters. Both are taught by the one c that did come:
    dy[:V] = p - onehot(c)            the text
    dy[V + c] = sigmoid - label       the label of the review, 1 good, 0 not
and the writer follows Bayes' rule, p(c | x, good) ~ p(c | x) p(good | x, c)^strength. References: guiding a writer by a
classifier of beginnings, Yang and Klein (2021), FUDGE, arXiv:2104.05218; an answer for each next symbol at once, Krause
et al. (2021), GeDi, arXiv:2009.06367. Weakness: the reader forgets what lies more than K characters back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import Array, Layer, Loss, Optimizer, Rng, Schedule, binary_cross_entropy, check_shapes, cross_entropy
from core.lab import Kept, Report, check, settings
from core.lab.former import renamed
from core.lab.problems.review_writer import ReviewWriter
from core.lab.problems.reviews import ReviewExam
from core.lab.text.sampling import Ask, asker

STEPS = 20  # minibatches of one update()


def reading_loss(y: Array, t: Array, label: Array) -> Loss:
    """Mean cross-entropy of the next characters t (B,), plus that of the labels, where there are any; y (B, 2V).

    label (B,): 1 good, 0 not, -1 where nobody said. Nats.
    """
    check_shapes(y.shape[:1], label=label)
    V = y.shape[1] // 2
    dy, rows = np.zeros_like(y), np.flatnonzero(label >= 0)
    loss, dy[:, :V] = cross_entropy(y[:, :V], t)
    if not len(rows):
        return loss, dy
    at = rows, V + t[rows].astype(np.intp)
    more, dy[at] = binary_cross_entropy(y[at], label[rows].astype(y.dtype))
    return loss + more, dy


def guided(y: Array, strength: float) -> Array:
    """Logits (S, V) of Bayes' rule, log p(c) + strength log p(good | c), out of both answers y (S, 2V)."""
    V = y.shape[1] // 2
    return y[:, :V] - strength * np.logaddexp(0, -y[:, V:])


def guided_asker(strength: float) -> Callable[[Layer, Array, int], Ask]:
    """How a network with both answers is asked: windows to the logits of Bayes' rule."""

    def asked(net: Layer, w: Array, K: int) -> Ask:
        both = asker(net, w, K)
        return lambda x: guided(both(x), strength)

    return asked


@dataclass(frozen=True)
class GuidedWriterConfig:
    """How long it learns, from how many labels, and how much they count."""

    updates: int = 3000  # minibatches
    batch: int = 256  # characters predicted in a minibatch
    labels: int = 5184  # reviews that have a label; all of them by default
    strength: float = 2.0  # how much the reader is heard; 1 is what Bayes' rule says, 0 not at all

    def __post_init__(self) -> None:
        check(self, positive=("updates", "batch", "labels"), nonnegative=("strength",))


class GuidedWriter(Kept):
    """`updates` minibatches of `batch` characters, drawn from all of the training part.

    `config` is a GuidedWriterConfig, or its fields are keywords; its `strength` is heard by `predictor`, whose asker is
    made with it. Of the reviews `labels` have a label, half of them
    good; it is an answer of the teacher, counted the first time that a character of this review is learnt from. The
    last weights are judged: none are chosen. Raises ValueError for more labels than there are reviews.
    """

    monitor = "+updates"
    kept = "count", "asked", "rng", "optimizer"

    @renamed(net=lambda net: {"predictor": net})
    def __init__(
        self,
        exam: ReviewExam,
        predictor: ReviewWriter | Layer,
        optimizer: Optimizer,
        rng: Rng,
        config: GuidedWriterConfig | None = None,
        *,
        schedule: Schedule,
        **changes: Any,
    ) -> None:
        self.config = settings(GuidedWriterConfig, config, changes)
        w_rng, self.rng = rng.spawn(2)
        self.exam, self.predictor = exam, exam.writer(predictor, guided_asker(self.config.strength))
        self.net = self.predictor.net
        self.w = self.net.init(w_rng)
        self.optimizer, self.schedule, self.count, self.g = optimizer, schedule, 0, np.zeros_like(self.w)
        part, labels = exam.parts["train"], self.config.labels
        self.windows = exam.windows(part.texts, exam.context + 1)  # N, K + 1
        self.review = np.repeat(np.arange(len(part.texts)), [len(text) + 1 for text in part.texts])  # N
        if not 0 <= labels <= len(part.texts):
            raise ValueError(f"labels must be from 0 to {len(part.texts)}, the reviews to learn from, not {labels}")
        self.label = np.where(np.arange(len(part.texts)) < labels, part.good, -1)
        self.asked = np.zeros(labels, bool)

    @property
    def progress(self) -> float:
        return self.count / self.config.updates

    def update(self) -> dict[str, float]:
        total, before, steps = 0.0, int(self.asked.sum()), min(STEPS, self.config.updates - self.count)
        for _ in range(steps):
            i = self.rng.integers(len(self.windows), size=self.config.batch)
            total += self.loss(self.w, self._batch(i), self.g)
            self.optimizer.step(self.w, self.g, self.schedule(self.progress))
            self.asked[self.review[i][self.label[self.review[i]] >= 0]] = True
            self.count += 1
        return {"loss": total / steps, "examples": steps * self.config.batch, "answers": int(self.asked.sum()) - before}

    def _batch(self, i: Array) -> tuple[Array, Array, Array]:
        """Windows (B, K), the characters after them (B,) and the labels of their reviews (B,)."""
        rows = self.windows[i]
        return rows[:, :-1], rows[:, -1], self.label[self.review[i]]

    def sample(self, rng: Rng, n: int) -> tuple[Array, Array, Array]:
        return self._batch(rng.integers(len(self.windows), size=n))

    def loss(self, w: Array, batch: tuple[Array, ...], g: Array | None = None, rng: Rng | None = None) -> float:
        x, t, label = batch
        y, back = self.net(x, w, rng)  # B, 2V
        loss, dy = reading_loss(y, t, label)
        if g is not None:
            back(dy, g)
        return loss

    def evaluate(self) -> dict[str, float]:
        return {"updates": float(self.count), **self.exam.validate(self.predictor.ask(self.w))}

    def report(self, w: Array, folder: Path | None) -> Report:
        return self.exam.report(self.predictor.ask(w))

    def prediction(self) -> dict[str, str]:
        return self.exam.facts

    def predict(self, w: Array, x: Any) -> Any:
        """What the predictor says."""
        return self.predictor.predict(w, x)
