"""Balance a pole on a cart as an expert does, whose actions are the labels of a classifier (CartPole-v1)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import MLP, Adam, Array, Rng, cross_entropy, tanh
from core.lab import Cell, Report, Splits, check
from core.lab.envs.rollout import play, stack
from core.lab.envs.vector import TRAINING_SEEDS
from core.lab.problems import cartpole
from supervised.baselines import accuracy
from supervised.learner import Model, Supervised
from supervised.metrics.classification import Classification
from supervised.predictor import SupervisedPredictor

PARADIGM = "supervised"
PROBLEM = "cartpole"
ABOUT = """
A pole stands on a cart, and an expert knows which way to push. The network watches a few of the expert's episodes
and learns each push as a label: four numbers in (place, speed, angle, turning speed), left or right out. Nobody
tells it a reward. Good is a test return of 500: in a hundred new episodes the pole never falls.
"""
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
        check(self, positive=("episodes", "hidden", "lr", "updates", "batch"))


def demonstrations(n: int, first: int) -> tuple[Array, Array]:
    """What the expert sees and does in n episodes: obs (N, 4), its actions (N,)."""
    envs = cartpole.environments(n, np.random.default_rng(first))
    steps = stack(play(envs, cartpole.expert, first))
    envs.vec.close()
    return steps.obs[steps.valid], steps.action[steps.valid]


@dataclass(frozen=True)
class ExpertAgreement(Classification):
    """Weights are chosen by the expert's own actions, not by what they earn; a hundred episodes judge the best."""

    monitor: str = "-val_nats"

    def validate(self, model: Model) -> dict[str, float]:
        y, t = model(self.splits.x_val), self.splits.t_val
        return {"val_nats": cross_entropy(y, t)[0], "val_agreement": accuracy(self.answer(y), t)}

    def report(self, model: Model, folder: Path | None) -> Report:
        made = cartpole.report(lambda obs: self.answer(model(obs)), folder, {"the expert": cartpole.expert})
        made.metrics["test_agreement"] = accuracy(self.answer(model(self.splits.x_test)), self.splits.t_test)
        return made


def predictor(config: Config, facts: Any) -> SupervisedPredictor:
    net = MLP(4, config.hidden, config.hidden, 2, activation=tanh)
    return SupervisedPredictor(net, ExpertAgreement(), (4,), batch=config.batch)


def make(config: Config, rng: Rng, data: Any) -> Supervised:
    seeds = int(rng.spawn(1)[0].integers(*TRAINING_SEEDS)), cartpole.VAL_SEED, cartpole.TEST_SEED
    parts = [demonstrations(config.episodes, first) for first in seeds]
    exam, splits = ExpertAgreement(), Splits(*(array for part in parts for array in part))

    def observe(model: Model) -> dict[str, float]:
        return {"val_return": cartpole.mean_return(lambda obs: exam.answer(model(obs)), 20, cartpole.VAL_SEED)}

    said = predictor(config, {})
    learning: dict[str, Any] = {"loss": cross_entropy, "updates": config.updates, "batch": config.batch}
    learner = Supervised(splits, said.net, Adam(config.lr), rng, exam=exam, observe=observe, **learning)
    learner.predictor = said
    return learner
