"""What the tasks that sort images share: the fields of their Config, and the methods in which they do not differ."""

import math
from dataclasses import dataclass
from typing import Any

from core import MLP, Layer, Rescale, Rng, Sequential
from core.lab import Splits, check
from core.lab.packed import vector
from core.lab.vision.photos import See
from unsupervised.autoencoder import Augment
from unsupervised.clustering.autoencoder_clusterer import AutoEncoderClusterer
from unsupervised.clustering.clusterer import Clusterer
from unsupervised.clustering.dec import DEC
from unsupervised.clustering.predictor import ClusterPredictor
from unsupervised.clustering.table_methods import ClusterTask, cluster_predictor, on_a_code

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


FACTS = {"mean": [float]}  # of each pixel, over the training part


def image_predictor(config: ImageClusters, facts: Any, layers: int, see: See) -> ClusterPredictor:
    """What finds clusters of images x (N, I): `layers` hidden ones behind their centring, or an auto-encoder."""
    mean, H = vector(facts["mean"]), config.hidden

    def direct(I: int, K: int) -> Layer:
        return Sequential(Rescale(mean), *MLP(I, *[H] * layers, K).parts)

    return cluster_predictor(config, direct, (H, H), len(mean), config.clusters, see=see)


def learner(
    config: ImageClusters,
    splits: Splits,
    predictor: ClusterPredictor,
    rng: Rng,
    augment: Augment,
    altered: str,
    given: str,
    alter: Augment | None = None,
) -> Any:
    """The learner of config.method: mutual information between views, or one of two on an auto-encoder.

    `augment` makes a view of images, and `altered` says in words what such a view leaves as it is; `given` is what the
    learner of views is told. `alter` makes the copies that neighbours are looked for among.
    """
    told: dict[str, Any] = {"augment": augment, "given": given}
    if config.method == "mutual_information":
        made: Any = Clusterer(splits, predictor.net, config.lr, rng, config, alter=alter, predictor=predictor, **told)
    else:
        told["given"], updates = f"The number of clusters; {altered}.", config.updates * config.n_init
        refine = max(1, int(REFINED * updates)) if config.method == "dec" else 0
        kind, more = (DEC, {"refine": refine}) if refine else (AutoEncoderClusterer, {})
        made = on_a_code(kind, splits, predictor, config, rng, updates=updates - refine, **more, **told)
    made.prediction = lambda: facts_of(splits)
    return made


def facts_of(splits: Splits) -> dict[str, Any]:
    """What a predictor has to know of the images."""
    return {"mean": splits.x_train.mean(0).tolist()}
