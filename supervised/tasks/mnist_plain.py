"""MNIST without a word about pictures: nothing is deformed, and the pixels could stand in any order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.layers import Rng
from supervised.deep_rules import DIGIT_RULES
from supervised.learner import Supervised
from supervised.pictures import Pictures, classifier

PARADIGM = "supervised"
PROBLEM = "mnist"


@dataclass(frozen=True)
class Config(Pictures):
    updates: int = 2000  # minibatches, in all
    dropout: float = 0.4  # share of the units of each hidden layer that are left out, anew each time
    dropout_input: float = 0.2  # share of the pixels that are left out


PRESETS = {"quick": {"hidden": (512,), "updates": 800, "lr": 0.004, "dropout": 0.0, "dropout_input": 0.0},
           "best": {"updates": 8500}}  # fmt: skip


def make(config: Config, rng: Rng, data: Any) -> Supervised:
    return classifier(config, data("mnist"), (28, 28), "0123456789", rng, DIGIT_RULES)
