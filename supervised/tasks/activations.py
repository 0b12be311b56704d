"""Activations side by side on digits: slopes, units that saturate or die, and what of the error comes back."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from core import Adam, Rng, constant
from core.lab.config import check
from core.lab.vision.photos import ink
from supervised.learner import Supervised
from supervised.lessons.activations import ActivationsExam
from supervised.predictor import SupervisedPredictor

PARADIGM = "supervised"
SIDE, CLASSES = 8, 10  # pixels along each side, and digits
ABOUT = """
Seven networks read the same 8x8 digits and differ only in their activation function: identity, ReLU, leaky ReLU,
GELU, softplus, tanh, sigmoid. In go images and labels; out come, for each layer, the share of saturated and of dead
units, and how much of the error survives the way back. Try --gain 10 or --lr 0.1 and watch units die. A test
accuracy above 0.95 is good.
"""


@dataclass(frozen=True)
class Config:
    depth: int = 4  # hidden layers
    width: int = 32  # units in each
    gain: float = 1.0  # factor on the first weights of the hidden layers: 0.03 and signals fade, 10 and units saturate
    lr: float = 0.003  # step size of Adam, which stays as it is: with 0.1 units of ReLU die
    updates: int = 800  # minibatches
    batch: int = 64  # images in a minibatch

    def __post_init__(self) -> None:
        check(self, positive=("gain", "lr", "updates", "batch"), span={"width": (1, 1024), "depth": (1, 64)})


PRESETS = {"quick": {"updates": 300}, "best": {"updates": 4000}}


def _exam(config: Config) -> ActivationsExam:
    sizes = (SIDE * SIDE, *[config.width] * config.depth, CLASSES)
    return ActivationsExam(sizes, config.gain, config.lr, config.batch)


def predictor(config: Config, facts: Any) -> SupervisedPredictor:
    exam, see = _exam(config), partial(ink, side=SIDE, margin=0)
    return SupervisedPredictor(exam.net(), exam, (SIDE * SIDE,), see, batch=config.batch)


def make(config: Config, rng: Rng, data: Any) -> Supervised:
    said, exam = predictor(config, {}), _exam(config)
    learning: dict[str, Any] = {"updates": config.updates, "batch": config.batch, "schedule": constant}
    learner = Supervised(data("digits"), said.net, Adam(config.lr), rng, loss=exam.loss, exam=exam, **learning)
    learner.predictor = said
    return learner
