"""Pictures told apart by fully connected layers: what the tasks on pictures of one size share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from core import MLP, Adam, Dropout, Layer, Rng, Sequential, linear
from core.lab import Splits, check
from core.lab.vision.augment import AffineElastic, erase, flat, flip, noise, warp
from core.lab.vision.photos import ink
from supervised.classifier import Classifier
from supervised.interpret.budget import Budget
from supervised.interpret.wiring import studied
from supervised.learner import Supervised, SupervisedConfig
from supervised.metrics.classification import Classification
from supervised.predictor import Augment, SupervisedPredictor
from supervised.vision.images import Images, takes_images

if TYPE_CHECKING:
    from supervised.interpret.representations import Rule


@dataclass(frozen=True)
class MLPConfig(SupervisedConfig):
    """The fields of a task; a task gives them its own defaults."""

    updates: int = 6000  # minibatches, in all
    batch: int = 256  # pictures in a minibatch
    hidden: tuple[int, ...] = (1024, 1024)  # units in each hidden layer
    members: int = 1  # networks that learn side by side; the mean of what they say is the answer
    lr: float = 0.002  # step size of Adam at its highest; falls to 0 in a straight line
    dropout: float = 0.0  # share of the units of each hidden layer that are left out, anew each time
    dropout_input: float = 0.0  # share of the pixels that are left out
    label_smoothing: float = 0.0  # share of each label that is given to all classes alike
    shift: float = 0.0  # standard deviation of the shifts, pixels; with 0 here and below no picture is deformed
    turn: float = 0.0  # of the turns, radians
    stretch: float = 0.0  # of the stretches along each axis
    shear: float = 0.0  # of the shears
    bend: float = 0.0  # of the bends, pixels
    smooth: float = 5.0  # how far a bend reaches, pixels
    mirror: float = 0.0  # share of the pictures that are mirrored, left to right
    erase: float = 0.0  # share of the pictures in which a rectangle is hidden
    noise: float = 0.0  # standard deviation of what is added to each pixel, whose values go from 0 to 1
    interpret: bool = False  # find out, layer by layer, what the network has learnt

    def __post_init__(self) -> None:
        super().__post_init__()
        check(
            self,
            positive=("hidden", "members", "lr", "smooth"),
            nonnegative=("shift", "turn", "stretch", "shear", "bend", "noise"),
            share=("dropout", "dropout_input", "label_smoothing"),
            probability=("mirror", "erase"),
        )


def augmentation(config: MLPConfig, shape: tuple[int, ...]) -> Augment | None:
    """How pictures of this shape are augmented in training, if at all."""
    strength = AffineElastic(config.shift, config.turn, config.stretch, config.shear, config.bend)
    steps = [warp(shape, strength, config.smooth)] if strength != AffineElastic() else []
    if config.mirror:
        steps.append(flip(config.mirror))
    if config.erase:
        steps.append(erase(config.erase, most=0.25, value=0))
    if config.noise:
        steps.append(noise(config.noise))
    return flat(shape, *steps) if steps else None


def predictor(config: MLPConfig, images: Images) -> SupervisedPredictor:
    """What answers about such images x (N, H W); a photo is cut to its ink, unless they are seen otherwise."""
    I, members = math.prod(images.shape), None if config.members == 1 else config.members
    net = MLP(I, *config.hidden, len(images.classes), dropout=config.dropout, members=members)
    if config.dropout_input:
        net = Sequential(Dropout(config.dropout_input), net)
    exam, see = Classification(tuple(images.classes), images.shape), images.see or partial(ink, side=images.shape[0])
    change, copies = augmentation(config, images.shape), config.test_time_augmentations
    return SupervisedPredictor(net, exam, (I,), see, change, copies, config.batch, images.shape)


@takes_images
def classifier(
    config: MLPConfig, splits: Splits, images: Images, rng: Rng, rules: Mapping[str, Rule] | None = None
) -> Supervised:
    """A classifier of the images x (N, H W); `rules` are what a person would program."""
    said, (shape, classes, _) = predictor(config, images), images

    def learn(splits: Splits, net: Layer, rng: Rng, updates: int, augmented: bool = True) -> Supervised:
        augment = said.augment if augmented else None
        show: dict[str, Any] = {"classes": classes, "shape": shape}
        rates: dict[str, Any] = {"schedule": linear, "label_smoothing": config.label_smoothing}
        return Classifier(splits, net, Adam(config.lr), rng, config, updates=updates, augment=augment, **rates, **show)

    budget = Budget(updates=300, batch=config.batch)
    learner = studied(learn, splits, said.net, rng, config.updates, config.interpret, shape, classes, budget, rules)
    learner.predictor = said
    return learner
