"""MNIST, 60,000 handwritten digits of 28x28 pixels, sorted into ten heaps by a network that is told no label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.initializers import Array
from core.lab.images import Strength, flat, warp
from core.lab.learner import Splits, positive
from core.layers import Rng
from core.network import MLP, Sequential
from unsupervised.autoencoder import AutoEncoderClusterer
from unsupervised.clusterer import Augment, Clusterer, centre
from unsupervised.dec import Dec

PARADIGM = "unsupervised"
PROBLEM = "mnist"
ALTERED = "that a picture stays what it is when it is moved, turned, stretched, sheared, bent and shaded a little"
TOLD_LESS = f"The number of clusters; {ALTERED}."
GIVEN = f"The number of clusters; that they are about equally large; {ALTERED}."
REFINED = 0.4  # share of the minibatches of `dec` that refine the clusters


@dataclass(frozen=True)
class Config:
    method: str = "information"  # information, autoencoder (and a mixture on its code), or dec
    hidden: int = 512  # units in each of the two hidden layers
    clusters: int = 10  # how many heaps; given, not found
    updates: int = 500  # minibatches of each start
    starts: int = 2  # networks that learn one after another; a divisor of 20, the number of evaluations
    batch: int = 500  # pictures in a minibatch, each in two views
    lr: float = 0.002  # step size of Adam at its highest; held for half of a start, then falls to 0 as a cosine
    balance: float = 4.0  # how much it matters that all clusters are used alike
    agreement: float = 0.8  # how much it matters that two views of a picture are given the same cluster
    smoothness: float = 0.0  # how much it matters that the worst small step leaves the cluster what it is
    radius: float = 0.25  # length of that step, in distances to the tenth neighbour
    deformation: float = 1.0  # how far a view is shifted, turned, stretched, sheared and bent
    shade: float = 0.5  # how much darker or lighter it becomes
    code: int = 10  # of the auto-encoder: numbers that a picture is squeezed into

    def __post_init__(self) -> None:
        positive(self, "hidden", "updates", "starts", "batch", "lr", "balance", "radius", "code")
        if self.method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}, not {self.method}")
        if self.clusters < 2:
            raise ValueError(f"clusters must be at least 2, not {self.clusters}")
        if 20 % self.starts:
            raise ValueError(f"starts must divide 20, so that each ends with an evaluation; {self.starts} does not")
        for name in ("agreement", "smoothness", "deformation", "shade"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must not be below 0, not {getattr(self, name)}")


PRESETS = {"quick": {"hidden": 256, "updates": 200, "starts": 1}, "best": {"starts": 4}}


def shaded(size: float) -> Augment:
    """Each picture to a power of its own, whose logarithm has the standard deviation `size`: black and white stay."""

    def step(rng: Rng, x: Array) -> Array:  # B, H, W
        power = np.exp(rng.standard_normal((len(x), 1, 1), np.float32) * np.float32(size))
        darker: Array = x**power
        return darker

    return step


def altered(config: Config, side: int) -> Augment:
    """Views of flat pictures, each deformed and shaded by itself."""
    k = config.deformation
    strength = Strength(shift=k, turn=0.1 * k, stretch=0.1 * k, shear=0.1 * k, bend=k)
    return flat((side, side), warp((side, side), strength), shaded(config.shade))


def information(splits: Splits, config: Config, rng: Rng) -> Clusterer:
    I, H = splits.x_train.shape[1], config.hidden
    net = Sequential(centre(splits.x_train.mean(0)), *MLP(I, H, H, config.clusters).parts)
    return Clusterer(splits, net, config.lr, rng, updates=config.updates, starts=config.starts, batch=config.batch,
                     balance=config.balance, agreement=config.agreement, smoothness=config.smoothness,
                     radius=config.radius, augment=altered(config, round(I**0.5)), given=GIVEN)  # fmt: skip


def autoencoder(splits: Splits, config: Config, rng: Rng) -> AutoEncoderClusterer:
    I, H, Z = splits.x_train.shape[1], config.hidden, config.code
    return AutoEncoderClusterer(splits, MLP(I, H, H, Z), MLP(Z, H, H, I), config.lr, rng, clusters=config.clusters,
                                updates=config.updates * config.starts, batch=config.batch,
                                augment=altered(config, round(I**0.5)), given=TOLD_LESS)  # fmt: skip


def dec(splits: Splits, config: Config, rng: Rng) -> Dec:
    I, H, Z = splits.x_train.shape[1], config.hidden, config.code
    refine = max(1, int(REFINED * config.updates * config.starts))
    return Dec(splits, MLP(I, H, H, Z), MLP(Z, H, H, I), config.lr, rng, clusters=config.clusters,
               updates=config.updates * config.starts - refine, refine=refine, batch=config.batch,
               augment=altered(config, round(I**0.5)), given=TOLD_LESS)  # fmt: skip


METHODS: dict[str, Callable[[Splits, Config, Rng], Any]] = {
    "information": information,
    "autoencoder": autoencoder,
    "dec": dec,
}


def make(config: Config, rng: Rng, data: Any) -> Any:
    return METHODS[config.method](data("mnist"), config, rng)
