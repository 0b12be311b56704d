"""Drive a taxi: fetch the passenger, bring them where they want to go, and waste no step."""

from typing import Any

from core import Rng
from reinforcement.dqn import DQN
from reinforcement.envs.toy_text import ToyText as Config, answers, learner, table
from reinforcement.predictor import AgentPredictor

PARADIGM = "reinforcement"
ABOUT = """
Drive a taxi on a grid: fetch a passenger and bring them where they want to go. In goes a number that says where the
taxi, the passenger and the goal are; out comes one of six actions. A step costs 1, a wrong stop 10, and delivery
earns 20. What a policy earns is worked out exactly on the table of the world; value iteration, which knows it, earns
about 7.9.
"""
LIMIT = 200  # steps, as Gymnasium has it
PRESETS = {"quick": {"updates": 120}, "best": {"updates": 300}}


def predictor(config: Config, facts: Any) -> AgentPredictor:
    return answers(config, *table("Taxi-v4", LIMIT))


def make(config: Config, rng: Rng, data: Any) -> DQN:
    return learner(config, *table("Taxi-v4", LIMIT), rng)
