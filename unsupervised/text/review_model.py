"""Writing as others write: the next character of real reviews is the only thing that is learnt, and no one is asked.

dy = p - onehot(next character)

What comes out is praise as often as the reviews are. Nothing but a beginning that someone gives can turn it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import Array, Layer, Optimizer, Rng, Schedule, cross_entropy
from core.lab import Kept, Report, check, settings
from core.lab.former import renamed
from core.lab.problems.review_writer import ReviewWriter
from core.lab.problems.reviews import ReviewExam

STEPS = 20  # minibatches of one update()


@dataclass(frozen=True)
class FreeWriterConfig:
    batch: int = 256  # characters predicted in a minibatch
    updates: int = 3000  # minibatches
    beginning: str = "I love "  # what the report has praise begin with, beside reviews that begin freely

    def __post_init__(self) -> None:
        check(self, positive=("batch", "updates"))


class FreeWriter(Kept):
    """Minibatches of characters, drawn from all of the training part, one step each; the last weights are judged."""

    monitor = "+updates"
    kept = "count", "rng", "optimizer"

    @renamed(net=lambda net: {"predictor": net})
    def __init__(
        self,
        exam: ReviewExam,
        predictor: ReviewWriter | Layer,
        optimizer: Optimizer,
        rng: Rng,
        config: FreeWriterConfig | None = None,
        *,
        schedule: Schedule,
        **changes: Any,
    ) -> None:
        self.config = settings(FreeWriterConfig, config, changes)
        w_rng, self.rng = rng.spawn(2)
        self.exam, self.predictor = exam, exam.writer(predictor)
        self.net = self.predictor.net
        self.w = self.net.init(w_rng)
        self.optimizer, self.schedule = optimizer, schedule
        self.g, self.count = np.zeros_like(self.w), 0  # minibatches
        self.windows = exam.windows(exam.parts["train"].texts, exam.context + 1)  # N, K + 1

    @property
    def progress(self) -> float:
        return self.count / self.config.updates

    def update(self) -> dict[str, float]:
        total, steps = 0.0, min(STEPS, self.config.updates - self.count)
        for _ in range(steps):
            total += self.loss(self.w, self.sample(self.rng, self.config.batch), self.g)
            self.optimizer.step(self.w, self.g, self.schedule(self.progress))
            self.count += 1
        return {"loss": total / steps, "examples": steps * self.config.batch, "answers": 0}

    def sample(self, rng: Rng, n: int) -> tuple[Array, Array]:
        """n windows of the training part (n, K), and the characters after them (n,)."""
        rows = self.windows[rng.integers(len(self.windows), size=n)]
        return rows[:, :-1], rows[:, -1]

    def loss(self, w: Array, batch: tuple[Array, Array], g: Array | None = None, rng: Rng | None = None) -> float:
        x, t = batch
        y, back = self.net(x, w, rng)  # B, V
        loss, dy = cross_entropy(y, t)
        if g is not None:
            back(dy, g)
        return loss

    def evaluate(self) -> dict[str, float]:
        ask = self.predictor.ask(self.w)
        return {"updates": float(self.count), **self.exam.validate(ask)}

    def report(self, w: Array, folder: Path | None) -> Report:
        return self.exam.report(self.predictor.ask(w), beginning=self.config.beginning)

    def prediction(self) -> dict[str, str]:
        return self.exam.facts

    def predict(self, w: Array, x: Any) -> Any:
        """What the predictor says."""
        return self.predictor.predict(w, x)
