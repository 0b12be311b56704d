"""Wines sorted into three heaps by thirteen measurements; nobody says which grower each is from."""

from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_wine

from core.lab.datasets import split
from core.lab.learner import positive
from core import MLP
from unsupervised.clusterer import Clusterer

PARADIGM = "unsupervised"
PROBLEM = "wines"
PRESETS = {"quick": {"updates": 200}, "best": {"starts": 5, "updates": 1000}}


@dataclass(frozen=True)
class Config:
    hidden: int = 32  # units in the hidden layer
    updates: int = 600  # minibatches, in all
    starts: int = 2  # networks that are tried; the objective, not a label, chooses among them
    noise: float = 0.3  # how far a measurement may be off and still be of the same wine, in standard deviations

    def __post_init__(self):
        positive(self, "hidden", "updates", "starts", "noise")


def make(config, rng, data):
    x, t = load_wine(return_X_y=True)  # t is for judging alone: the learner never sees it
    parts = split(x, t)
    mean, std = parts.x_train.mean(0), parts.x_train.std(0)
    scaled = [((x - mean) / std).astype(np.float32) for x in (parts.x_train, parts.x_val, parts.x_test)]
    parts = parts._replace(x_train=scaled[0], x_val=scaled[1], x_test=scaled[2])

    def shaken(rng, x):  # what does not change what a thing is: this is all that the learner is told
        return x + config.noise * rng.standard_normal(x.shape, np.float32)

    net = MLP(13, config.hidden, 3)  # x -> logits of three clusters
    return Clusterer(parts, net, 0.01, rng, updates=config.updates, starts=config.starts, batch=64, augment=shaken)
