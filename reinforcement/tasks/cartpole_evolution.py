"""Balance a pole on a cart without any gradient: perturb the weights, keep what lasts longer (CartPole-v1)."""

from dataclasses import dataclass
from typing import Any

from core import MLP, Adam, Layer, Rng, tanh
from core.lab import Cell
from core.lab.problems.cartpole import environments
from reinforcement.envs.classic_control import cartpole_exam
from reinforcement.evolution import Evolution, EvolutionConfig
from reinforcement.predictor import AgentPredictor

PARADIGM = "reinforcement"
PROBLEM = "cartpole"
CELL = Cell(bits=1, trials=12, passes=1)  # every step is acted in once, and nothing goes back
ABOUT = """
Balance a pole on a cart without any gradient. Many copies of a small network, each with other noise on its weights,
play an episode; the weights then move towards the copies that lasted longer. In go four numbers about cart and pole,
out comes a push to the left or right. Each step that the pole stands earns 1. The best possible score is 500 steps,
which a good run reaches.
"""
PRESETS = {"quick": {"updates": 40}, "best": {"updates": 100, "pairs": 64}}


@dataclass(frozen=True)
class Config(EvolutionConfig):
    hidden: int = 16  # units in the hidden layer
    lr: float = 0.15  # step size of Adam at the start; it falls to 0 linearly
    updates: int = 60  # each of some episodes of every perturbed network
    sigma: float = 0.2  # deviation of the noise


def network(config: Config, members: int | None = None) -> Layer:
    return MLP(4, config.hidden, 2, activation=tanh, members=members)


def predictor(config: Config, facts: Any) -> AgentPredictor:
    return AgentPredictor(network(config), environments)


def make(config: Config, rng: Rng, data: Any) -> Evolution:
    exam, crowd = cartpole_exam(monitor="+val_return"), network(config, 2 * config.pairs)
    return Evolution(network(config), crowd, exam.make_envs, exam, Adam(config.lr), rng, config)
