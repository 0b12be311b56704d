"""Tiny Shakespeare: the next character, by a network, by counting and by both; the first 90 % teach, the rest asks."""

from dataclasses import dataclass
from typing import Any

from core import Rng
from core.lab import Data
from core.lab.text.predictor import FACTS as FACTS, TextPredictor
from unsupervised.text.character_task import WindowModel, language
from unsupervised.text.language_model import LanguageModel

PARADIGM = "unsupervised"
ABOUT = """Shakespeare's plays go in, and a model of the next character comes out, which then writes on. The score is
nats per character on the last tenth, less is better; guessing costs the logarithm of the number of different
characters. A good run beats modified Kneser-Ney, the strongest model that counts. The network and the counts
together, whose figure stands beside it, are better than each alone."""


@dataclass(frozen=True)
class Config(WindowModel):
    context: int = 24  # characters that the next one is predicted from
    bits: int = 14  # 2^bits rows for the n-grams of one length
    row: int = 16  # numbers in a row
    hidden: int = 384  # units of a hidden layer
    dropout: float = 0.1  # share of hidden units that are dropped in training
    token_dropout: float = 0.03  # share of the characters read that are made unknown in training
    context_dropout: float = 0.3  # share of the contexts that are cut short in training
    batch: int = 512  # characters predicted in a minibatch
    updates: int = 2400  # minibatches of the training part
    again: int = 1400  # minibatches of the training and the validation part, after all choices
    lr: float = 8e-3  # step size of AdamW at its highest
    weight_decay: float = 0.35  # weight decay of AdamW


PRESETS = {"quick": {"hidden": 256, "updates": 400, "again": 200}, "best": {}}


def predictor(config: Config, facts: Any) -> TextPredictor:
    return config.predictor(facts, words=True)


def make(config: Config, rng: Rng, data: Data) -> LanguageModel:
    return language(config, data("tiny-shakespeare"), predictor, rng)
