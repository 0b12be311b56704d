"""Photographs classified by a convolutional network: what the tasks on them share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from core import AdamW, Layer, Rng, cross_entropy
from core.lab import Splits, check
from core.lab.vision.augment import AffineElastic, Step, erase, flat, flip, shift, warp
from core.lab.vision.photos import square
from supervised.interpret.budget import Budget
from supervised.interpret.wiring import studied
from supervised.learner import Supervised, SupervisedConfig
from supervised.metrics.classification import Classification
from supervised.predictor import Augment, SupervisedPredictor
from supervised.vision.convnet import ConvNet
from supervised.vision.images import Images, takes_images

if TYPE_CHECKING:
    from supervised.interpret.representations import Rule

BASELINES = 1000  # training pictures that the report's baselines are given: with more they take minutes


@dataclass(frozen=True)
class ConvNetConfig(SupervisedConfig):
    """The fields of a task; a task gives them its own defaults."""

    updates: int = 2800  # minibatches, in all
    average_horizon: int = 300  # minibatches that the running average of the weights, which is judged, goes back
    features: int = 32  # features of the first stage; they double from stage to stage
    depth: int = 1  # convolutions of a stage; those after the first are residual
    lr: float = 0.005  # step size of AdamW at its highest; falls to 0 as a cosine
    weight_decay: float = 0.05  # by which weights shrink, times the step size
    mirror: float = 0.5  # share of the pictures that are mirrored, left to right
    shift: int = 3  # pixels by which a picture moves at most, along both axes
    turn: float = 0.0  # standard deviation of the turns, radians
    stretch: float = 0.0  # of the stretches along each axis
    shear: float = 0.0  # of the shears
    bend: float = 0.0  # of the bends, pixels
    erase: float = 0.0  # share of the pictures in which a rectangle is hidden
    interpret: bool = False  # find out, layer by layer, what the network has learnt

    def __post_init__(self) -> None:
        super().__post_init__()
        sizes = ("weight_decay", "shift", "turn", "stretch", "shear", "bend")
        check(self, positive=("features", "depth", "lr"), nonnegative=sizes, probability=("mirror", "erase"))


def augmentation(config: ConvNetConfig, shape: tuple[int, ...]) -> Augment | None:
    """How images of this shape are augmented in training, if at all; a border goes on as it ends."""
    steps: list[Step] = []
    warped = AffineElastic(turn=config.turn, stretch=config.stretch, shear=config.shear, bend=config.bend)
    if warped != AffineElastic():
        steps.append(warp(shape, warped, edge=True))
    if config.shift:
        steps.append(shift(config.shift, edge=True))
    if config.mirror:
        steps.append(flip(config.mirror))
    if config.erase:
        steps.append(erase(config.erase, most=0.25, value=0.5))
    return flat(shape, *steps) if steps else None


def predictor(config: ConvNetConfig, images: Images) -> SupervisedPredictor:
    """What answers about such images, square ones; of a photo the middle is cut, unless they are seen otherwise."""
    shape, classes, see = images
    see = see or partial(square, side=shape[0], colour=len(shape) == 3)
    net = ConvNet(shape, config.features, len(classes), config.depth)
    change, copies = augmentation(config, shape), config.test_time_augmentations
    exam = Classification(tuple(classes), shape, most=BASELINES)
    return SupervisedPredictor(net, exam, (math.prod(shape),), see, change, copies, config.batch, shape)


@takes_images
def classifier(
    config: ConvNetConfig, splits: Splits, images: Images, rng: Rng, rules: Mapping[str, Rule] | None = None
) -> Supervised:
    """A classifier of the images x (N, S*S[*3]); `rules` are what a person would program."""
    said, (shape, classes, _) = predictor(config, images), images

    def learn(splits: Splits, net: Layer, rng: Rng, updates: int, augmented: bool = True) -> Supervised:
        exam = Classification(tuple(classes), shape, most=BASELINES)
        optimizer, augment = AdamW(config.lr, net.layout, config.weight_decay), said.augment if augmented else None
        options: dict[str, Any] = {"loss": cross_entropy, "exam": exam, "augment": augment}
        return Supervised(splits, net, optimizer, rng, config, updates=updates, **options)

    budget = Budget(updates=200, batch=config.batch, examples=4000, judged=500, probed=2000)
    learner = studied(learn, splits, said.net, rng, config.updates, config.interpret, shape, classes, budget, rules)
    learner.predictor = said
    return learner
