"""What the tasks that sort pictures share: the fields of their Config, and the methods in which they do not differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.lab.config import positive
from core.lab.data.splits import Splits
from core.layers import Rng
from core.network import MLP
from unsupervised.clustering.autoencoder_clusterer import AutoEncoderClusterer
from unsupervised.clustering.clusterer import Augment, Clusterer
from unsupervised.clustering.dec import Dec

METHODS = "mutual_information", "autoencoder", "dec"
REFINED = 0.4  # share of the minibatches of `dec` that refine the clusters


@dataclass(frozen=True)
class PictureClusters:
    """The fields of a task; a task gives them its own defaults, and may add some."""

    method: str = "mutual_information"  # or autoencoder (and a mixture on its code), or dec
    hidden: int = 512  # units in a hidden layer
    clusters: int = 10  # how many heaps; given, not found
    updates: int = 500  # minibatches of each start
    n_init: int = 2  # networks that learn one after another; a divisor of 20, the number of evaluations
    batch: int = 500  # pictures in a minibatch, each in two views
    lr: float = 0.002  # step size of Adam at its highest; held for half of a start, then falls to 0 as a cosine
    balance: float = 4.0  # how much it matters that all clusters are used alike
    agreement: float = 0.8  # how much it matters that two views of a picture are given the same cluster
    smoothness: float = 0.0  # how much it matters that the worst small step leaves the cluster what it is
    radius: float = 0.25  # length of that step, in distances to the tenth neighbour
    deformation: float = 1.0  # how far a view is shifted, turned, stretched, sheared and bent
    code: int = 10  # of the auto-encoder: numbers that a picture is squeezed into

    def __post_init__(self) -> None:
        positive(self, "hidden", "updates", "n_init", "batch", "lr", "balance", "radius", "code")
        if self.method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}, not {self.method}")
        if self.clusters < 2:
            raise ValueError(f"clusters must be at least 2, not {self.clusters}")
        if 20 % self.n_init:
            raise ValueError(f"n_init must divide 20, so that each ends with an evaluation; {self.n_init} does not")
        for name in ("agreement", "smoothness", "deformation"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must not be below 0, not {getattr(self, name)}")


def learner(
    config: PictureClusters,
    splits: Splits,
    rng: Rng,
    augment: Augment,
    altered: str,
    information: Callable[[], Clusterer],
) -> Any:
    """The learner of config.method: the task's own `information`, or one of two on an auto-encoder.

    `augment` makes a view of pictures, and `altered` says in words what such a view leaves as it is.
    """
    I, H, Z = splits.x_train.shape[1], config.hidden, config.code
    encoder, decoder, updates = MLP(I, H, H, Z), MLP(Z, H, H, I), config.updates * config.n_init
    given = f"The number of clusters; {altered}."

    def autoencoder() -> AutoEncoderClusterer:
        return AutoEncoderClusterer(
            splits,
            encoder,
            decoder,
            config.lr,
            rng,
            clusters=config.clusters,
            updates=updates,
            batch=config.batch,
            augment=augment,
            given=given,
        )

    def dec() -> Dec:
        refine = max(1, int(REFINED * updates))
        return Dec(
            splits,
            encoder,
            decoder,
            config.lr,
            rng,
            clusters=config.clusters,
            updates=updates - refine,
            refine=refine,
            batch=config.batch,
            augment=augment,
            given=given,
        )

    return dict(zip(METHODS, (information, autoencoder, dec), strict=True))[config.method]()
