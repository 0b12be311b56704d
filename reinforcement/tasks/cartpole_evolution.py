"""Balance a pole on a cart without any gradient: shake the weights, keep what lasts longer (CartPole-v1)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from core.lab.compare.cell import Cell
from core.lab.config import positive
from core.lab.envs.vector import make as make_envs
from core.layers import Rng, tanh
from core.network import MLP
from core.optimizers import Adam
from reinforcement.evaluate import ReturnExam
from reinforcement.evolution import Evolution

PARADIGM = "reinforcement"
PROBLEM = "cartpole"
CELL = Cell(bits=1, trials=12, passes=1)  # every step is acted in once, and nothing goes back
PRESETS = {"quick": {"updates": 40}, "best": {"updates": 100, "pairs": 64}}


@dataclass(frozen=True)
class Config:
    hidden: int = 16  # units in the hidden layer
    lr: float = 0.15  # step size of Adam at the start; it falls to 0 linearly
    updates: int = 60  # each of one episode of every shaken network
    pairs: int = 32  # noises, each added once and subtracted once
    sigma: float = 0.2  # deviation of the noise

    def __post_init__(self) -> None:
        positive(self, "hidden", "lr", "updates", "pairs", "sigma")


def make(config: Config, rng: Rng, data: Any) -> Evolution:
    exam = ReturnExam(
        partial(make_envs, "CartPole-v1"),
        reference=500,
        film="CartPole-v1",
        reference_name="the time limit: the best possible",
        monitor="+val_return",
    )
    net, crowd = (MLP(4, config.hidden, 2, activation=tanh, members=E) for E in (None, 2 * config.pairs))
    return Evolution(
        net,
        crowd,
        exam.make_envs,
        exam,
        Adam(config.lr),
        rng,
        updates=config.updates,
        m=config.pairs,
        sigma=config.sigma,
    )
