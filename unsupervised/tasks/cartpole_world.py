"""Balance a pole on a cart by thinking ahead: idle play teaches what follows what, no reward is seen (CartPole-v1)."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from core import MLP, Adam, Layer, Rng, tanh
from core.lab import Cell, check
from core.lab.packed import vector
from core.lab.problems.cartpole import VAL_SEED, distance, environments, expert, mean_return, report
from unsupervised.world_model import Planner, WorldModel, WorldModelConfig

PARADIGM = "unsupervised"
PROBLEM = "cartpole"
ABOUT = """Random actions on a cart with a pole go in; no reward is seen. A model comes out that predicts what each
action does, and a planner that keeps the pole upright with it, since the goal is given as a distance. The score is
the mean return of 100 episodes: the steps before the pole falls, at most 500. Random actions last a few dozen steps;
a good run comes near the limit."""
PRESETS = {"quick": {"updates": 3000}, "best": {}}
FACTS = {"spread": [float], "pace": [float]}  # deviations of observations and of their changes, in idle play
CELL = Cell(given="The goal, as a distance: upright, in the middle. Idle play: 16,000 random steps.", trials=12, bits=0)


@dataclass(frozen=True)
class Config(WorldModelConfig):
    hidden: int = 64  # units in each of the two hidden layers
    lr: float = 0.01  # step size of Adam at the start; falls to 0 as a cosine
    depth: int = 20  # steps that are thought ahead

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, positive=("hidden", "lr"))


def network(config: Config) -> Layer:
    """The change of four numbers after each of two actions."""
    return MLP(4, config.hidden, config.hidden, 2 * 4, activation=tanh)


def predictor(config: Config, facts: Any) -> Planner:
    spread, pace = (vector(facts[name], above=0) for name in FACTS)
    if len(spread) != 4 or len(pace) != 4:
        raise ValueError(f"cart-pole shows 4 numbers, not {len(spread)} and {len(pace)}")
    return Planner(network(config), spread, pace, distance, config.width, config.depth)


def make(config: Config, rng: Rng, data: Any) -> WorldModel:
    reporter = partial(report, baselines={"an expert's rule": expert})
    observed = partial(mean_return, n=5, first=VAL_SEED)
    return WorldModel(network(config), environments, distance, reporter, observed, Adam(config.lr), rng, config)
