"""Fashion-MNIST, 60,000 pictures of clothing, sorted into ten heaps without a label: all settings those of MNIST."""

from functools import partial
from typing import Any

from core import Rng
from core.lab.vision.photos import ink
from unsupervised.clustering.image_task import FACTS as FACTS, facts_of, image_predictor
from unsupervised.clustering.predictor import ClusterPredictor
from unsupervised.tasks.mnist_clusters import PRESETS as PRESETS, SIDE, Config as Config, sort

PARADIGM = "unsupervised"
PROBLEM = "fashion"
ABOUT = """70,000 pictures of clothing, 28x28 pixels, go in, and ten clusters come out, without a label and with the
settings of mnist_clusters. The score is the cluster accuracy under the best one-to-one matching of clusters to the
ten kinds of clothing; guessing stays near 0.1. Kinds such as shirts and pullovers overlap, so this is harder than
digits: any score clearly above k-means is good."""


def predictor(config: Config, facts: Any) -> ClusterPredictor:
    return image_predictor(config, facts, layers=2, see=partial(ink, side=SIDE, margin=0))


def make(config: Config, rng: Rng, data: Any) -> Any:
    splits = data("fashion-mnist")
    return sort(config, splits, predictor(config, facts_of(splits)), rng)
