"""Walk over rough ground on two legs, with a rangefinder (BipedalWalker-v3), by SAC."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from core import Rng
from reinforcement.envs.locomotion import RobotConfig, agent, answers, boxed
from reinforcement.predictor import AgentPredictor
from reinforcement.sac import SAC

PARADIGM = "reinforcement"
ABOUT = """
Teach a robot to walk over rough ground on two legs. In go 24 numbers: angles and speeds of its joints, whether its
feet touch, and ten distances that a rangefinder measures. Out come four torques, from -1 to 1. Getting to the end
earns about 300, a fall costs 100, and force costs a little. A random agent gets about -100; 300 counts as solved.
"""
NEEDS = {"Box2D": "trivium[robots]"}
PRESETS = {
    "quick": {"timesteps": 10_000, "learning_starts": 1_000, "hidden": 64, "episodes": 20},
    "best": {"timesteps": 200_000},
}


@dataclass(frozen=True)
class Config(RobotConfig):
    lr: float = 7e-4  # step size of Adam
    gamma: float = 0.98  # a reward k steps away counts gamma^k
    tau: float = 0.02  # how fast the old critics follow


def predictor(config: Config, facts: Any) -> AgentPredictor:
    return answers(partial(boxed, "BipedalWalker-v3"), config)


def make(config: Config, rng: Rng, data: Any) -> SAC:
    return agent(partial(boxed, "BipedalWalker-v3"), config, rng, 298)
