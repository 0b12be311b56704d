"""Handwritten digits, 8x8 pixels, sorted into ten heaps by a network that is told nothing."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

from core import Array, Rng
from core.lab import Cell
from core.lab.vision.augment import AffineElastic, deform, deformations
from core.lab.vision.photos import ink
from unsupervised.autoencoder import Augment
from unsupervised.clustering.image_task import FACTS as FACTS, ImageClusters, facts_of, image_predictor, learner
from unsupervised.clustering.predictor import ClusterPredictor

PARADIGM = "unsupervised"
PROBLEM = "digits"
ABOUT = """1,797 scanned digits of 8x8 pixels go in, and ten clusters come out; the network is told no label. It
learns to give an image and its slightly changed copy the same cluster, and to use all clusters alike. The score is
the cluster accuracy: the share of test images in the right cluster under the best one-to-one matching of clusters to
digits. Guessing stays below 0.2; k-means is the method to beat, a classifier with all labels the reference."""
DEFORMED = "that a picture stays what it is when it is moved, turned, stretched, sheared and bent a little"
GIVEN = f"The number of clusters; that they are about equally large; {DEFORMED}, or changed very little in any way."
# an image is shown in two views, 3 passes each; the smallest step that matters takes 1 + 2 to find and 3 to learn from
CELL = Cell(
    given=GIVEN, trials=12, bits=math.log2(10), passes=2 * 3 + 1 + 1 + 2 + 3, teacher="nothing, then names for clusters"
)
SIDE = 8  # pixels along each side
SHARE = 16  # pictures at most that are deformed alike


@dataclass(frozen=True)
class Config(ImageClusters):
    hidden: int = 128  # units in the hidden layer; of the auto-encoder in each of two
    updates: int = 1500  # minibatches of each start
    batch: int = 256  # images in a minibatch, each in two views
    lr: float = 0.01  # step size of Adam at its highest; held for half of a start, then falls to 0 as a cosine
    agreement: float = 0.5  # how much it matters that two views of an image are given the same cluster
    smoothness: float = 0.5  # how much it matters that the worst small step leaves the cluster what it is
    deformation: float = 0.8  # how far a view is shifted, turned, stretched, sheared and bent
    neighbours: int = 5  # nearest images that stand in for an image


PRESETS = {"quick": {"updates": 600, "n_init": 1}, "best": {"hidden": 512, "n_init": 4}}


def deformer(side: int, strength: AffineElastic, share: int) -> Augment:
    """Views of flat images; at most `share` of those that come together are deformed alike."""

    def deformed(rng: Rng, x: Array) -> Array:
        n = next(n for n in range(-(-len(x) // share), len(x) + 1) if len(x) % n == 0)
        return deform(x, deformations(rng, n, side, strength))

    return deformed


def altered(config: Config, side: int) -> Augment:
    k = config.deformation
    strength = AffineElastic(shift=0.7 * k, turn=0.15 * k, stretch=0.1 * k, shear=0.15 * k, bend=0.4 * k)
    return deformer(side, strength, SHARE)


def predictor(config: Config, facts: Any) -> ClusterPredictor:
    return image_predictor(config, facts, layers=1, see=partial(ink, side=SIDE, margin=0))


def make(config: Config, rng: Rng, data: Any) -> Any:
    splits, k = data("digits"), config.deformation
    milder = AffineElastic(shift=0.7 * k, turn=0.1 * k, stretch=0.1 * k, shear=0.1 * k, bend=0.2 * k)
    alter, answers = deformer(SIDE, milder, len(splits.x_train)), predictor(config, facts_of(splits))
    return learner(config, splits, answers, rng, altered(config, SIDE), DEFORMED, GIVEN, alter)
