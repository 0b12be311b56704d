"""Handwritten digits, 8x8 pixels, squeezed into ten numbers without a word; then a hundred labels to read them by."""

import math
from dataclasses import dataclass
from typing import Any

from core import MLP, Rng
from core.lab import Cell, check
from core.lab.vision.augment import AffineElastic
from unsupervised.linear_probe import LinearProbeConfig, ProbedCode
from unsupervised.tasks.digit_clusters import DEFORMED, SHARE, deformer

PARADIGM = "unsupervised"
PROBLEM = "digits"
ABOUT = """Digits of 8x8 pixels go through a code of ten numbers and must come out unchanged; no label is used for
that. Then a hundred labels teach a linear probe to read the code. The score is the probe's accuracy on the test
images; guessing gives 0.1. A good run beats the same probe on pixels and on as many principal components, and comes
near a support vector machine that has all labels."""
PRESETS = {"quick": {"updates": 1000}, "best": {}}
CELL = Cell(
    given=f"That {DEFORMED.removeprefix('that ')}.", trials=12, bits=math.log2(10), teacher="nothing, then a few labels"
)


@dataclass(frozen=True)
class Config(LinearProbeConfig):
    hidden: int = 128  # units in the hidden layer of the encoder, and in that of the decoder
    code: int = 10  # numbers that a picture is squeezed into
    lr: float = 3e-3  # step size of Adam at the start; falls to 0 as a cosine
    deformation: float = 1.0  # how far a picture is moved, turned, stretched, sheared and bent on its way in

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, positive=("hidden", "code", "lr"), nonnegative=("deformation",))


def make(config: Config, rng: Rng, data: Any) -> ProbedCode:
    splits, k = data("digits"), config.deformation
    I = splits.x_train.shape[1]
    strength = AffineElastic(shift=0.4 * k, turn=0.12 * k, stretch=0.12 * k, shear=0.15 * k, bend=0.4 * k)
    augment = deformer(round(I**0.5), strength, SHARE) if k else None
    encoder, decoder = MLP(I, config.hidden, config.code), MLP(config.code, config.hidden, I)
    return ProbedCode(splits, encoder, decoder, config.lr, rng, config, classes=10, augment=augment)
