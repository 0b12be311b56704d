"""Tiny Shakespeare: the next character, by a network, by counting and by both; the first 90 % teach, the rest asks."""

from __future__ import annotations

from dataclasses import dataclass

from core.lab.config import positive
from core.lab.data.registry import Data
from core.lab.text.vocabulary import Vocabulary
from core.lab.text.window_model import window_net
from core.layers import Rng
from core.network import Sequential
from core.optimizers import AdamW
from unsupervised.text.language_model import Language

PARADIGM = "unsupervised"
PROBLEM = "shakespeare"


@dataclass(frozen=True)
class Config:
    context: int = 24  # characters that the next one is predicted from
    embedding: int = 32  # numbers that stand for a character
    longest: int = 6  # characters of the longest n-grams, from 2 on, that have rows of their own; 0 for none
    bits: int = 14  # 2^bits rows for the n-grams of one length
    row: int = 16  # numbers in a row
    hidden: int = 384  # units of a hidden layer
    depth: int = 2  # hidden layers
    dropout: float = 0.1  # share of hidden units that are dropped in training
    token_dropout: float = 0.03  # share of the characters read that are made unknown in training
    context_dropout: float = 0.3  # share of the contexts that are cut short in training
    batch: int = 512  # characters predicted in a minibatch
    updates: int = 2400  # minibatches of the training part
    again: int = 1400  # minibatches of the training and the validation part, after all choices
    lr: float = 8e-3  # step size of AdamW at its highest
    weight_decay: float = 0.35  # weight decay of AdamW

    def __post_init__(self) -> None:
        positive(self, "context", "embedding", "bits", "row", "hidden", "depth", "batch", "updates", "lr")
        for name in ("dropout", "token_dropout", "context_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be from 0 to below 1, not {getattr(self, name)}")
        for name in ("longest", "weight_decay", "again"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must not be below 0, not {getattr(self, name)}")


PRESETS = {"quick": {"hidden": 256, "updates": 400, "again": 200}, "best": {}}


def make(config: Config, rng: Rng, data: Data) -> Language:
    text = data("tiny-shakespeare")
    vocabulary = Vocabulary.of(text.train)
    orders = range(2, min(config.longest, config.context) + 1)
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
        vocabulary.letters(),
        config.token_dropout,
        config.context_dropout,
    )
    optimizer = AdamW(config.lr, Sequential(*layers).layout, config.weight_decay)
    return Language(
        text,
        vocabulary,
        layers,
        optimizer,
        rng,
        context=config.context,
        batch=config.batch,
        updates=config.updates,
        again=config.again,
    )
