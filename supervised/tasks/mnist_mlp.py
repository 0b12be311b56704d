"""MNIST without a word about pictures: nothing is deformed, and the pixels could stand in any order."""

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
MNIST: 70,000 handwritten digits of 28x28 pixels, read by fully connected networks that know nothing of pictures;
shuffle the pixels, and they learn as well. Dropout and noise keep them from learning by heart. Compare it with
mnist_augmented to see what knowing about pictures is worth. Good is a test accuracy above 0.985.
"""
IMAGES = Images((28, 28), "0123456789")


@dataclass(frozen=True)
class Config(MLPConfig):
    hidden: tuple[int, ...] = (512, 512)  # units in each hidden layer
    members: int = 3  # networks that learn side by side; the mean of what they say is the answer
    updates: int = 2000  # minibatches, in all
    dropout: float = 0.2  # share of the units of each hidden layer that are left out, anew each time
    noise: float = 0.3  # standard deviation of what is added to each pixel, whose values go from 0 to 1


PRESETS = {
    "quick": {"hidden": (512,), "members": 1, "updates": 800, "lr": 0.004, "dropout": 0.0, "noise": 0.0},
    "best": {"updates": 11000},
}


def predictor(config: Config, facts: Any) -> SupervisedPredictor:
    return mlp_task.predictor(config, IMAGES)


def make(config: Config, rng: Rng, data: Any) -> Supervised:
    return classifier(config, data("mnist"), IMAGES, rng, DIGIT_RULES)
