"""Balance a pole on a cart as an expert does, whose actions are the labels of a classifier (CartPole-v1)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.initializers import Array
from core.lab.compare.cell import Cell
from core.lab.config import positive
from core.lab.data.checks import check_labels
from core.lab.data.splits import Splits
from core.lab.envs.rollout import play, stack
from core.lab.envs.vector import TRAINING_SEEDS
from core.lab.learner import Report
from core.lab.problems import cartpole
from core.layers import Layer, Rng, tanh
from core.losses import cross_entropy, softmax
from core.network import MLP
from core.optimizers import Adam
from supervised.learner import Model, Supervised

PARADIGM = "supervised"
PROBLEM = "cartpole"
PRESETS = {"quick": {"updates": 800}, "best": {}}
CELL = Cell(
    given="An expert, who balances to the end.",
    bits=1,
    teacher="an expert's action",
    trials=12,
    show=cartpole.decisions,
)


@dataclass(frozen=True)
class Config:
    episodes: int = 4  # of the expert to learn from, and as many that choose the weights
    hidden: int = 64  # units in each of the two hidden layers
    lr: float = 0.01  # step size of Adam at the start; falls to 0 as a cosine
    updates: int = 2000  # minibatches
    batch: int = 64  # labels in a minibatch

    def __post_init__(self) -> None:
        positive(self, "episodes", "hidden", "lr", "updates", "batch")


def watched(n: int, first: int) -> tuple[Array, Array]:
    """What the expert sees and does in n episodes: obs (N, 4), its actions (N,)."""
    envs = cartpole.environments(n, np.random.default_rng(first))
    steps = stack(play(envs, cartpole.expert, first))
    envs.vec.close()
    return steps.obs[steps.valid], steps.action[steps.valid]


class AsTheExpert:
    """Weights are chosen by the expert's own actions, not by what they earn; a hundred episodes judge the best."""

    monitor = "-val_nats"

    def check(self, splits: Splits, O: int) -> None:
        check_labels(splits, O)

    def figures(self, y: Array, t: Array) -> dict[str, float]:
        return {"val_nats": cross_entropy(y, t)[0], "val_agreement": float((y.argmax(-1) == t).mean())}

    def pool(self, ys: Array) -> Array:
        mean: Array = np.log(softmax(ys).mean(0) + 1e-30)
        return mean

    def answer(self, y: Array) -> Array:
        action: Array = y.argmax(-1)
        return action

    def report(self, model: Model, net: Layer, w: Array, splits: Splits, folder: Path | None) -> Report:
        made = cartpole.report(lambda obs: self.answer(model(obs)), folder, {"the expert": cartpole.expert})
        made.metrics["test_agreement"] = float((self.answer(model(splits.x_test)) == splits.t_test).mean())
        return made


def make(config: Config, rng: Rng, data: Any) -> Supervised:
    seeds = int(rng.spawn(1)[0].integers(*TRAINING_SEEDS)), cartpole.VAL_SEED, cartpole.TEST_SEED
    parts = [watched(config.episodes, first) for first in seeds]
    exam = AsTheExpert()

    def observe(model: Model) -> dict[str, float]:
        earned = cartpole.mean_return(lambda obs: exam.answer(model(obs)), 20, cartpole.VAL_SEED)
        return {"val_return": earned}

    net = MLP(4, config.hidden, config.hidden, 2, activation=tanh)
    return Supervised(
        Splits(*(array for part in parts for array in part)),
        net,
        Adam(config.lr),
        rng,
        loss=cross_entropy,
        exam=exam,
        updates=config.updates,
        batch=config.batch,
        observe=observe,
    )
