"""A task that raises what no exception of a program should be."""

from dataclasses import dataclass

import numpy as np

from core import MLP

PARADIGM = "supervised"
ABOUT = "It raises."
PRESETS = {"quick": {}, "best": {}}


@dataclass(frozen=True)
class Config:
    hidden: int = 4  # units


class Raises:
    monitor, progress = "+val", 0.0

    def __init__(self, config, rng):
        self.net = MLP(2, config.hidden, 2)
        self.w = self.net.init(rng)

    def update(self):
        self.progress = self.progress + 0.5
        return {"loss": 1.0}

    def evaluate(self):
        raise BaseException("b")

    def report(self, w, folder):
        raise SystemExit(4)

    def state(self):
        return {"progress": np.asarray(self.progress)}

    def load(self, state):
        self.progress = float(state["progress"])


def make(config, rng, data):
    return Raises(config, rng)
