"""Write positive reviews, taught by rewards: a rater says of each whole review whether it is praise."""

from __future__ import annotations

from dataclasses import dataclass

from core.lab.compare.cell import Cell
from core.lab.config import positive
from core.lab.data.registry import Data
from core.lab.problems.reviews import DECAY, RATE, Exam
from core.layers import Rng
from core.optimizers import Adam, AdamW
from reinforcement.text.kl_reinforce import RewardTunedWriter

PARADIGM = "reinforcement"
PROBLEM = "text"


@dataclass(frozen=True)
class Config:
    context: int = 24  # characters that the next one is predicted from
    hidden: int = 256  # units of each of the two hidden layers
    longest: int = 250  # characters that a written review may have
    batch: int = 256  # characters predicted in a minibatch
    updates: int = 3000  # minibatches of real reviews
    lr: float = 8e-3  # step size of AdamW at its highest
    rounds: int = 40  # steps that follow, by rewards
    n: int = 64  # reviews that are written for one of them
    tuning: float = 1e-3  # step size of Adam in them
    kl_coef: float = 0.05  # what it costs to leave the writer of before, a nat per character

    def __post_init__(self) -> None:
        positive(self, "hidden", "longest", "batch", "updates", "lr", "rounds", "tuning")
        if not self.context >= 6:
            raise ValueError(f"context must be at least 6, the characters of the longest n-grams, not {self.context}")
        if not self.n >= 2:
            raise ValueError(f"n must be at least 2, for each review is held against the others, not {self.n}")
        if not self.kl_coef >= 0:
            raise ValueError(f"kl_coef must not be below 0, not {self.kl_coef}")


PRESETS = {
    "quick": {"hidden": 64, "longest": 100, "updates": 300, "rounds": 10, "n": 32},
    "best": {"updates": 6000},
}


def passes(config: Config) -> float:
    """Forward passes an example costs: 3 of real text; 5 of what was written, with writing and the writer of before."""
    real, written = config.batch * config.updates, config.rounds * config.n * config.longest
    return (3 * real + 5 * written) / (real + written)


CELL = Cell(
    given="the texts, to begin as a writer; a rater",
    trials=12,
    bits=1.0,
    passes=passes,
    teacher="a reward: praise or not",
)


def make(config: Config, rng: Rng, data: Data) -> RewardTunedWriter:
    exam = Exam(data("reviews"), config.context, config.longest)
    net = exam.network(config.hidden)
    return RewardTunedWriter(
        exam,
        net,
        AdamW(config.lr, net.layout, DECAY),
        Adam(config.tuning),
        rng,
        batch=config.batch,
        updates=config.updates,
        rounds=config.rounds,
        n=config.n,
        leash=config.kl_coef,
        schedule=RATE,
    )
