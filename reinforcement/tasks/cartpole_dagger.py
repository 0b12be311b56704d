"""Balance a pole on a cart as an expert does, from one episode of it (CartPole-v1), by cloning or DAgger."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from core.initializers import Array
from core.lab.config import positive
from core.lab.envs.vector import make as make_envs
from core.layers import Rng, tanh
from core.network import MLP
from core.optimizers import Adam
from reinforcement.evaluate import ReturnExam
from reinforcement.imitation import Imitation, from_run

PARADIGM = "reinforcement"
PROBLEM = "imitation"
PRESETS = {"quick": {"updates": 20}, "best": {}}


@dataclass(frozen=True)
class Config:
    expert: str = ""  # folder of a finished run whose network is the expert; empty: a rule that balances to the end
    episodes: int = 1  # of the expert, at first
    ask: int = 0  # steps of each cart-pole before each update about which the expert is asked (DAgger); 0: none
    envs: int = 8  # cart-poles side by side that the learner plays then
    hidden: int = 64  # units in each of the two hidden layers
    lr: float = 3e-3  # step size of Adam at the start; it falls to 0 linearly
    updates: int = 40  # each of 50 minibatches
    batch: int = 64  # labels in a minibatch

    def __post_init__(self) -> None:
        positive(self, "episodes", "envs", "hidden", "lr", "updates", "batch")
        if self.ask < 0:
            raise ValueError(f"ask must not be below 0, not {self.ask}")


def rule(obs: Array) -> Array:
    """Push right where 0.1 x + 0.3 v + 3 angle + angular velocity > 0: a proportional-derivative rule by hand (B,)."""
    right: Array = obs @ np.array([0.1, 0.3, 3.0, 1.0]) > 0
    return right.astype(np.int64)


def make(config: Config, rng: Rng, data: Any) -> Imitation:
    expert = from_run(config.expert) if config.expert else rule
    exam = ReturnExam(
        partial(make_envs, "CartPole-v1"),
        reference=500,
        film="CartPole-v1",
        reference_name="the time limit: the best possible",
        baselines={"the expert": expert},
    )
    net = MLP(4, config.hidden, config.hidden, 2, activation=tanh)
    return Imitation(
        net,
        exam.make_envs,
        exam,
        expert,
        Adam(config.lr),
        rng,
        updates=config.updates,
        batches=50,
        episodes=config.episodes,
        n=config.envs,
        T=config.ask,
        batch=config.batch,
    )
