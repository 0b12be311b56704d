"""Fashion-MNIST, clothing in 10 classes, 28x28 pixels: mirrored or not, anew each time it is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.layers import Rng
from supervised.deep_rules import CLOTHING_RULES
from supervised.learner import Supervised
from supervised.pictures import Pictures, classifier

PARADIGM = "supervised"
PROBLEM = "fashion"
CLASSES = "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"


@dataclass(frozen=True)
class Config(Pictures):
    updates: int = 4000  # minibatches, in all
    dropout: float = 0.3  # share of the units of each hidden layer that are left out, anew each time
    dropout_input: float = 0.1  # share of the pixels that are left out
    mirror: float = 0.5  # share of the pictures that are mirrored, left to right


PRESETS = {
    "quick": {"hidden": (256,), "updates": 1000, "dropout": 0.0, "dropout_input": 0.0},
    "best": {"updates": 8500},
}


def make(config: Config, rng: Rng, data: Any) -> Supervised:
    return classifier(config, data("fashion-mnist"), (28, 28), CLASSES, rng, CLOTHING_RULES)
