"""Land softly between two flags, with a main engine and two at the sides (LunarLander-v3), by PPO."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from core.initializers import orthogonal
from core.lab.config import positive
from core.layers import Layer, Rng, tanh
from core.network import MLP
from core.optimizers import Adam
from reinforcement.envs.lunar_lander import exam, in_hundreds
from reinforcement.ppo import PPO
from reinforcement.running_stats import RunningMeanStd

PARADIGM = "reinforcement"
PROBLEM = "lunar_lander"
NEEDS = {"Box2D": "trivium[robots]"}
PRESETS = {"quick": {"timesteps": 30_000, "rollout": 128, "lr": 1e-3, "flights": 10}, "best": {"timesteps": 1_000_000}}


@dataclass(frozen=True)
class Config:
    timesteps: int = 400_000  # to learn from
    hidden: int = 64  # units in each of the two hidden layers, of actor and critic alike
    lr: float = 3e-4  # step size of Adam at the start; it falls to 0 linearly
    envs: int = 16  # landers side by side
    rollout: int = 1024  # steps of each in one roll-out
    epochs: int = 4  # passes over a roll-out
    batch: int = 64  # steps in a minibatch
    gamma: float = 0.999  # a reward k steps away counts gamma^k
    lam: float = 0.98  # how far an advantage looks beyond the critic: 0 one step, 1 to the end
    entropy_weight: float = 0.01  # of the reward for staying undecided
    flights: int = 100  # episodes that judge

    def __post_init__(self) -> None:
        positive(self, "timesteps", "hidden", "lr", "envs", "rollout", "epochs", "batch", "flights")
        for name in ("gamma", "lam"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be from 0 to 1, not {getattr(self, name)}")
        if not self.entropy_weight >= 0:
            raise ValueError(f"entropy_weight must not be below 0, not {self.entropy_weight}")


def mlp(config: Config, outputs: int, gain: float) -> Layer:
    return MLP(
        8,
        config.hidden,
        config.hidden,
        outputs,
        activation=tanh,
        init=orthogonal,
        gain=2**0.5,
        last=orthogonal,
        last_gain=gain,
    )


def make(config: Config, rng: Rng, data: Any) -> PPO:
    judge = exam(config.flights)
    return PPO(
        mlp(config, 4, 0.01),
        mlp(config, 1, 1.0),
        in_hundreds,
        judge,
        Adam(config.lr, eps=1e-5),
        rng,
        updates=math.ceil(config.timesteps / config.envs / config.rollout),
        n=config.envs,
        T=config.rollout,
        epochs=config.epochs,
        batch=config.batch,
        gamma=config.gamma,
        lam=config.lam,
        entropy_weight=config.entropy_weight,
        seen=RunningMeanStd(8),
    )
