"""Write positive reviews, taught by labels: a reader of what is being written steers the writer."""

from dataclasses import dataclass
from typing import Any

from core import AdamW, Rng
from core.lab import Cell, Data
from core.lab.problems.review_writer import ReviewConfig, ReviewWriter, review_writer
from core.lab.problems.reviews import DECAY, RATE, ReviewExam
from core.lab.text.predictor import FACTS as FACTS
from supervised.text.guided_writer import GuidedWriter, GuidedWriterConfig, guided_asker

PARADIGM = "supervised"
PROBLEM = "text"
ABOUT = """
A network writes reviews of clothing, letter by letter, and they should be positive. It learns from real reviews, of
which some have a label: good or not. While it writes, a second answer of the same network says which next letter a
good review would have. The score is the share that an independent judge takes for positive: real five-star reviews
reach about 0.87.
"""


@dataclass(frozen=True)
class Config(ReviewConfig, GuidedWriterConfig):
    """The fields of both."""


PRESETS = {"quick": {"hidden": 64, "longest": 100, "updates": 300}, "best": {"updates": 6000}}
CELL = Cell(given="the texts, to write as they do", trials=12, bits=1.0, passes=3.0, teacher="a label: is it good?")


def predictor(config: Config, facts: Any) -> ReviewWriter:
    return review_writer(config, facts, 2, guided_asker(config.strength))


def make(config: Config, rng: Rng, data: Data) -> GuidedWriter:
    exam = ReviewExam(data("reviews"), config.context, config.longest)
    writer = predictor(config, exam.facts)
    return GuidedWriter(exam, writer, AdamW(config.lr, writer.net.layout, DECAY), rng, config, schedule=RATE)
