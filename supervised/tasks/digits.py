"""Handwritten digits, 8x8 pixels: each training image comes with its label."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

from core import MLP, Adam, Array, Layer, Rng
from core.lab import Cell, Splits, check
from core.lab.vision.augment import AffineElastic, deform, deformations
from core.lab.vision.photos import ink
from supervised.classifier import Classifier
from supervised.interpret.budget import Budget
from supervised.interpret.hand_rules import DIGIT_RULES
from supervised.interpret.wiring import studied
from supervised.learner import Supervised, SupervisedConfig
from supervised.metrics.classification import Classification
from supervised.predictor import Augment, SupervisedPredictor

PARADIGM = "supervised"
SIDE = 8  # pixels along each side
ABOUT = """
Handwritten digits, scanned at 8x8 pixels: the data set that comes with scikit-learn. The network gets 64 grey
values and says which digit it is, from 0 to 9. While it learns, each image is moved, turned and bent a little. It
takes seconds, and is a good place to begin. Good is a test accuracy above 0.98.
"""
CELL = Cell(
    given="That a digit stays what it is when it is moved, turned, stretched, sheared and bent a little.",
    trials=12,
    bits=math.log2(10),
)


@dataclass(frozen=True)
class Config(SupervisedConfig):
    updates: int = 2500  # minibatches, in all
    batch: int = 64  # images in a minibatch
    hidden: int = 128  # units in a hidden layer
    layers: int = 1  # hidden layers
    members: int = 1  # networks that learn side by side; the mean of what they say is the answer
    lr: float = 0.01  # step size of Adam at its highest; falls to 0 as a cosine
    dropout: float = 0.0  # share of the hidden units that are left out, anew each time
    label_smoothing: float = 0.0  # share of each label that is given to all classes alike
    shift: float = 0.4  # standard deviation of the shifts, pixels; with 0 here and below no image is deformed
    turn: float = 0.12  # of the turns, radians
    stretch: float = 0.12  # of the stretches along each axis
    shear: float = 0.15  # of the shears
    bend: float = 0.4  # of the bends, pixels
    interpret: bool = False  # find out, layer by layer, what the network has learnt

    def __post_init__(self) -> None:
        super().__post_init__()
        check(
            self,
            positive=("hidden", "layers", "members", "lr"),
            nonnegative=("shift", "turn", "stretch", "shear", "bend"),
            share=("dropout", "label_smoothing"),
        )

    @property
    def deformation(self) -> tuple[float, ...]:
        return self.shift, self.turn, self.stretch, self.shear, self.bend


PRESETS = {"quick": {"updates": 600}, "best": {"hidden": 256, "layers": 2, "members": 4, "updates": 1500, "lr": 0.003}}


def augmentation(config: Config) -> Augment | None:
    """How images are deformed in training, if at all."""
    strength = AffineElastic(*config.deformation)

    def augment(rng: Rng, x: Array) -> Array:
        n = next(n for n in range(min(8, len(x)), 0, -1) if len(x) % n == 0)  # as many deformations as share x evenly
        return deform(x, deformations(rng, n, SIDE, strength))

    return augment if any(config.deformation) else None


def predictor(config: Config, facts: Any) -> SupervisedPredictor:
    members = None if config.members == 1 else config.members
    net = MLP(SIDE * SIDE, *[config.hidden] * config.layers, 10, dropout=config.dropout, members=members)
    see, copies = partial(ink, side=SIDE, margin=0), config.test_time_augmentations
    looks = see, augmentation(config), copies, config.batch, (SIDE, SIDE)
    return SupervisedPredictor(net, Classification(), (SIDE * SIDE,), *looks)


def make(config: Config, rng: Rng, data: Any) -> Supervised:
    splits, said, smoothing = data("digits"), predictor(config, {}), config.label_smoothing

    def learn(splits: Splits, net: Layer, rng: Rng, updates: int, augmented: bool = True) -> Supervised:
        change = said.augment if augmented else None
        options: dict[str, Any] = {"augment": change, "label_smoothing": smoothing, "shape": (SIDE, SIDE)}
        return Classifier(splits, net, Adam(config.lr), rng, config, updates=updates, **options)

    about = (SIDE, SIDE), "0123456789", Budget(batch=config.batch, repeats=3), DIGIT_RULES
    learner = studied(learn, splits, said.net, rng, config.updates, config.interpret, *about)
    learner.predictor = said
    return learner
