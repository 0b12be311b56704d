"""Write positive reviews, taught by labels: a reader of what is being written steers the writer."""

from dataclasses import dataclass

from core import AdamW, Rng
from core.lab import Cell, Data, check
from core.lab.problems.reviews import DECAY, RATE, Exam
from supervised.text.guided_writer import GuidedWriter, GuidedWriterConfig

PARADIGM = "supervised"
PROBLEM = "text"
ABOUT = """
A network writes reviews of clothing, letter by letter, and they should be positive. It learns from real reviews, of
which some have a label: good or not. While it writes, a second answer of the same network says which next letter a
good review would have. The score is the share that an independent judge takes for positive: real five-star reviews
reach about 0.87.
"""


@dataclass(frozen=True)
class Config(GuidedWriterConfig):
    context: int = 24  # characters that the next one is predicted from
    hidden: int = 256  # units of each of the two hidden layers
    longest: int = 250  # characters that a written review may have
    lr: float = 8e-3  # step size of AdamW at its highest

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, positive=("hidden", "longest", "lr", "labels"))
        if not self.context >= 6:
            raise ValueError(f"context must be at least 6, the characters of the longest n-grams, not {self.context}")


PRESETS = {"quick": {"hidden": 64, "longest": 100, "updates": 300}, "best": {"updates": 6000}}
CELL = Cell(given="the texts, to write as they do", trials=12, bits=1.0, passes=3.0, teacher="a label: is it good?")


def make(config: Config, rng: Rng, data: Data) -> GuidedWriter:
    exam = Exam(data("reviews"), config.context, config.longest)
    net = exam.network(config.hidden, outputs=2)
    return GuidedWriter(exam, net, AdamW(config.lr, net.layout, DECAY), rng, config, schedule=RATE)
