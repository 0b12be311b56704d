"""Fashion-MNIST, clothing in 10 classes, 28x28 pixels, by a convolutional network; mirrored and shifted."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from core import Rng
from core.lab.vision.photos import ink
from supervised.interpret.hand_rules import CLOTHING_RULES
from supervised.learner import Supervised
from supervised.predictor import SupervisedPredictor
from supervised.vision import conv_task
from supervised.vision.conv_task import ConvNetConfig, classifier
from supervised.vision.images import Images

PARADIGM = "supervised"
PROBLEM = "fashion"
ABOUT = """
Pictures of clothing, 28x28 grey pixels, in ten classes such as shirt, coat and sneaker. A convolutional network
reads a picture and names the piece. It is the harder sister of MNIST: shirts, coats and pullovers look alike at
this size. Good is a test accuracy above 0.92.
"""
CLASSES = "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"
IMAGES = Images((28, 28), CLASSES, partial(ink, side=28, margin=0))


@dataclass(frozen=True)
class Config(ConvNetConfig):
    features: int = 16  # features of the first stage; they double from stage to stage
    updates: int = 2500  # minibatches, in all
    batch: int = 64  # pictures in a minibatch
    shift: int = 2  # pixels by which a picture moves at most, along both axes


PRESETS = {
    "quick": {"features": 8, "updates": 1200},
    "best": {"features": 24, "updates": 12000, "test_time_augmentations": 8},
}


def predictor(config: Config, facts: Any) -> SupervisedPredictor:
    return conv_task.predictor(config, IMAGES)


def make(config: Config, rng: Rng, data: Any) -> Supervised:
    return classifier(config, data("fashion-mnist"), IMAGES, rng, CLOTHING_RULES)
