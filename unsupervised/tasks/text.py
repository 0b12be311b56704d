"""Predict the next character of a text, then write on: the Python reference, or any UTF-8 text file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from core.lab.config import positive
from core.lab.data import formats as readers
from core.lab.data.registry import Data
from core.lab.data.splits import Text, parts
from core.lab.text.vocabulary import Vocabulary
from core.lab.text.window_model import window_net
from core.layers import Rng
from core.network import Sequential
from core.optimizers import AdamW
from unsupervised.text.language_model import Language

PARADIGM = "unsupervised"
PROBLEM = "python_reference"
LARGEST = 200_000_000  # bytes of a file


@dataclass(frozen=True)
class Config:
    file: str = ""  # any UTF-8 text file instead of the embedded corpus
    context: int = 8  # characters that the next one is predicted from
    embedding: int = 32  # numbers that stand for a character
    longest: int = 6  # characters of the longest n-grams, from 2 on, that have rows of their own; 0 for none
    words: bool = False  # have words rows of their own, too?
    bits: int = 13  # 2^bits rows for the n-grams of one length
    row: int = 8  # numbers in a row
    hidden: int = 192  # units of a hidden layer
    depth: int = 2  # hidden layers
    dropout: float = 0.0  # share of hidden units that are dropped in training
    token_dropout: float = 0.0  # share of the characters read that are made unknown in training
    context_dropout: float = 0.0  # share of the contexts that are cut short in training
    batch: int = 256  # characters predicted in a minibatch
    updates: int = 1000  # minibatches, in all
    lr: float = 0.01  # step size of AdamW at its highest
    weight_decay: float = 0.2  # weight decay of AdamW

    def __post_init__(self) -> None:
        positive(self, "context", "embedding", "bits", "row", "hidden", "depth", "batch", "updates", "lr")
        for name in ("dropout", "token_dropout", "context_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be from 0 to below 1, not {getattr(self, name)}")
        for name in ("longest", "weight_decay"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must not be below 0, not {getattr(self, name)}")


PRESETS = {
    "quick": {"updates": 400},
    "best": {
        "context": 12,
        "longest": 0,
        "hidden": 512,
        "dropout": 0.2,
        "updates": 12000,
        "lr": 0.008,
        "weight_decay": 0.15,
    },
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
    orders = range(2, min(config.longest, config.context) + 1)
    letters = vocabulary.letters() if config.words else None
    layers = window_net(
        len(vocabulary),
        config.context,
        config.embedding,
        config.hidden,
        config.depth,
        config.dropout,
        orders,
        config.bits,
        config.row,
        letters,
        config.token_dropout,
        config.context_dropout,
    )
    optimizer = AdamW(config.lr, Sequential(*layers).layout, config.weight_decay)
    return Language(
        text, vocabulary, layers, optimizer, rng, context=config.context, batch=config.batch, updates=config.updates
    )
