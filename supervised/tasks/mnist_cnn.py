"""MNIST, handwritten digits of 28x28 pixels, by a convolutional network: every picture is deformed anew."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from core import Rng
from core.lab.vision.photos import ink
from supervised.interpret.hand_rules import DIGIT_RULES
from supervised.learner import Supervised
from supervised.predictor import SupervisedPredictor
from supervised.vision import conv_task
from supervised.vision.conv_task import ConvNetConfig, classifier
from supervised.vision.images import Images

PARADIGM = "supervised"
PROBLEM = "mnist"
ABOUT = """
MNIST: 70,000 handwritten digits of 28x28 pixels. A convolutional network reads a picture and says the digit: it looks
for the same strokes at every place. In training each picture is shifted, turned, stretched and bent anew, since a
bent 7 is still a 7. Compare it with mnist_augmented, which is not told which pixels are neighbours. Good is a test
accuracy above 0.995.
"""
IMAGES = Images((28, 28), "0123456789", partial(ink, side=28))


@dataclass(frozen=True)
class Config(ConvNetConfig):
    features: int = 16  # features of the first stage; they double from stage to stage
    updates: int = 2500  # minibatches, in all
    batch: int = 64  # pictures in a minibatch
    mirror: float = 0.0  # share of the pictures that are mirrored, left to right: digits are not the same then
    shift: int = 1  # pixels by which a picture moves at most, along both axes
    turn: float = 0.15  # standard deviation of the turns, radians
    stretch: float = 0.1  # of the stretches along each axis
    shear: float = 0.1  # of the shears
    bend: float = 1.0  # of the bends, pixels


PRESETS = {
    "quick": {"features": 8, "updates": 1200},
    "best": {"features": 24, "updates": 12000, "test_time_augmentations": 8},
}


def predictor(config: Config, facts: Any) -> SupervisedPredictor:
    return conv_task.predictor(config, IMAGES)


def make(config: Config, rng: Rng, data: Any) -> Supervised:
    return classifier(config, data("mnist"), IMAGES, rng, DIGIT_RULES)
