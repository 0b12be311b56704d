"""Hop on one leg without falling (Hopper-v5), by SAC."""

from functools import partial
from typing import Any

from core import Rng
from reinforcement.envs.locomotion import RobotConfig as Config, agent, answers, jointed
from reinforcement.predictor import AgentPredictor
from reinforcement.sac import SAC

PARADIGM = "reinforcement"
ABOUT = """
Teach a robot with one leg to hop forward without falling. In go 11 numbers, angles and speeds of its joints; out come
three torques, from -1 to 1. Each step earns 1 for standing, and the speed forward; the episode ends when it falls, or
after 1,000 steps. A random agent earns about 18; above 1,000 it hops on for a while, and about 2,300 is as good as
published agents.
"""
NEEDS = {"mujoco": "trivium[robots]"}
PRESETS = {
    "quick": {"timesteps": 10_000, "learning_starts": 1_000, "hidden": 64, "episodes": 20},
    "best": {"timesteps": 200_000},
}


def predictor(config: Config, facts: Any) -> AgentPredictor:
    return answers(partial(jointed, "Hopper-v5"), config)


def make(config: Config, rng: Rng, data: Any) -> SAC:
    return agent(partial(jointed, "Hopper-v5"), config, rng, 2325)
