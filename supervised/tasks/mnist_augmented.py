"""MNIST, handwritten digits of 28x28 pixels: every picture is deformed anew each time it is seen."""

from dataclasses import dataclass
from typing import Any

from core import Rng
from supervised.interpret.hand_rules import DIGIT_RULES
from supervised.learner import Supervised
from supervised.predictor import SupervisedPredictor
from supervised.vision import mlp_task
from supervised.vision.images import Images
from supervised.vision.mlp_task import MLPConfig, classifier

PARADIGM = "supervised"
PROBLEM = "mnist"
ABOUT = """
MNIST: 70,000 handwritten digits of 28x28 pixels. A fully connected network reads a picture and says the digit. In
training each picture is shifted, turned, stretched and bent anew, since a bent 7 is still a 7; that replaces data
that nobody has to collect. Good is a test accuracy above 0.99.
"""
IMAGES = Images((28, 28), "0123456789")


@dataclass(frozen=True)
class Config(MLPConfig):
    updates: int = 4000  # minibatches, in all
    shift: float = 0.7  # standard deviation of the shifts, pixels; with 0 here and below no picture is deformed
    turn: float = 0.15  # of the turns, radians
    stretch: float = 0.1  # of the stretches along each axis
    shear: float = 0.1  # of the shears
    bend: float = 1.0  # of the bends, pixels


PRESETS = {"quick": {"hidden": (256,), "updates": 1200}, "best": {"updates": 13000}}


def predictor(config: Config, facts: Any) -> SupervisedPredictor:
    return mlp_task.predictor(config, IMAGES)


def make(config: Config, rng: Rng, data: Any) -> Supervised:
    return classifier(config, data("mnist"), IMAGES, rng, DIGIT_RULES)
