"""Write reviews as others write them: the next character of real ones, and nobody is asked."""

from dataclasses import dataclass
from typing import Any

from core import AdamW, Rng
from core.lab import Cell, Data
from core.lab.problems.review_writer import ReviewConfig, ReviewWriter, review_writer
from core.lab.problems.reviews import DECAY, RATE, ReviewExam
from core.lab.text.predictor import FACTS as FACTS
from unsupervised.text.review_model import FreeWriter, FreeWriterConfig

PARADIGM = "unsupervised"
PROBLEM = "text"
ABOUT = """Real reviews go in, and a model of the next character comes out that writes reviews as others do; nobody
is asked. The score is the share of its reviews that an independent judge takes for positive; real reviews are
positive about half of the time, real five-star reviews most of the time. As this model is not told to praise, about
half is to be expected: compare it with review_guided and review_rl."""


@dataclass(frozen=True)
class Config(ReviewConfig, FreeWriterConfig):
    """The fields of both."""


PRESETS = {
    "quick": {"hidden": 64, "longest": 100, "updates": 300},
    "best": {"updates": 6000},
}

CELL = Cell(given="nothing; in the second figure, how praise begins", trials=12, bits=0.0, passes=3.0)


def predictor(config: Config, facts: Any) -> ReviewWriter:
    return review_writer(config, facts)


def make(config: Config, rng: Rng, data: Data) -> FreeWriter:
    exam = ReviewExam(data("reviews"), config.context, config.longest)
    writer = predictor(config, exam.facts)
    return FreeWriter(exam, writer, AdamW(config.lr, writer.net.layout, DECAY), rng, config, schedule=RATE)
