"""Writing tuned by rewards: a writer that learnt from texts writes whole reviews, and is told of each: praise, or not.

A character is an action, and the policy is p = softmax(y / temperature), as it writes. REINFORCE with the mean of the
other reviews of the round as its baseline, and a penalty, KL(p || p_start), for leaving the writer of the start:
    dy = (-A (onehot(c) - p) + kl_coef p (log p - log p_start - KL)) / temperature
References: Williams (1992); the penalty, Jaques et al. (2017), "Sequence tutor", arXiv:1611.02796; the baseline, Kool
et al. (2019), "Buy 4 REINFORCE samples, get a baseline for free!". Weakness: what pleases the rater is repeated, so
less and less is said that is new; and the penalty is that of each character, not of the texts that they lead to.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import Array, Layer, Loss, Optimizer, Rng, Schedule, check_shapes, cross_entropy, log_softmax
from core.lab import Kept, Report, check, settings
from core.lab.former import renamed
from core.lab.problems.review_writer import TEMPERATURE, ReviewWriter
from core.lab.problems.reviews import ReviewExam
from reinforcement.config import Checked

STEPS_PER_UPDATE = 20  # minibatches of one update() before there are rewards


def tuned_loss(y: Array, start: Array, action: Array, advantage: Array, kl_coef: float, temperature: float) -> Loss:
    """mean of -A log p(action) + kl_coef KL(p || p_start), p = softmax(y / temperature); y, start (B, V) logits.

    The id 0, which is never written, has no part in it. Returns (loss, gradient of y).
    """
    check_shapes(y.shape, start=start)
    check_shapes(y.shape[:1], action=action, advantage=advantage)
    B, rows = len(y), np.arange(len(y))
    log_p = log_softmax(y[:, 1:] * (1 / temperature))  # B, V - 1
    p, apart = np.exp(log_p), log_p - log_softmax(start[:, 1:] * (1 / temperature))
    kl = (p * apart).sum(1)  # B
    at = action.astype(np.intp) - 1
    loss = float((kl_coef * kl - advantage * log_p[rows, at]).mean())
    d = p * (advantage[:, None] + kl_coef * (apart - kl[:, None]))
    d[rows, at] -= advantage
    dy = np.zeros_like(y)
    dy[:, 1:] = d * (1 / (B * temperature))
    return loss, dy


def others_baseline(reward: Array) -> Array:
    """A_i = r_i - the mean of all others (S,): unbiased, since a review has no part in its own baseline."""
    S = len(reward)
    return (reward - reward.mean()) * (S / (S - 1))


@dataclass(frozen=True)
class KLReinforceConfig(Checked):
    """The settings of tuning by rewards; a task gives them its own defaults."""

    nonnegative = ("kl_coef",)

    batch: int = 256  # characters predicted in a minibatch
    updates: int = 3000  # minibatches of real reviews
    rounds: int = 40  # steps that follow, by rewards
    n: int = 64  # reviews that are written for one of them
    kl_coef: float = 0.05  # what it costs to leave the writer of before, a nat per character

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, span={"n": (2, math.inf)})  # each review is held against the others


class RewardTunedWriter(Kept):
    """First `updates` minibatches of `batch` characters of real texts, then `rounds` of `n` reviews each.

    A reward is 1 or 0, the rater's verdict on a whole review, and each is an answer of the teacher. The last weights
    are judged: none are chosen.
    """

    monitor = "+updates"
    longer_by = "rounds"

    kept = "count", "round", "start", "rng", "optimizer", "tuner"

    @renamed(net=lambda net: {"predictor": net})
    def __init__(
        self,
        exam: ReviewExam,
        predictor: ReviewWriter | Layer,
        optimizer: Optimizer,
        tuner: Optimizer,
        rng: Rng,
        config: KLReinforceConfig | None = None,
        *,
        schedule: Schedule,
        **changes: Any,
    ) -> None:
        self.config = settings(KLReinforceConfig, config, changes)
        w_rng, self.rng = rng.spawn(2)
        self.exam, self.predictor = exam, exam.writer(predictor)
        self.net = self.predictor.net
        self.w = self.net.init(w_rng)
        self.g = np.zeros_like(self.w)
        self.optimizer, self.tuner, self.schedule = optimizer, tuner, schedule
        self.count, self.round = 0, 0
        self.start = self.w.copy()  # what the writer was before there were rewards
        self.windows = exam.windows(exam.parts["train"].texts, exam.context + 1)  # N, K + 1

    @property
    def progress(self) -> float:
        """An update() of the first part counts as much as one of the second."""
        c = self.config
        before = -(-c.updates // STEPS_PER_UPDATE)
        return (before * self.count / c.updates + self.round) / (before + c.rounds)

    def update(self) -> dict[str, float]:
        return self.read() if self.count < self.config.updates else self.tune()

    def read(self) -> dict[str, float]:
        """Learns the next character of real texts; no one is asked."""
        c = self.config
        total, steps = 0.0, min(STEPS_PER_UPDATE, c.updates - self.count)
        for _ in range(steps):
            rows = self.windows[self.rng.integers(len(self.windows), size=c.batch)]
            y, back = self.net(rows[:, :-1], self.w)
            loss, dy = cross_entropy(y, rows[:, -1])
            back(dy, self.g)
            self.optimizer.step(self.w, self.g, self.schedule(self.count / c.updates))
            total, self.count = total + loss, self.count + 1
        self.start[:] = self.w
        return {"loss": total / steps, "examples": steps * c.batch, "answers": 0}

    def tune(self) -> dict[str, float]:
        """Writes n reviews, hears what the rater says of each, and takes one step."""
        written = self.exam.write(self.predictor.ask(self.w), self.config.n, self.rng)
        reward = self.exam.rater(written.texts).astype(self.w.dtype)  # S
        x, s = written.windows[:, :-1], written.windows[:, -1]
        loss = self.loss(self.w, (x, s, others_baseline(reward)[written.author]), self.g)
        self.tuner.step(self.w, self.g)
        self.round += 1
        return {"loss": loss, "reward": float(reward.mean()), "examples": len(s), "answers": self.config.n}

    def sample(self, rng: Rng, n: int) -> tuple[Array, Array, Array]:
        """n windows of real texts, the characters after them, and random advantages: the gradient must hold for any."""
        rows = self.windows[rng.integers(len(self.windows), size=n)]
        return rows[:, :-1], rows[:, -1], rng.standard_normal(n, np.float32)

    def loss(self, w: Array, batch: tuple[Array, ...], g: Array | None = None, rng: Rng | None = None) -> float:
        x, action, advantage = batch
        start = self.net(x, self.start)[0]
        y, back = self.net(x, w, rng)  # B, V
        loss, dy = tuned_loss(y, start, action, advantage, self.config.kl_coef, TEMPERATURE)
        if g is not None:
            back(dy, g)
        return loss

    def evaluate(self) -> dict[str, float]:
        figures = self.exam.validate(self.predictor.ask(self.w))
        return {"updates": float(self.count + self.round), **figures}

    def report(self, w: Array, folder: Path | None) -> Report:
        return self.exam.report(self.predictor.ask(w))

    def prediction(self) -> dict[str, str]:
        return self.exam.facts

    def predict(self, w: Array, x: Any) -> Any:
        """What the predictor says."""
        return self.predictor.predict(w, x)
