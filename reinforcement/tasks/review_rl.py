"""Write positive reviews, taught by rewards: a rater says of each whole review whether it is praise."""

from dataclasses import dataclass
from typing import Any

from core import Adam, AdamW, Rng
from core.lab import Cell, Data
from core.lab.problems.review_writer import ReviewConfig, ReviewWriter, review_writer
from core.lab.problems.reviews import DECAY, RATE, ReviewExam
from core.lab.text.predictor import FACTS as FACTS
from reinforcement.text.kl_reinforce import KLReinforceConfig, RewardTunedWriter

PARADIGM = "reinforcement"
PROBLEM = "text"
ABOUT = """
Write positive reviews, character by character, taught by rewards. A small network first learns to write from real
reviews. Then it writes whole reviews, and a rater says of each one bit: praise, or not. REINFORCE raises what
pleases, and a KL penalty keeps the network close to how it wrote before. What counts is how often another judge, who
never taught, takes its reviews for praise.
"""


@dataclass(frozen=True)
class Config(ReviewConfig, KLReinforceConfig):
    tuning: float = 1e-3  # step size of Adam in the steps by rewards


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


def predictor(config: Config, facts: Any) -> ReviewWriter:
    return review_writer(config, facts)


def make(config: Config, rng: Rng, data: Data) -> RewardTunedWriter:
    exam = ReviewExam(data("reviews"), config.context, config.longest)
    writer = predictor(config, exam.facts)
    optimizers = AdamW(config.lr, writer.net.layout, DECAY), Adam(config.tuning)
    return RewardTunedWriter(exam, writer, *optimizers, rng, config, schedule=RATE)
