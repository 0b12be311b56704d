"""Handwritten digits, 8x8 pixels, sorted into ten heaps by a network that is told nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.initializers import Array
from core.lab.images import Strength, deform, deformations
from core.lab.learner import positive
from core.layers import Rng
from core.network import MLP
from unsupervised.clusterer import Augment, Clusterer

PARADIGM = "unsupervised"
PROBLEM = "digits"


@dataclass(frozen=True)
class Config:
    hidden: int = 128  # units in the hidden layer
    clusters: int = 10  # how many heaps; given, not found
    updates: int = 1200  # minibatches of each start
    starts: int = 5  # networks that learn one after another; a divisor of 20, the number of evaluations
    batch: int = 256  # images in a minibatch, each in two views
    lr: float = 0.01  # step size of Adam at its highest; held for half of a start, then falls to 0 as a cosine
    neighbours: int = 15  # nearest images that stand in for an image
    balance: float = 3.0  # how much it matters that all clusters are used alike
    deformation: float = 1.0  # how far the second view is shifted, turned, stretched, sheared and bent

    def __post_init__(self) -> None:
        positive(self, "hidden", "updates", "starts", "batch", "lr", "neighbours", "balance")
        if self.clusters < 2:
            raise ValueError(f"clusters must be at least 2, not {self.clusters}")
        if 20 % self.starts:
            raise ValueError(f"starts must divide 20, so that each ends with an evaluation; {self.starts} does not")
        if self.deformation < 0:
            raise ValueError(f"deformation must not be below 0, not {self.deformation}")


PRESETS = {"quick": {"updates": 300, "starts": 2}, "best": {"updates": 2400, "starts": 10}}


def make(config: Config, rng: Rng, data: Any) -> Clusterer:
    splits, k = data("digits"), config.deformation
    side = round(splits.x_train.shape[1] ** 0.5)

    def deformer(strength: Strength, share: int) -> Augment:  # so many images at most are deformed alike
        def deformed(rng: Rng, x: Array) -> Array:
            n = next(n for n in range(-(-len(x) // share), len(x) + 1) if len(x) % n == 0)
            return deform(x, deformations(rng, n, side, strength))

        return deformed

    augment = deformer(Strength(shift=0.7 * k, turn=0.15 * k, stretch=0.1 * k, shear=0.15 * k, bend=0.4 * k), 16)
    alter = deformer(
        Strength(shift=0.7 * k, turn=0.1 * k, stretch=0.1 * k, shear=0.1 * k, bend=0.2 * k), len(splits.x_train)
    )
    return Clusterer(splits, MLP(side * side, config.hidden, config.clusters), config.lr, rng,
                     updates=config.updates, starts=config.starts, batch=config.batch,
                     neighbours=config.neighbours, balance=config.balance, augment=augment, alter=alter)  # fmt: skip
