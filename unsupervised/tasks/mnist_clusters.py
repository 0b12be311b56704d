"""MNIST, 60,000 handwritten digits of 28x28 pixels, sorted into ten heaps by a network that is told no label."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from core import Array, Rng
from core.lab import Splits, check
from core.lab.vision.augment import AffineElastic, flat, warp
from core.lab.vision.photos import ink
from unsupervised.autoencoder import Augment
from unsupervised.clustering.image_task import FACTS as FACTS, ImageClusters, facts_of, image_predictor, learner
from unsupervised.clustering.predictor import ClusterPredictor

PARADIGM = "unsupervised"
PROBLEM = "mnist"
ABOUT = """70,000 handwritten digits of 28x28 pixels go in, and ten clusters come out, without a label. The network
learns to give two altered views of an image the same cluster, while all clusters are used alike. The score is the
cluster accuracy under the best one-to-one matching of clusters to digits; guessing stays near 0.1. A good run is far
above k-means, near a classifier that was given the labels."""
ALTERED = "that a picture stays what it is when it is moved, turned, stretched, sheared, bent and shaded a little"
SIDE = 28  # pixels along each side
GIVEN = f"The number of clusters; that they are about equally large; {ALTERED}."


@dataclass(frozen=True)
class Config(ImageClusters):
    shade: float = 0.5  # how much darker or lighter a view becomes

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, nonnegative=("shade",))


PRESETS = {"quick": {"hidden": 256, "updates": 200, "n_init": 1}, "best": {"n_init": 4}}


def shaded(size: float) -> Augment:
    """Each picture to a power of its own, whose logarithm has the standard deviation `size`: black and white stay."""

    def step(rng: Rng, x: Array) -> Array:  # B, H, W
        return x ** np.exp(rng.standard_normal((len(x), 1, 1), np.float32) * np.float32(size))

    return step


def altered(config: Config) -> Augment:
    """Views of flat pictures, each deformed and shaded by itself."""
    k = config.deformation
    strength = AffineElastic(shift=k, turn=0.1 * k, stretch=0.1 * k, shear=0.1 * k, bend=k)
    return flat((SIDE, SIDE), warp((SIDE, SIDE), strength), shaded(config.shade))


def predictor(config: Config, facts: Any) -> ClusterPredictor:
    return image_predictor(config, facts, layers=2, see=partial(ink, side=SIDE))


def sort(config: Config, splits: Splits, answers: ClusterPredictor, rng: Rng) -> Any:
    """The learner of these pictures, x (N, SIDE * SIDE)."""
    return learner(config, splits, answers, rng, altered(config), ALTERED, GIVEN)


def make(config: Config, rng: Rng, data: Any) -> Any:
    splits = data("mnist")
    return sort(config, splits, predictor(config, facts_of(splits)), rng)
