"""Swing a pendulum up and hold it there, by a torque too weak to lift it at once (Pendulum-v1), by SAC."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np

from core.lab.config import positive
from core.lab.envs.vector import make as make_envs
from core.layers import Rng
from core.network import MLP
from reinforcement.distributions import SQUASHED
from reinforcement.evaluate import ReturnExam
from reinforcement.sac import SAC

PARADIGM = "reinforcement"
PROBLEM = "pendulum"
PRESETS = {"quick": {"hidden": 64, "updates": 80}, "best": {}}


@dataclass(frozen=True)
class Config:
    hidden: int = 128  # units in each of the two hidden layers, of actor and critics alike
    lr: float = 1e-3  # step size of Adam
    updates: int = 305  # roll-outs that are learnt from
    envs: int = 1  # pendulums side by side
    rollout: int = 64  # steps of each in one roll-out
    batches: int = 64  # minibatches after each roll-out
    batch: int = 256  # steps in a minibatch
    gamma: float = 0.99  # a reward k steps away counts gamma^k
    tau: float = 0.005  # how fast the old critics follow
    learning_starts: int = 500  # steps that are drawn evenly, at first

    def __post_init__(self) -> None:
        positive(self, "hidden", "lr", "updates", "envs", "rollout", "batches", "batch")
        for name in ("gamma", "tau"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be from 0 to 1, not {getattr(self, name)}")
        if self.learning_starts < 0:
            raise ValueError(f"learning_starts must not be below 0, not {self.learning_starts}")


def pendulum(**options: Any) -> Any:
    return gym.wrappers.RescaleAction(gym.make("Pendulum-v1", **options), np.float32(-1), np.float32(1))


def make(config: Config, rng: Rng, data: Any) -> SAC:
    exam = ReturnExam(
        partial(make_envs, pendulum),
        reference=-151,
        family=SQUASHED,
        film=partial(pendulum, render_mode="rgb_array"),
        reference_name="TQC, as published in the zoo of Stable-Baselines3",
    )
    actor = MLP(3, config.hidden, config.hidden, 2, last_gain=0.1)
    critics = MLP(4, config.hidden, config.hidden, 1, members=2)
    return SAC(
        actor,
        critics,
        exam.make_envs,
        exam,
        config.lr,
        rng,
        updates=config.updates,
        n=config.envs,
        T=config.rollout,
        batches=config.batches,
        batch=config.batch,
        memory=100_000,
        gamma=config.gamma,
        follow=config.tau,
        blind=config.learning_starts,
    )
