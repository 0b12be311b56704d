"""Handwritten digits, 8x8 pixels, squeezed into ten numbers without a word; then a hundred labels to read them by."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

from core import MLP, Linear, Parts, Rng
from core.lab import Cell, check
from core.lab.vision.augment import AffineElastic
from core.lab.vision.photos import ink
from unsupervised.clustering.predictor import ClusterPredictor, on_code
from unsupervised.linear_probe import LinearProbeConfig, ProbedCode
from unsupervised.tasks.digit_clusters import DEFORMED, SHARE, SIDE, deformer

PARADIGM = "unsupervised"
PROBLEM = "digits"
CLASSES = 10
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


def predictor(config: Config, facts: Any) -> ClusterPredictor:
    I, H, Z = SIDE * SIDE, config.hidden, config.code
    parts = Parts(encoder=MLP(I, H, Z), decoder=MLP(Z, H, I), probe=Linear(Z, CLASSES))
    return on_code(parts, (I,), see=partial(ink, side=SIDE, margin=0))


def make(config: Config, rng: Rng, data: Any) -> ProbedCode:
    k, answers = config.deformation, predictor(config, {})
    strength = AffineElastic(shift=0.4 * k, turn=0.12 * k, stretch=0.12 * k, shear=0.15 * k, bend=0.4 * k)
    augment, (encoder, decoder, _) = deformer(SIDE, strength, SHARE) if k else None, answers.net.parts
    told: dict[str, Any] = {"classes": CLASSES, "augment": augment, "predictor": answers}
    return ProbedCode(data("digits"), encoder, decoder, config.lr, rng, config, **told)
