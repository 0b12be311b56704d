"""Walk along a cliff to the other end: a step costs 1, a fall 100 and the way back."""

from typing import Any

from core import Rng
from reinforcement.dqn import DQN
from reinforcement.envs.toy_text import ToyText as Config, answers, learner, table
from reinforcement.predictor import AgentPredictor

PARADIGM = "reinforcement"
ABOUT = """
Walk from one end of a cliff to the other on a grid. In goes the number of the cell; out comes one of four directions.
A step costs 1; a fall off the cliff costs 100 and leads back to the start. The best return is -13, along the edge.
What a policy earns is worked out exactly on the table of the world; good is as much as value iteration, which knows
it.
"""
LIMIT = 500  # steps; Gymnasium sets none
PRESETS = {"quick": {"updates": 60}, "best": {"updates": 200}}


def predictor(config: Config, facts: Any) -> AgentPredictor:
    return answers(config, *table("CliffWalking-v1", LIMIT))


def make(config: Config, rng: Rng, data: Any) -> DQN:
    return learner(config, *table("CliffWalking-v1", LIMIT), rng)
