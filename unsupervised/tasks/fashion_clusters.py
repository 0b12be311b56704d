"""Fashion-MNIST, 60,000 pictures of clothing, sorted into ten heaps without a label: all settings those of MNIST."""

from typing import Any

from core import Rng
from unsupervised.tasks.mnist_clusters import PRESETS as PRESETS, Config as Config, sort

PARADIGM = "unsupervised"
PROBLEM = "fashion"
ABOUT = """70,000 pictures of clothing, 28x28 pixels, go in, and ten clusters come out, without a label and with the
settings of mnist_clusters. The score is the cluster accuracy under the best one-to-one matching of clusters to the
ten kinds of clothing; guessing stays near 0.1. Kinds such as shirts and pullovers overlap, so this is harder than
digits: any score clearly above k-means is good."""


def make(config: Config, rng: Rng, data: Any) -> Any:
    return sort(config, data("fashion-mnist"), rng)
