"""Swing a two-jointed arm above the bar by a motor in its elbow (Acrobot-v1), by PPO."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.initializers import orthogonal
from core.lab.config import positive
from core.layers import Layer, Rng, tanh
from core.network import MLP
from core.optimizers import Adam
from reinforcement.envs.classic_control import ACROBOT, exam
from reinforcement.ppo import PPO
from reinforcement.running_stats import RunningMeanStd

PARADIGM = "reinforcement"
PROBLEM = "acrobot"
PRESETS = {"quick": {"updates": 15}, "best": {"updates": 100}}


@dataclass(frozen=True)
class Config:
    hidden: int = 64  # units in each of the two hidden layers, of actor and critic alike
    lr: float = 2e-3  # step size of Adam at the start; it falls to 0 linearly
    updates: int = 40  # roll-outs that are learnt from
    envs: int = 64  # arms side by side
    rollout: int = 128  # steps of each in one roll-out
    epochs: int = 4  # passes over a roll-out
    batch: int = 256  # steps in a minibatch
    gamma: float = 0.99  # a reward k steps away counts gamma^k
    lam: float = 0.95  # how far an advantage looks beyond the critic: 0 one step, 1 to the end
    entropy_weight: float = 0.01  # of the reward for staying undecided

    def __post_init__(self) -> None:
        positive(self, "hidden", "lr", "updates", "envs", "rollout", "epochs", "batch")
        for name in ("gamma", "lam"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be from 0 to 1, not {getattr(self, name)}")


def mlp(config: Config, outputs: int, gain: float) -> Layer:
    return MLP(
        6,
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
    judge = exam(ACROBOT, -69, "the best of the zoo of Stable-Baselines3, as published", n_val=50)
    return PPO(
        mlp(config, 3, 0.01),
        mlp(config, 1, 1.0),
        judge.fast.make_envs,
        judge,
        Adam(config.lr, eps=1e-5),
        rng,
        updates=config.updates,
        n=config.envs,
        T=config.rollout,
        epochs=config.epochs,
        batch=config.batch,
        gamma=config.gamma,
        lam=config.lam,
        entropy_weight=config.entropy_weight,
        seen=RunningMeanStd(6),
    )
