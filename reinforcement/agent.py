"""What the algorithms share: how an agent is examined, asked and saved. How it learns stands in the file of each."""

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from core import Array, Layer, Optimizer, Rng, Schedule
from core.lab import Exam, Kept, Report
from core.lab.envs.vector import Envs, check_count
from core.lab.signature import Signature
from reinforcement.distributions import CATEGORICAL, ActionDistribution
from reinforcement.predictor import AgentPredictor


class Agent(Kept):
    """A network that acts, its exam and its environments. An algorithm adds `update`, and names in `kept` its state."""

    family: ActionDistribution = CATEGORICAL
    actor: Layer | None = None  # the part of the network that acts, where it is not all
    reads = AgentPredictor.reads
    config: Any
    envs: Envs

    def __init__(self, net: Layer, exam: Exam, optimizer: Optimizer, schedule: Schedule, rng: Rng) -> None:
        self.net, self.w = net, net.init(rng)
        self.g = np.zeros_like(self.w)
        self.exam, self.optimizer, self.schedule, self.done = exam, optimizer, schedule, 0

    def play_in(self, make_envs: Callable[[int, Rng], Envs], n: int, rng: Rng) -> None:
        """Makes n environments to learn from. Raises ValueError when the network does not fit them."""
        self.make_envs, self.envs = make_envs, make_envs(check_count(n), rng)
        self.family.check(self.envs, self.logits(self.w, self.envs.obs))

    @property
    def monitor(self) -> str:
        return self.exam.monitor

    @property
    def progress(self) -> float:
        return float(self.done / self.config.updates)

    @property
    def weights(self) -> Array:
        """Those that are judged."""
        return self.w

    @cached_property
    def predictor(self) -> AgentPredictor:
        """What answers when it has learnt; here in the environments that it learns from."""
        return AgentPredictor(self.net, lambda n, rng: self.envs, self.family, self.actor)

    def logits(self, w: Array, obs: Array) -> Array:
        """What the actor says of observations (B, ...): `family` makes actions of it."""
        return self.predictor.logits(w, obs)

    def model(self, w: Array) -> Any:
        """What the exam takes: the agent with the weights w, as a function."""
        return partial(self.logits, w)

    def predict(self, w: Array, obs: Any) -> Any:
        """The best actions at observations, as the predictor says."""
        return self.predictor.predict(w, obs)

    def signature(self, w: Array) -> Signature:
        """What is exported of it, as the predictor says."""
        return self.predictor.signature(w)

    def notes(self) -> list[str]:
        """What whoever runs it should know of its environments, where it has some."""
        return self.envs.notes() if hasattr(self, "envs") else []

    def counted(self, examples: int, answers: int | None = None) -> dict[str, float]:
        """Ends an update; what it logs of its examples and answers, by default one of each example.

        The labels by which an exam chooses weights, if it needs any, are answers of the first update.
        """
        self.done += 1
        labels = getattr(self.exam, "labels", 0) if self.done == 1 else 0
        return {"examples": examples, "answers": (examples if answers is None else answers) + labels}

    def evaluate(self) -> dict[str, float]:
        return self.exam.validate(self.model(self.weights))

    def report(self, w: Array, folder: Path | None) -> Report:
        return self.exam.report(self.model(w), folder)
