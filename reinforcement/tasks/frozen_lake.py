"""Cross a frozen lake without falling into a hole, on ice where one step in three goes where it should."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core import Rng
from core.lab import check
from reinforcement.dqn import DQN
from reinforcement.envs.toy_text import ToyText, answers, learner, table
from reinforcement.predictor import AgentPredictor
from reinforcement.tabular import TabularMDP

PARADIGM = "reinforcement"
ABOUT = """
Cross a frozen lake without falling into a hole. In goes the number of the cell; out comes one of four directions, but
on slippery ice only one step in three goes there. Reaching the goal earns 1, all else nothing. What a policy earns is
worked out exactly on the table of the world; value iteration, which knows it, arrives in about three of four walks.
"""
LIMITS = {"4x4": 100, "8x8": 200}  # steps, as Gymnasium has them
PRESETS = {"quick": {"updates": 60}, "best": {"updates": 400}}


@dataclass(frozen=True)
class Config(ToyText):
    map: str = "4x4"  # or 8x8
    slippery: bool = True  # whether two steps in three go to the side

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, among={"map": LIMITS})


def lake(config: Config) -> tuple[TabularMDP, Callable[..., Any]]:
    options = {"map_name": config.map, "is_slippery": config.slippery}
    return table("FrozenLake-v1", LIMITS[config.map], **options)


def predictor(config: Config, facts: Any) -> AgentPredictor:
    return answers(config, *lake(config))


def make(config: Config, rng: Rng, data: Any) -> DQN:
    return learner(config, *lake(config), rng)
