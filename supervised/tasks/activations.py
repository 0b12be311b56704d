"""Activations side by side on digits: slopes, units that saturate or die, and what of the error comes back."""

from dataclasses import dataclass
from typing import Any

from core import Adam, Rng, constant
from core.lab.config import check
from supervised.learner import Supervised
from supervised.lessons.activations import ActivationsExam

PARADIGM = "supervised"
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


def make(config: Config, rng: Rng, data: Any) -> Supervised:
    splits = data("digits")
    sizes = (splits.x_train.shape[1], *[config.width] * config.depth, int(splits.t_train.max()) + 1)
    exam = ActivationsExam(sizes, config.gain, config.lr, config.batch)
    learning: dict[str, Any] = {"updates": config.updates, "batch": config.batch, "schedule": constant}
    return Supervised(splits, exam.net(), Adam(config.lr), rng, loss=exam.loss, exam=exam, **learning)
