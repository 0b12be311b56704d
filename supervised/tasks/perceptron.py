"""The perceptron on AND, OR, XOR or two clouds of points: what one line can separate, and what needs two layers."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core import Rng
from core.lab.config import check
from core.lab.data.splits import SEED, Splits, split
from supervised.lessons.perceptron import Fires, Perceptron, neurons
from supervised.lessons.perceptron_report import perceptron_report
from supervised.predictor import SupervisedPredictor

PARADIGM = "supervised"
ABOUT = """
The first neuron that learnt, from 1958: it fires where a weighted sum is above zero, and changes its weights only
when it is wrong. In go two numbers, out comes 0 or 1. It learns AND and OR, but never XOR; the report proves why,
and shows that two layers can. The score is the accuracy; 1 on AND and OR, at most 0.75 on XOR.
"""
TABLES = {"and": (0, 0, 0, 1), "or": (0, 1, 1, 1), "xor": (0, 1, 1, 0)}  # of (0, 0), (0, 1), (1, 0), (1, 1)
PROBLEMS = {**{name: (name,) for name in TABLES}, "logic": tuple(TABLES), "clouds": ("clouds",)}  # a neuron each


@dataclass(frozen=True)
class Config:
    problem: str = "logic"  # and, or, xor, logic (these three, a neuron each), or clouds
    passes: int = 100  # over the examples, at most; it stops after one without a mistake
    points: int = 300  # of the two clouds together
    distance: float = 5.0  # between the centres of the clouds; each has standard deviation 1

    def __post_init__(self) -> None:
        check(self, positive=("passes", "distance"), span={"points": (20, 10_000)}, among={"problem": PROBLEMS})


PRESETS: dict[str, dict[str, Any]] = {"quick": {}, "best": {"passes": 1000}}


def table(*names: str) -> Splits:
    """The truth tables of these functions: x (4, 2), t (4, O). All there is to know, so each part is the whole."""
    x = np.array([(0, 0), (0, 1), (1, 0), (1, 1)], np.float32)
    t = np.array([TABLES[name] for name in names], np.float32).T
    return Splits(x, t, x, t, x, t)


def clouds(points: int, distance: float) -> Splits:
    """Two round clouds on either side of (2, 1), the same for every seed: x (N, 2), t (N, 1)."""
    rng = np.random.RandomState(SEED)
    t = rng.randint(2, size=points)
    x = rng.standard_normal((points, 2)) + (2, 1) + np.outer(t - 0.5, (0.8, 0.6)) * distance
    return split(x.astype(np.float32), t[:, None].astype(np.float32))


def predictor(config: Config, facts: Any) -> SupervisedPredictor:
    return SupervisedPredictor(neurons(2, len(PROBLEMS[config.problem])), Fires(), (2,))


def make(config: Config, rng: Rng, data: Any) -> Perceptron:
    names = PROBLEMS[config.problem]
    splits = clouds(config.points, config.distance) if names == ("clouds",) else table(*names)
    return Perceptron(splits, names, rng, passes=config.passes, report=perceptron_report)
