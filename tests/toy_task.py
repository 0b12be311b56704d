"""A toy task for the tests of the loop: two blobs that a small network separates.

`bad_at` makes the loss NaN at that update, `pause` makes updates slow enough to be interrupted.
"""

import time
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from core import MLP, Adam, cross_entropy
from core.lab.config import positive
from core.lab.learner import Report
from core.lab.state import prefixed, rng_state, set_rng_state, unprefixed

PARADIGM = "supervised"
PROBLEM = "toy"
ABOUT = "Two clouds of points, told apart by a small network: points in, a class out; above 0.9 is good."
PRESETS = {"quick": {"updates": 40}, "best": {"hidden": 16}}


@dataclass(frozen=True)
class Config:
    hidden: int = 8  # units in the hidden layer
    updates: int = 60  # updates in all
    lr: float = 0.02  # step size of Adam
    pause: float = 0.0  # seconds that each update sleeps
    bad_at: int = 0  # the update whose loss is NaN, 0 for none

    def __post_init__(self):
        positive(self, "hidden", "updates", "lr")


class Toy:
    monitor = "+val_accuracy"

    def __init__(self, config, rng):
        blobs = np.random.default_rng(0)
        self.t = np.arange(300) % 2
        self.x = (blobs.standard_normal((300, 2)) + 2 * self.t[:, None]).astype(np.float32)
        self.config, self.rng = config, rng
        self.net, self.optimizer, self.count = MLP(2, config.hidden, 2), Adam(config.lr), 0
        self.w = self.net.init(rng)
        self.g = np.empty_like(self.w)

    @property
    def progress(self):
        return self.count / self.config.updates

    def update(self):
        time.sleep(self.config.pause)
        loss = self.loss(self.w, self.sample(self.rng, 16), self.g)
        self.optimizer.step(self.w, self.g)
        self.count += 1
        return {"loss": float("nan") if self.count == self.config.bad_at else loss, "examples": 16, "answers": 16}

    def sample(self, rng, n):
        i = rng.integers(0, 200, n)
        return self.x[i], self.t[i]

    def loss(self, w, batch, g=None, rng=None):
        y, back = self.net(batch[0], w, rng)
        loss, dy = cross_entropy(y, batch[1])
        if g is not None:
            back(dy, g)
        return loss

    def predict(self, w, x):
        return self.net(x, w)[0].argmax(-1)

    def evaluate(self):
        return {"val_accuracy": float((self.predict(self.w, self.x[200:250]) == self.t[200:250]).mean())}

    def report(self, w, folder):
        accuracy = float((self.predict(w, self.x[250:]) == self.t[250:]).mean())
        texts = {"<script>alert(1)</script>": "a \x1b[31mred\x1b[0m <b>text</b>"}
        return Report({"test_accuracy": accuracy}, "test_accuracy", 0.5, 1.0, "the truth", {"guess": 0.5}, texts=texts)

    def state(self):
        return {"count": np.asarray(self.count), "rng": rng_state(self.rng), **prefixed("adam", self.optimizer.state)}

    def load(self, state):
        self.count = int(state["count"])
        set_rng_state(self.rng, state["rng"])
        self.optimizer.state = unprefixed("adam", state)


def predictor(config, facts):
    net = MLP(2, config.hidden, 2)
    return SimpleNamespace(net=net, predict=lambda w, x: net(x, w)[0].argmax(axis=-1))


def make(config, rng, data):
    return Toy(config, rng)
