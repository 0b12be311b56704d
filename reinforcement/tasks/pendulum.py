"""Swing a pendulum up and hold it there, by a torque too weak to lift it at once (Pendulum-v1), by SAC."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np

from core import Rng
from core.lab.envs.vector import make as make_envs
from reinforcement.distributions import SQUASHED
from reinforcement.evaluate import ReturnExam
from reinforcement.networks import actor_and_two_critics
from reinforcement.predictor import AgentPredictor
from reinforcement.sac import SAC, SACConfig, soft_actor

PARADIGM = "reinforcement"
ABOUT = """
Swing a pendulum up and hold it there; the motor is too weak to lift it at once. In go three numbers, sine and cosine
of the angle and its speed; out comes a torque, a real number. Each step costs the squared angle, and a little for
speed and torque. An episode lasts 200 steps. A random agent gets about -1200; about -150 is as good as the best
published agents.
"""
PRESETS = {"quick": {"hidden": 64, "updates": 80}}


@dataclass(frozen=True)
class Config(SACConfig):
    hidden: int = 128  # units in each of the two hidden layers, of actor and critics alike
    lr: float = 1e-3  # step size of Adam
    updates: int = 305  # roll-outs that are learnt from
    learning_starts: int = 500  # steps that are drawn evenly, at first


def pendulum(**options: Any) -> Any:
    return gym.wrappers.RescaleAction(gym.make("Pendulum-v1", **options), np.float32(-1), np.float32(1))


def predictor(config: Config, facts: Any) -> AgentPredictor:
    return soft_actor(actor_and_two_critics(3, config.hidden, 1), config.alpha, partial(make_envs, pendulum))


def make(config: Config, rng: Rng, data: Any) -> SAC:
    exam = ReturnExam(
        partial(make_envs, pendulum),
        reference=-151,
        family=SQUASHED,
        film=partial(pendulum, render_mode="rgb_array"),
        reference_name="TQC, as published in the zoo of Stable-Baselines3",
    )
    return SAC(*actor_and_two_critics(3, config.hidden, 1), exam.make_envs, exam, config.lr, rng, config)
