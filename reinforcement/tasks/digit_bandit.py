"""Learn to read digits from being told only right or wrong: one guess a picture, by REINFORCE."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from core.lab.compare.cell import Cell
from core.lab.config import positive
from core.lab.envs.vector import Envs
from core.lab.vision.augment import AffineElastic
from core.layers import Rng
from core.network import MLP
from core.optimizers import Adam
from reinforcement.envs.digit_bandit import DigitBandits
from reinforcement.evaluate import GuessExam
from reinforcement.reinforce import REINFORCE

PARADIGM = "reinforcement"
PROBLEM = "digits"
LABELS = 237  # of the validation part, which choose the weights and tell more than right or wrong
CELL = Cell(
    given="That a digit stays what it is when it is moved, turned and stretched a little.",
    trials=12,
    passes=4,
    bits=lambda answers: answers + LABELS * (math.log2(10) - 1),
    teacher="right or wrong",
)
PRESETS = {"quick": {"updates": 40}, "best": {"updates": 400}}


@dataclass(frozen=True)
class Config:
    hidden: int = 128  # units in the hidden layer
    lr: float = 3e-3  # step size of Adam at the start; it falls to 0 linearly
    updates: int = 160  # each of 50 batches of guesses
    batch: int = 64  # guesses between two steps
    entropy_weight: float = 0.1  # of the reward for staying undecided, at the start; it falls to 0 linearly
    baseline_momentum: float = 0.01  # how fast the expected reward follows what is earned
    deform: float = 1.0  # how far pictures are shifted, turned and stretched anew each time; 0 shows them as they are

    def __post_init__(self) -> None:
        positive(self, "hidden", "lr", "updates", "batch")
        for name in ("entropy_weight", "deform"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must not be below 0, not {getattr(self, name)}")
        if not 0 < self.baseline_momentum <= 1:
            raise ValueError(f"baseline_momentum must be above 0 and at most 1, not {self.baseline_momentum}")


def make(config: Config, rng: Rng, data: Any) -> REINFORCE:
    splits = data("digits")
    exam = GuessExam(splits, C=10)
    k = config.deform
    strength = AffineElastic(shift=0.4 * k, turn=0.1 * k, stretch=0.1 * k, shear=0.1 * k) if k else None

    def make_envs(n: int, rng: Rng) -> Envs:
        return Envs(DigitBandits(n, splits.x_train, splits.t_train, 10, strength), rng, "digit bandit")

    return REINFORCE(
        MLP(64, config.hidden, 10),
        make_envs,
        exam,
        Adam(config.lr),
        rng,
        updates=config.updates,
        batches=50,
        n=config.batch,
        entropy_weight=config.entropy_weight,
        memory=config.baseline_momentum,
    )
