"""English to French through one shared vector: each sentence comes with its translation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.lab.config import positive
from core.lab.text.sentences import Pairs, divide_pairs
from core.layers import Rng
from core.optimizers import Adam
from supervised.translation.evaluate import report
from supervised.translation.translator import Sizes, Translator

PARADIGM = "supervised"
PROBLEM = "translate"


@dataclass(frozen=True)
class Config:
    longest: int = 30  # characters of an English sentence at most; half as many again of a French one
    features: int = 16384  # ids that the words and letters of a sentence are hashed to
    bag: int = 256  # numbers that a feature stands for
    code: int = 256  # numbers of the vector that both languages share
    pieces: int = 1000  # pieces of words that a language is written in
    window: int = 12  # pieces that are seen when the next one is written
    embedding: int = 32  # numbers that a piece stands for
    hidden: int = 512  # units of the hidden layer of a decoder
    drop: float = 0.1  # share of features and hidden units that are dropped in training
    temperature: float = 0.05  # of the softmax over the codes of a minibatch
    contrast: float = 1.0  # weight of finding the translation against writing it
    echo: float = 0.25  # share of sentences that are written out of their own code, not out of the translation's
    beam: int = 8  # beginnings that are kept while a translation is written
    reread: float = 4.0  # weight of a written sentence's code being that of the source, against its log-probability
    batch: int = 128  # pairs in a minibatch
    updates: int = 600  # minibatches, in all
    lr: float = 5e-3  # step size of Adam at its highest

    def __post_init__(self) -> None:
        positive(
            self,
            "longest",
            "features",
            "bag",
            "code",
            "pieces",
            "window",
            "embedding",
            "hidden",
            "temperature",
            "beam",
            "batch",
            "updates",
            "lr",
        )
        for name in ("drop", "echo"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be from 0 to below 1, not {getattr(self, name)}")
        for name in ("contrast", "reread"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must not be below 0, not {getattr(self, name)}")
        if self.features < 2 or self.batch < 2:
            raise ValueError("features and batch must be at least 2")
        if self.pieces > 65536:
            raise ValueError(f"pieces must be at most 65536, not {self.pieces}")

    @property
    def sizes(self) -> Sizes:
        return Sizes(
            self.features, self.bag, self.code, self.pieces, self.window, self.embedding, self.hidden, self.drop
        )


PRESETS = {
    "quick": {"longest": 20, "features": 8192, "bag": 128, "hidden": 256, "pieces": 600, "updates": 200, "beam": 4},
    "best": {"updates": 1600, "beam": 16},
}


def make(config: Config, rng: Rng, data: Any) -> Translator:
    parts = divide_pairs(data("english-french"))  # before short ones are picked: so the parts do not depend on longest
    short = Pairs(
        *(
            [pair for pair in part if len(pair[0]) <= config.longest and len(pair[1]) <= 1.5 * config.longest]
            for part in parts
        )
    )
    return Translator(
        short,
        config.sizes,
        Adam(config.lr),
        rng,
        report=report,
        updates=config.updates,
        batch=config.batch,
        temperature=config.temperature,
        contrast=config.contrast,
        echo=config.echo,
        beam=config.beam,
        reread=config.reread,
    )
