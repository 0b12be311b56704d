"""Fashion-MNIST, clothing in 10 classes, 28x28 pixels, by fully connected networks: mirrored or not, anew each time."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from core import Rng
from core.lab.vision.photos import ink
from supervised.interpret.hand_rules import CLOTHING_RULES
from supervised.learner import Supervised
from supervised.predictor import SupervisedPredictor
from supervised.vision import mlp_task
from supervised.vision.images import Images
from supervised.vision.mlp_task import MLPConfig, classifier

PARADIGM = "supervised"
PROBLEM = "fashion"
ABOUT = """
Pictures of clothing, 28x28 grey pixels, in ten classes. Fully connected networks, which do not know that pixels
have neighbours, learn side by side, and the mean of their answers counts. Compare it with fashion_cnn to see what
convolution is worth. Good is a test accuracy above 0.90.
"""
CLASSES = "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"
IMAGES = Images((28, 28), CLASSES, partial(ink, side=28, margin=0))


@dataclass(frozen=True)
class Config(MLPConfig):
    hidden: tuple[int, ...] = (512, 512)  # units in each hidden layer
    members: int = 3  # networks that learn side by side; the mean of what they say is the answer
    updates: int = 3000  # minibatches, in all
    dropout: float = 0.2  # share of the units of each hidden layer that are left out, anew each time
    dropout_input: float = 0.1  # share of the pixels that are left out
    mirror: float = 0.5  # share of the pictures that are mirrored, left to right


PRESETS = {
    "quick": {"hidden": (256,), "members": 1, "updates": 1000, "dropout": 0.0, "dropout_input": 0.0},
    "best": {"updates": 10000},
}


def predictor(config: Config, facts: Any) -> SupervisedPredictor:
    return mlp_task.predictor(config, IMAGES)


def make(config: Config, rng: Rng, data: Any) -> Supervised:
    return classifier(config, data("fashion-mnist"), IMAGES, rng, CLOTHING_RULES)
