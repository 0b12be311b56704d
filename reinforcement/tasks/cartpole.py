"""Balance a pole on a cart, from nothing but the reward of not falling (CartPole-v1), by PPO."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core.initializers import Array, orthogonal
from core.lab.compare.cell import Cell
from core.lab.config import positive
from core.lab.envs.vector import make as make_envs
from core.lab.learner import Report
from core.layers import Layer, Rng, tanh
from core.network import MLP
from core.optimizers import Adam
from reinforcement.evaluate import Logits, ReturnExam
from reinforcement.ppo import PPO

PARADIGM = "reinforcement"
PROBLEM = "cartpole"
PRESETS: dict[str, dict[str, int]] = {"quick": {"updates": 25}, "best": {}}
CELL = Cell(bits=1, trials=12, passes=lambda config: 2 + 3 * config.epochs)  # acting and the next value are half each
LIMIT, LONG = 500, 1000  # steps of an episode, and of one that chooses


@dataclass(frozen=True)
class Config:
    hidden: int = 64  # units in each of the two hidden layers, of actor and critic alike
    lr: float = 1.5e-3  # step size of Adam at the start; it falls to 0 linearly
    updates: int = 39  # roll-outs that are learnt from
    envs: int = 16  # cart-poles side by side
    rollout: int = 32  # steps of each in one roll-out
    epochs: int = 10  # passes over a roll-out
    batch: int = 32  # steps in a minibatch
    gamma: float = 0.99  # a reward k steps away counts gamma^k
    lam: float = 0.95  # how far an advantage looks beyond the critic: 0 one step, 1 to the end
    clip: float = 0.2  # how far the probability of an action may move in one update, relatively
    value_weight: float = 0.25  # of the critic's squared error
    entropy_weight: float = 0.0  # of the reward for staying undecided
    max_norm: float = 0.5  # longer gradients are cut to this length

    def __post_init__(self) -> None:
        positive(self, "hidden", "lr", "updates", "envs", "rollout", "epochs", "batch", "clip", "max_norm")
        for name in ("gamma", "lam"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be from 0 to 1, not {getattr(self, name)}")
        for name in ("value_weight", "entropy_weight"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must not be below 0, not {getattr(self, name)}")


def lean(obs: Array) -> Array:
    """Push towards where the pole is about to lean: angle + angular velocity > 0 (B,)."""
    return (obs[:, 2] + obs[:, 3] > 0).astype(np.int64)


def mlp(config: Config, outputs: int, gain: float) -> Layer:
    return MLP(
        4,
        config.hidden,
        config.hidden,
        outputs,
        activation=tanh,
        init=orthogonal,
        gain=2**0.5,
        last=orthogonal,
        last_gain=gain,
    )


@dataclass(frozen=True)
class LongExam:
    """Weights are chosen by episodes that are cut off after 1,000 steps and judged by those of the rules, of 500.

    Half way through a run many agents reach 500 on all episodes that choose, and fail one in some hundreds: those that
    last twice as long have the margin. The first 500 steps of a long episode are one of the rules: `val_return`.
    """

    long: ReturnExam
    own: ReturnExam
    monitor: str = "+val_score"
    labels: int = 0

    def validate(self, logits: Logits) -> dict[str, float]:
        G, lengths = self.long.trial(logits)
        n, short = self.long.n_val, np.minimum(G, LIMIT)
        return {
            "val_return": float(short[:n].mean()),
            "val_return_sampled": float(short[n:].mean()),
            "val_score": float(G.mean()),
            "answers": float(lengths.sum()),
        }

    def report(self, logits: Logits, folder: Path | None) -> Report:
        return self.own.report(logits, folder)


def make(config: Config, rng: Rng, data: Any) -> PPO:
    own = ReturnExam(
        partial(make_envs, "CartPole-v1"),
        reference=LIMIT,
        film="CartPole-v1",
        reference_name="the time limit: the best possible",
        baselines={"push towards the lean": lean},
    )
    exam = LongExam(replace(own, make_envs=partial(make_envs, "CartPole-v1", max_episode_steps=LONG), n_val=10), own)
    return PPO(
        mlp(config, 2, 0.01),
        mlp(config, 1, 1.0),
        own.make_envs,
        exam,
        Adam(config.lr, eps=1e-5),
        rng,
        updates=config.updates,
        n=config.envs,
        T=config.rollout,
        epochs=config.epochs,
        batch=config.batch,
        gamma=config.gamma,
        lam=config.lam,
        clip=config.clip,
        value_weight=config.value_weight,
        entropy_weight=config.entropy_weight,
        max_norm=config.max_norm,
    )
