"""Handwritten digits, 8x8 pixels, sorted into ten heaps by a network that is told nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.initializers import Array
from core.lab.images import Strength, deform, deformations
from core.lab.learner import Splits, positive
from core.layers import Rng
from core.network import MLP, Sequential
from unsupervised.autoencoder import AutoEncoderClusterer
from unsupervised.clusterer import Augment, Clusterer, centre
from unsupervised.dec import Dec

PARADIGM = "unsupervised"
PROBLEM = "digits"
DEFORMED = "that a picture stays what it is when it is moved, turned, stretched, sheared and bent a little"
TOLD_LESS = f"The number of clusters; {DEFORMED}."
GIVEN = f"The number of clusters; that they are about equally large; {DEFORMED}, or changed very little in any way."
SHARE = 16  # pictures at most that are deformed alike
REFINED = 0.4  # share of the minibatches of `dec` that refine the clusters


@dataclass(frozen=True)
class Config:
    method: str = "information"  # information, autoencoder (and a mixture on its code), or dec
    hidden: int = 128  # units in the hidden layer; of the auto-encoder in each of two
    clusters: int = 10  # how many heaps; given, not found
    updates: int = 1500  # minibatches of each start
    starts: int = 2  # networks that learn one after another; a divisor of 20, the number of evaluations
    batch: int = 256  # images in a minibatch, each in two views
    lr: float = 0.01  # step size of Adam at its highest; held for half of a start, then falls to 0 as a cosine
    neighbours: int = 5  # nearest images that stand in for an image
    balance: float = 4.0  # how much it matters that all clusters are used alike
    agreement: float = 0.5  # how much it matters that two views of an image are given the same cluster
    smoothness: float = 0.5  # how much it matters that the worst small step leaves the cluster what it is
    radius: float = 0.25  # length of that step, in distances to the tenth neighbour
    deformation: float = 0.8  # how far a view is shifted, turned, stretched, sheared and bent
    code: int = 10  # of the auto-encoder: numbers that an image is squeezed into

    def __post_init__(self) -> None:
        positive(self, "hidden", "updates", "starts", "batch", "lr", "balance", "radius", "code")
        if self.method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}, not {self.method}")
        if self.clusters < 2:
            raise ValueError(f"clusters must be at least 2, not {self.clusters}")
        if 20 % self.starts:
            raise ValueError(f"starts must divide 20, so that each ends with an evaluation; {self.starts} does not")
        for name in ("neighbours", "agreement", "smoothness", "deformation"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must not be below 0, not {getattr(self, name)}")


PRESETS = {"quick": {"updates": 600, "starts": 1}, "best": {"hidden": 512, "starts": 4}}


def deformer(side: int, strength: Strength, share: int) -> Augment:
    """Views of flat images; at most `share` of those that come together are deformed alike."""

    def deformed(rng: Rng, x: Array) -> Array:
        n = next(n for n in range(-(-len(x) // share), len(x) + 1) if len(x) % n == 0)
        return deform(x, deformations(rng, n, side, strength))

    return deformed


def altered(config: Config, side: int) -> Augment:
    k = config.deformation
    return deformer(side, Strength(shift=0.7 * k, turn=0.15 * k, stretch=0.1 * k, shear=0.15 * k, bend=0.4 * k), SHARE)


def information(splits: Splits, config: Config, rng: Rng) -> Clusterer:
    I, H, k = splits.x_train.shape[1], config.hidden, config.deformation
    side = round(I**0.5)
    milder = Strength(shift=0.7 * k, turn=0.1 * k, stretch=0.1 * k, shear=0.1 * k, bend=0.2 * k)
    net = Sequential(centre(splits.x_train.mean(0)), *MLP(I, H, config.clusters).parts)
    return Clusterer(splits, net, config.lr, rng, updates=config.updates, starts=config.starts, batch=config.batch,
                     balance=config.balance, agreement=config.agreement, smoothness=config.smoothness,
                     radius=config.radius, neighbours=config.neighbours, augment=altered(config, side),
                     alter=deformer(side, milder, len(splits.x_train)), given=GIVEN)  # fmt: skip


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
    return METHODS[config.method](data("digits"), config, rng)
