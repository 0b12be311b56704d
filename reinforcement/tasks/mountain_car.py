"""Drive a car up a hill too steep for its engine (MountainCar-v0), with no hint before the top, by evolution."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core import MLP, Adam, Layer, Rng, Sequential, activation, tanh
from reinforcement.envs.classic_control import MOUNTAIN_CAR, classic_exam
from reinforcement.evaluate import ReturnExam
from reinforcement.evolution import Evolution, EvolutionConfig
from reinforcement.predictor import AgentPredictor

PARADIGM = "reinforcement"
ABOUT = """
Drive a car out of a valley whose hill is too steep for its engine: it must swing back and forth first. In go position
and speed; out comes a push to the left, none, or to the right. Every step costs 1 until the car is on the hill, so
nothing hints at the goal before. After 200 steps an episode is cut off: a random agent gets -200. About -100 is as
good as published agents.
"""
PRESETS = {"quick": {"updates": 60}, "best": {"updates": 500}}


@dataclass(frozen=True)
class Config(EvolutionConfig):
    hidden: int = 32  # units in the hidden layer
    lr: float = 0.1  # step size of Adam at the start; it falls to 0 linearly
    updates: int = 150  # each of some episodes of every perturbed network
    pairs: int = 64  # noises, each added once and subtracted once
    episodes: int = 8  # of every perturbed network in an update
    sigma: float = 0.3  # deviation of the noise


def network(config: Config, members: int | None = None) -> Layer:
    """The last layer starts at 0, so that what perturbed networks do is all noise at first, and each another thing."""
    low, high = np.array(MOUNTAIN_CAR.low, np.float32), np.array(MOUNTAIN_CAR.high, np.float32)
    scale = 2 / (high - low)  # a velocity is at most 0.07: as it comes a network would hardly see it
    even = activation(lambda x: ((x - low) * scale - 1, lambda: np.broadcast_to(scale, x.shape).copy()))
    even = replace(even, op="affine", constants={"scale": scale, "shift": -low * scale - 1})
    return Sequential(even, MLP(2, config.hidden, 3, activation=tanh, last_gain=0.0, members=members))


def exam() -> ReturnExam:
    reference = "DQN, as published in the zoo of Stable-Baselines3"
    return classic_exam(MOUNTAIN_CAR, -100.8, reference, 100, "+val_return")


def predictor(config: Config, facts: Any) -> AgentPredictor:
    return AgentPredictor(network(config), exam().make_envs)


def make(config: Config, rng: Rng, data: Any) -> Evolution:
    """Whoever draws its actions step by step never comes up the hill; perturbed weights drive on as they once chose."""
    judged, crowd = exam(), network(config, 2 * config.pairs)
    return Evolution(network(config), crowd, judged.make_envs, judged, Adam(config.lr), rng, config)
