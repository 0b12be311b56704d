"""Digits told apart from few labels, by features learnt on clothing, or on the other half of the digits."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from core import MLP, Adam, Rng
from core.lab import Splits, check
from core.lab.vision.augment import AffineElastic, flat, warp
from supervised.classifier import Classifier
from supervised.transfer.transfer import Transfer, TransferConfig

PARADIGM = "supervised"
ABOUT = """
What a network learnt from many labels helps where labels are few. First it learns one set of pictures, clothing or
the digits 0 to 4; then it learns another from 100 labels, starting from those layers or from nothing. In go
pictures, out comes a class. The score is the test accuracy from the fewest labels; good is to beat the start from
nothing by some points.
"""
SOURCES = ("fashion-mnist", "mnist", "digits")


@dataclass(frozen=True)
class Config(TransferConfig):
    batch: int = 64  # pictures in a minibatch of the source; half as many in one of the target
    source: str = "mnist"  # mnist or digits: from 0-4 to 5-9; or fashion-mnist: from clothing to the digits of MNIST
    hidden: tuple[int, ...] = (128, 128)  # units in each hidden layer
    source_updates: int = 4000  # minibatches of the source
    source_lr: float = 0.001  # step size of Adam at its highest, of the source; falls to 0 as a cosine
    lr: float = 0.003  # the same, of each target network
    deform: float = 1.0  # strength of the deformations that all networks see, of the source and of the target; 0: none

    def __post_init__(self) -> None:
        super().__post_init__()
        sizes = ("hidden", "source_updates", "source_lr", "lr")
        spans = {"batch": (2, math.inf), "carried": (1, len(self.hidden))}  # of the hidden layers
        check(self, positive=sizes, nonnegative=("deform",), span=spans, among={"source": SOURCES})


QUICK = {"source": "digits", "labels": (20, 100), "hidden": (64, 64), "source_updates": 800, "updates": 600}
PRESETS = {"quick": QUICK, "best": {"hidden": (256, 256), "source_updates": 6000}}


def half(splits: Splits, first: int) -> Splits:
    """The five classes from `first` on, as classes 0 to 4."""
    parts = []
    for x, t in zip(splits[0::2], splits[1::2], strict=True):
        of = (t >= first) & (t < first + 5)
        parts += [x[of], t[of] - first]
    return Splits(*parts)


def make(config: Config, rng: Rng, data: Any) -> Transfer:
    if config.source == "fashion-mnist":
        source, target = data("fashion-mnist"), data("mnist")
    else:
        source, target = half(data(config.source), 0), half(data(config.source), 5)
    side, k = round(source.x_train.shape[1] ** 0.5), config.deform
    strength = AffineElastic(0.025 * side * k, turn=0.15 * k, stretch=0.1 * k, shear=0.1 * k, bend=0.035 * side * k)
    augment = flat((side, side), warp((side, side), strength, side / 6)) if k else None
    build = partial(MLP, source.x_train.shape[1], *config.hidden, len(np.unique(source.t_train)))
    source_rng, target_rng = rng.spawn(2)
    learning: dict[str, Any] = {"updates": config.source_updates, "batch": config.batch, "augment": augment}
    learner = Classifier(source, build(), Adam(config.source_lr), source_rng, **learning)
    optimizer, batch = Adam(config.lr), config.batch // 2
    return Transfer(learner, target, build, optimizer, target_rng, config, batch=batch, augment=augment)
