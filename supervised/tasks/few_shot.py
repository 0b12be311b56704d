"""Sinusoids from ten examples each: a network that has learnt to learn them, MAML with learnt step sizes."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from core import MLP, Adam, Rng, mse, tanh
from core.lab import check
from core.lab.compare.cell import Cell
from supervised.meta.maml import MAML, MAMLConfig, Tasks
from supervised.meta.sinusoids import Sinusoids, sinusoids

PARADIGM = "supervised"
ABOUT = """
A task is a sine wave of unknown height and phase, and ten of its points are all there is to learn it from. The
network learns how to learn: a start and step sizes from which ten gradient steps solve a wave it never saw. In go
the points, out comes the whole curve. Good is a test mean squared error below 0.01; the mean of all waves has about
3.
"""


@dataclass(frozen=True)
class Config(MAMLConfig):
    hidden: int = 40  # units in each of the two hidden layers, tanh
    shots: int = 10  # examples of a task that it is learnt from
    queries: int = 20  # examples of a task that the outer loss is taken at
    lr: float = 0.002  # step size of Adam in the outer loop at its highest; falls to 0 as a cosine

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, positive=("hidden", "shots", "queries", "lr"))


def passes(config: Config) -> float:
    """Of one example, a mean over shots and queries: 3 for each gradient, 12 where it is one of complex numbers."""
    a_shot = config.steps * (15 if config.second_order else 3)
    a_query = 3 * (config.steps if config.step_loss_weight else 1)
    return (config.shots * a_shot + config.queries * a_query) / (config.shots + config.queries)


CELL = Cell(passes=passes)
PRESETS = {"quick": {"updates": 500}, "best": {"updates": 9000}}


def make(config: Config, rng: Rng, data: Any) -> MAML:
    build = partial(MLP, 1, config.hidden, config.hidden, 1, activation=tanh)

    def draw(rng: Rng, E: int) -> Tasks:
        return sinusoids(rng, E, config.shots, config.queries)

    return MAML(build, draw, Adam(config.lr), rng, config, rule=mse, exam=Sinusoids(build, config.shots, config.steps))
