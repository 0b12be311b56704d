"""What the tasks that sort images share: the fields of their Config, and the methods in which they do not differ."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core import MLP, Rng
from core.lab import Splits, check
from unsupervised.autoencoder import Augment
from unsupervised.clustering.autoencoder_clusterer import AutoEncoderClusterer
from unsupervised.clustering.clusterer import Clusterer
from unsupervised.clustering.dec import DEC
from unsupervised.clustering.table_methods import ClusterTask

REFINED = 0.4  # share of the minibatches of `dec` that refine the clusters


@dataclass(frozen=True)
class ImageClusters(ClusterTask):
    """The fields of a task; a task gives them its own defaults, and may add some."""

    hidden: int = 512  # units in a hidden layer
    batch: int = 500  # images in a minibatch, each in two views
    lr: float = 0.002  # step size of Adam at its highest; held for half of a start, then falls to 0 as a cosine
    agreement: float = 0.8  # how much it matters that two views of an image are given the same cluster
    deformation: float = 1.0  # how far a view is shifted, turned, stretched, sheared and bent

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, nonnegative=("deformation",), span={"clusters": (2, math.inf)})


def learner(
    config: ImageClusters,
    splits: Splits,
    rng: Rng,
    augment: Augment,
    altered: str,
    mutual_information: Callable[[], Clusterer],
) -> Any:
    """The learner of config.method: the task's own `mutual_information`, or one of two on an auto-encoder.

    `augment` makes a view of images, and `altered` says in words what such a view leaves as it is.
    """
    I, H, Z = splits.x_train.shape[1], config.hidden, config.code
    updates, given = config.updates * config.n_init, f"The number of clusters; {altered}."
    network = splits, MLP(I, H, H, Z), MLP(Z, H, H, I), config.lr, rng
    told: dict[str, Any] = {"clusters": config.clusters, "batch": config.batch, "augment": augment, "given": given}
    if config.method == "mutual_information":
        return mutual_information()
    if config.method == "autoencoder":
        return AutoEncoderClusterer(*network, updates=updates, **told)
    refine = max(1, int(REFINED * updates))
    return DEC(*network, updates=updates - refine, refine=refine, **told)
