"""Predict the next character of a text, then write on: the Python reference, or any UTF-8 text file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from core.lab import readers
from core.lab.data_kinds import Text, parts
from core.lab.datasets import Data
from core.lab.learner import positive
from core.layers import Rng
from core.network import Sequential
from core.optimizers import AdamW
from unsupervised.language import Language, Vocabulary, window_net

PARADIGM = "unsupervised"
PROBLEM = "text"
LARGEST = 200_000_000  # bytes of a file


@dataclass(frozen=True)
class Config:
    file: str = ""  # any UTF-8 text file instead of the embedded corpus
    context: int = 8  # characters that the next one is predicted from
    embedding: int = 32  # numbers that stand for a character
    hidden: int = 192  # units of a hidden layer
    depth: int = 2  # hidden layers
    dropout: float = 0.0  # share of hidden units that are dropped in training
    batch: int = 256  # characters predicted in a minibatch
    updates: int = 1300  # minibatches, in all
    lr: float = 0.01  # step size of AdamW at its highest
    decay: float = 0.05  # weight decay of AdamW

    def __post_init__(self) -> None:
        positive(self, "context", "embedding", "hidden", "depth", "batch", "updates", "lr")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be from 0 to below 1, not {self.dropout}")
        if not self.decay >= 0:
            raise ValueError(f"decay must not be below 0, not {self.decay}")


PRESETS = {
    "quick": {"updates": 500},
    "best": {"context": 12, "hidden": 512, "dropout": 0.2, "updates": 12000, "lr": 0.008, "decay": 0.15},
}


def read(file: str, data: Data) -> Text:
    """A text file in three parts; its SHA-256 is noted. Raises ValueError when it is too large or not UTF-8."""
    with Path(file).open("rb") as source:
        raw = source.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise ValueError(f"{file} is larger than {LARGEST // 10**6} MB")
    data.sums[file] = hashlib.sha256(raw).hexdigest()
    try:
        return parts(readers.text(raw))
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def make(config: Config, rng: Rng, data: Data) -> Language:
    text = read(config.file, data) if config.file else data("python-reference")
    vocabulary = Vocabulary.of(text.train)
    layers = window_net(len(vocabulary), config.context, config.embedding, config.hidden, config.depth, config.dropout)
    optimizer = AdamW(config.lr, Sequential(*layers).layout, config.decay)
    return Language(text, vocabulary, layers, optimizer, rng,
                    context=config.context, batch=config.batch, updates=config.updates)  # fmt: skip
