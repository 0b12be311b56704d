"""Cats and dogs, photographs of 32x32 pixels in colour, told apart by a convolutional network."""

from dataclasses import dataclass
from typing import Any

from core import Rng
from core.lab import Splits
from supervised.learner import Supervised
from supervised.predictor import SupervisedPredictor
from supervised.vision import conv_task
from supervised.vision.conv_task import ConvNetConfig, classifier
from supervised.vision.images import Images

PARADIGM = "supervised"
ABOUT = """
Photographs of cats and dogs, 32x32 pixels in colour, from CIFAR-10: 9,000 to learn from. A convolutional network
reads a photograph and says cat or dog. Guessing is right half of the time, and a support vector machine on raw
pixels about two times in three. Good is a test accuracy above 0.83.
"""
IMAGES = Images((32, 32, 3), ("cat", "dog"))


@dataclass(frozen=True)
class Config(ConvNetConfig):
    pass


PRESETS = {
    "quick": {"features": 16, "updates": 800},
    "best": {"features": 24, "depth": 2, "updates": 14000, "test_time_augmentations": 8},
}


def predictor(config: Config, facts: Any) -> SupervisedPredictor:
    return conv_task.predictor(config, IMAGES)


def make(config: Config, rng: Rng, data: Any) -> Supervised:
    sets = data("cifar10-cats-dogs")
    rows = Splits(*(part.reshape(len(part), -1) if part.ndim > 1 else part for part in sets))
    return classifier(config, rows, IMAGES, rng)
