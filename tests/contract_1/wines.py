"""Which of three growers a wine is from, by thirteen measurements of a chemist."""

from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_wine

from core.lab.datasets import split
from core.lab.learner import positive
from core import Adam, MLP
from supervised.classifier import Classifier

PARADIGM = "supervised"
PROBLEM = "wines"
PRESETS = {"quick": {"updates": 200}, "best": {"hidden": 64, "updates": 2000}}


@dataclass(frozen=True)
class Config:
    hidden: int = 32  # units in the hidden layer
    updates: int = 1000  # minibatches, in all
    lr: float = 0.01  # step size of Adam at its highest

    def __post_init__(self):
        positive(self, "hidden", "updates", "lr")


def make(config, rng, data):
    x, t = load_wine(return_X_y=True)  # your own: x (N, I) numbers, t (N,) whole numbers from 0
    parts = split(x, t)  # train, validation, test: the same for every seed
    mean, std = parts.x_train.mean(0), parts.x_train.std(0)  # measured on the training part alone
    scaled = [((x - mean) / std).astype(np.float32) for x in (parts.x_train, parts.x_val, parts.x_test)]
    parts = parts._replace(x_train=scaled[0], x_val=scaled[1], x_test=scaled[2])
    net = MLP(13, config.hidden, 3)
    return Classifier(parts, net, Adam(config.lr), rng, updates=config.updates, batch=16)
