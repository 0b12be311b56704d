"""Blackjack: take another card or stick, against a dealer who draws below 17; even the best player loses a little."""

from dataclasses import dataclass
from typing import Any

import gymnasium as gym
from gymnasium.spaces import Discrete
from gymnasium.wrappers import TransformObservation

from core import Rng
from reinforcement.dqn import DQN
from reinforcement.envs.blackjack import OBSERVATIONS, SHAPE, blackjack, place
from reinforcement.envs.toy_text import ToyText, answers, learner
from reinforcement.predictor import AgentPredictor

PARADIGM = "reinforcement"
ABOUT = """
Play blackjack against a dealer who draws below 17. In go your sum, the dealer's open card, and whether you hold an
ace that counts 11; out comes "take a card" or "stick". A win earns 1, a loss costs 1. Even the best player loses a
little, about 0.05 a game. What a policy earns is worked out exactly on a table; good is as much as value iteration,
which knows all probabilities.
"""
PRESETS = {"quick": {"updates": 60, "batch": 256}, "best": {"updates": 800}}


@dataclass(frozen=True)
class Config(ToyText):
    updates: int = 400  # roll-outs that are learnt from
    batch: int = 512  # steps in a minibatch
    gamma: float = 1.0  # a reward k steps away counts gamma^k


def table(**options: Any) -> Any:
    env = gym.make("Blackjack-v1", **options)
    return TransformObservation(env, lambda seen: place(*seen), Discrete(OBSERVATIONS))


def predictor(config: Config, facts: Any) -> AgentPredictor:
    return answers(config, blackjack(), table, *SHAPE)


def make(config: Config, rng: Rng, data: Any) -> DQN:
    return learner(config, blackjack(), table, rng, *SHAPE)
