"""Land as an expert does, who is asked about every place that the learner comes to (LunarLander-v3), by DAgger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.lab.config import positive
from core.layers import Rng
from core.network import MLP
from core.optimizers import Adam
from reinforcement.envs.lunar_lander import ExpertExam, exam, heuristic
from reinforcement.imitation import Imitation, from_run

PARADIGM = "reinforcement"
PROBLEM = "lunar_lander_imitation"
NEEDS = {"Box2D": "trivium[robots]"}
PRESETS = {"quick": {"updates": 20, "flights": 10}, "best": {"updates": 200}}


@dataclass(frozen=True)
class Config:
    expert: str = ""  # folder of a finished run whose network is the expert; empty: Gymnasium's heuristic
    episodes: int = 5  # of the expert, at first
    ask: int = 32  # steps of each lander before each update about which the expert is asked; 0: none, cloning
    envs: int = 16  # landers side by side that the learner flies then
    hidden: int = 128  # units in each of the two hidden layers
    lr: float = 2e-3  # step size of Adam at the start; it falls to 0 linearly
    updates: int = 60  # each of 100 minibatches
    batch: int = 128  # labels in a minibatch
    flights: int = 100  # episodes that judge

    def __post_init__(self) -> None:
        positive(self, "episodes", "envs", "hidden", "lr", "updates", "batch", "flights")
        if self.ask < 0:
            raise ValueError(f"ask must not be below 0, not {self.ask}")


def make(config: Config, rng: Rng, data: Any) -> Imitation:
    expert = from_run(config.expert) if config.expert else heuristic
    judge, net = ExpertExam(exam(config.flights), expert), MLP(8, config.hidden, config.hidden, 4)
    return Imitation(
        net,
        judge.play.make_envs,
        judge,
        expert,
        Adam(config.lr),
        rng,
        updates=config.updates,
        batches=100,
        episodes=config.episodes,
        n=config.envs,
        T=config.ask,
        batch=config.batch,
    )
