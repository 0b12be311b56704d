"""Learn to read digits from being told only right or wrong: one guess a picture, by REINFORCE."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import MLP, Adam, Layer, Rng
from core.lab import Cell
from core.lab.envs.vector import Envs
from reinforcement.envs.digit_bandit import DigitBandits, deformed_by
from reinforcement.evaluate import GuessExam
from reinforcement.predictor import AgentPredictor
from reinforcement.reinforce import REINFORCE, REINFORCEConfig

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
ABOUT = """
Learn to read handwritten digits from being told only right or wrong. In goes a picture of 8 x 8 pixels; out comes one
guess, 0 to 9, which earns 1 if it is right and 0 if not. A wrong guess never learns which digit it was. The score is
the accuracy on unseen pictures: 10 % by chance, about 98 to 99 % for a good classifier that was given the labels.
"""
PRESETS = {"quick": {"updates": 40}, "best": {"updates": 400}}


@dataclass(frozen=True)
class Config(REINFORCEConfig):
    nonnegative = "entropy_weight", "deform"

    hidden: int = 128  # units in the hidden layer
    lr: float = 3e-3  # step size of Adam at the start; it falls to 0 linearly
    updates: int = 160  # each of some batches of guesses
    batches: int = 50  # steps of Adam in an update
    batch: int = 64  # guesses between two of them
    entropy_weight: float = 0.1  # of the reward for staying undecided, at the start; it falls to 0 linearly
    deform: float = 1.0  # how far pictures are shifted, turned and stretched anew each time; 0 shows them as they are


def network(config: Config) -> Layer:
    return MLP(64, config.hidden, 10)


def predictor(config: Config, facts: Any) -> AgentPredictor:
    def blank(n: int, rng: Rng) -> Envs:
        return Envs(DigitBandits(n, np.zeros((1, 64), np.float32), np.zeros(1, np.int64)), rng, "digit bandit")

    return AgentPredictor(network(config), blank)


def make(config: Config, rng: Rng, data: Any) -> REINFORCE:
    splits, strength = data("digits"), deformed_by(config.deform)

    def make_envs(n: int, rng: Rng) -> Envs:
        return Envs(DigitBandits(n, splits.x_train, splits.t_train, 10, strength), rng, "digit bandit")

    exam = GuessExam(splits, C=10)
    return REINFORCE(network(config), make_envs, exam, Adam(config.lr), rng, config)
