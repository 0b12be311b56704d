"""Handwritten digits, 8x8 pixels: each training image comes with its label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.initializers import Array
from core.lab.images import Strength, deform, deformations
from core.lab.learner import positive
from core.layers import Rng
from core.network import MLP
from core.optimizers import Adam
from supervised.classifier import Classifier
from supervised.learner import Supervised

PARADIGM = "supervised"
PROBLEM = "digits"


@dataclass(frozen=True)
class Config:
    hidden: int = 128  # units in the hidden layer
    updates: int = 2500  # minibatches, in all
    batch: int = 64  # images in a minibatch
    lr: float = 0.01  # step size of Adam at its highest; falls to 0 as a cosine
    shift: float = 0.4  # standard deviation of the shifts, pixels; with 0 here and below no image is deformed
    turn: float = 0.12  # of the turns, radians
    stretch: float = 0.12  # of the stretches along each axis
    shear: float = 0.15  # of the shears
    bend: float = 0.4  # of the bends, pixels

    def __post_init__(self) -> None:
        positive(self, "hidden", "updates", "batch", "lr")
        if min(self.deformation) < 0:
            raise ValueError("shift, turn, stretch, shear and bend must not be below 0")

    @property
    def deformation(self) -> tuple[float, ...]:
        return self.shift, self.turn, self.stretch, self.shear, self.bend


PRESETS = {"quick": {"updates": 600}, "best": {"updates": 20000}}


def make(config: Config, rng: Rng, data: Any) -> Supervised:
    splits, strength = data("digits"), Strength(*config.deformation)
    side = round(splits.x_train.shape[1] ** 0.5)

    def augment(rng: Rng, x: Array) -> Array:
        n = next(n for n in range(min(8, len(x)), 0, -1) if len(x) % n == 0)  # as many deformations as share x evenly
        return deform(x, deformations(rng, n, side, strength))

    return Classifier(splits, MLP(side * side, config.hidden, 10), Adam(config.lr), rng, updates=config.updates,
                      batch=config.batch, augment=augment if any(config.deformation) else None,
                      shape=(side, side))  # fmt: skip
