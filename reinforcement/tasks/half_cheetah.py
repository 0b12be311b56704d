"""Run on two legs as fast as they go (HalfCheetah-v5), by SAC."""

from functools import partial
from typing import Any

from core import Rng
from reinforcement.envs.locomotion import RobotConfig as Config, agent, answers, jointed
from reinforcement.predictor import AgentPredictor
from reinforcement.sac import SAC

PARADIGM = "reinforcement"
ABOUT = """
Teach a flat two-legged robot to run as fast as it can. In go 17 numbers, angles and speeds of its joints; out come
six torques, from -1 to 1. Each step earns the speed forward, less a little for force. An episode lasts 1,000 steps. A
random agent earns about -280. Several thousand is a real run; about 9,500 is as good as published agents.
"""
NEEDS = {"mujoco": "trivium[robots]"}
PRESETS = {
    "quick": {"timesteps": 10_000, "learning_starts": 1_000, "hidden": 64, "episodes": 20},
    "best": {"timesteps": 200_000},
}


def predictor(config: Config, facts: Any) -> AgentPredictor:
    return answers(partial(jointed, "HalfCheetah-v5"), config)


def make(config: Config, rng: Rng, data: Any) -> SAC:
    return agent(partial(jointed, "HalfCheetah-v5"), config, rng, 9535)
