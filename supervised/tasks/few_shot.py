"""Sinusoids from ten examples each: a network that has learnt to learn them, MAML with learnt step sizes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from core.lab.config import positive
from core.layers import Rng, tanh
from core.losses import mse
from core.network import MLP
from core.optimizers import Adam
from supervised.meta.maml import MAML, Tasks
from supervised.meta.sinusoids import Sinusoids, sinusoids

PARADIGM = "supervised"
PROBLEM = "few_shot"


@dataclass(frozen=True)
class Config:
    hidden: int = 40  # units in each of the two hidden layers, tanh
    shots: int = 10  # examples of a task that it is learnt from
    queries: int = 20  # examples of a task that the outer loss is taken at
    steps: int = 10  # gradient steps on the shots, each with step sizes of its own
    tasks: int = 25  # tasks in a meta-batch
    updates: int = 3000  # meta-batches, in all
    lr: float = 0.002  # step size of Adam in the outer loop at its highest; falls to 0 as a cosine
    rate: float = 0.003  # what all inner step sizes start at
    step_loss_weight: float = 0.1  # weight of the loss after each step before the last
    second_order: bool = True  # the gradient of the gradient too; without it, first-order MAML

    def __post_init__(self) -> None:
        positive(self, "hidden", "shots", "queries", "steps", "tasks", "updates", "lr", "rate")
        if not 0 <= self.step_loss_weight <= 1:
            raise ValueError(f"step_loss_weight must be from 0 to 1, not {self.step_loss_weight}")


PRESETS = {"quick": {"updates": 500}, "best": {"updates": 9000}}


def make(config: Config, rng: Rng, data: Any) -> MAML:
    build = partial(MLP, 1, config.hidden, config.hidden, 1, activation=tanh)

    def draw(rng: Rng, E: int) -> Tasks:
        return sinusoids(rng, E, config.shots, config.queries)

    return MAML(
        build,
        draw,
        Adam(config.lr),
        rng,
        rule=mse,
        exam=Sinusoids(build, config.shots, config.steps),
        updates=config.updates,
        steps=config.steps,
        rate=config.rate,
        tasks=config.tasks,
        every=config.step_loss_weight,
        second_order=config.second_order,
    )
