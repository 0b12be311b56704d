"""Photographs told apart by a network that looks through windows: what the tasks on them share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from core.lab.config import positive
from core.lab.data.splits import Splits
from core.lab.vision.augment import AffineElastic, Step, erase, flat, flip, shift, warp
from core.lab.vision.photos import See, square
from core.layers import Layer, Rng
from core.losses import cross_entropy
from core.optimizers import AdamW
from supervised.interpret.report import Budget
from supervised.interpret.representations import Rule
from supervised.interpret.wiring import studied
from supervised.learner import Augment, Supervised
from supervised.metrics.classification import Classification
from supervised.vision.convnet import PatchNet

MEMORY = 300  # minibatches that the running average of the weights goes back
BASELINES = 1000  # training pictures that the report's baselines are given: with more they take minutes


@dataclass(frozen=True)
class Photos:
    """The fields of a task; a task gives them its own defaults."""

    features: int = 32  # features of the first stage; they double from stage to stage
    updates: int = 2800  # minibatches, in all
    batch: int = 32  # pictures in a minibatch
    lr: float = 0.005  # step size of AdamW at its highest; falls to 0 as a cosine
    weight_decay: float = 0.05  # by which weights shrink, times the step size
    mirror: float = 0.5  # share of the pictures that are mirrored, left to right
    shift: int = 3  # pixels by which a picture moves at most, along both axes
    turn: float = 0.0  # standard deviation of the turns, radians
    stretch: float = 0.0  # of the stretches along each axis
    erase: float = 0.0  # share of the pictures in which a rectangle is hidden
    test_time_augmentations: int = 0  # altered copies that are judged beside each example, at the end and in use
    interpret: bool = False  # find out, layer by layer, what the network has learnt

    def __post_init__(self) -> None:
        positive(self, "features", "updates", "batch", "lr")
        if not all(
            size >= 0 for size in (self.weight_decay, self.shift, self.turn, self.stretch, self.test_time_augmentations)
        ):
            raise ValueError("weight_decay, shift, turn, stretch and test_time_augmentations must not be below 0")
        if not (0 <= self.mirror <= 1 and 0 <= self.erase <= 1):
            raise ValueError("mirror and erase are shares, from 0 to 1")


def alterations(config: Photos, shape: tuple[int, ...]) -> Augment | None:
    """How pictures of this shape are altered each time they are seen, if at all; a border goes on as it ends."""
    steps: list[Step] = []
    if config.turn or config.stretch:
        steps.append(warp(shape, AffineElastic(turn=config.turn, stretch=config.stretch), edge=True))
    if config.shift:
        steps.append(shift(config.shift, edge=True))
    if config.mirror:
        steps.append(flip(config.mirror))
    if config.erase:
        steps.append(erase(config.erase, most=0.25, value=0.5))
    return flat(shape, *steps) if steps else None


def classifier(
    config: Photos,
    splits: Splits,
    shape: tuple[int, ...],
    classes: Sequence[str],
    rng: Rng,
    rules: Mapping[str, Rule] | None = None,
    see: See | None = None,
) -> Supervised:
    """A classifier of pictures x (N, S*S[*3]) in [0, 1], `shape` (S, S[, 3]).

    `rules` are what a person would program; `see` makes an example of a picture out of a file, else its middle is cut.
    """

    def learn(splits: Splits, net: Layer, rng: Rng, updates: int, augmented: bool = True) -> Supervised:
        return Supervised(
            splits,
            net,
            AdamW(config.lr, net.layout, config.weight_decay),
            rng,
            loss=cross_entropy,
            exam=Classification(tuple(classes), shape, most=BASELINES),
            updates=updates,
            batch=config.batch,
            augment=alterations(config, shape) if augmented else None,
            memory=MEMORY,
            looks=config.test_time_augmentations,
            see=see,
        )

    see = see or partial(square, side=shape[0], colour=len(shape) == 3)
    net = PatchNet(shape, config.features, len(classes))
    budget = Budget(updates=200, batch=config.batch, examples=4000, judged=500, probed=2000)
    return studied(learn, splits, net, rng, config.updates, config.interpret, shape, classes, budget, rules)
