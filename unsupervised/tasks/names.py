"""First names: predict the next letter, then make up new ones; the names that are asked about were never read."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

from core import Dropout, Layer, Linear, Residual, Rng, Sequential, gelu
from core.lab import Data, check
from core.lab.data.splits import Names, Text
from core.lab.text import lines as records
from core.lab.text.predictor import FACTS as FACTS, TextPredictor
from core.lab.text.vocabulary import Vocabulary
from core.lab.text.window_model import window_net
from unsupervised.text.character_task import CharacterModel, language, predictor_of_lines
from unsupervised.text.evaluate_lines import names_figures
from unsupervised.text.language_model import LanguageModel

PARADIGM = "unsupervised"
ABOUT = """A list of first names goes in, and a model of the next letter comes out, which makes up new names. The
score is nats per letter on names that were held out, less is better; guessing costs about the logarithm of 28. A
good run beats modified Kneser-Ney. The report also says how many written names are new, and how many of the held-out
real names were found."""
SPLITS = ("distinct", "lecture")


@dataclass(frozen=True)
class Config(CharacterModel):
    split: str = "distinct"  # distinct: no name in two parts; lecture: 12 % of the test names stand in training too
    context: int = 15  # letters that the next one is predicted from; no name is longer
    embedding: int = 24  # numbers that stand for a letter
    hidden: int = 256  # units of a hidden layer
    depth: int = 4  # hidden layers; all but the first add to what is there
    dropout: float = 0.2  # share of hidden units that are dropped in training
    token_dropout: float = 0.05  # share of the letters before that are hidden in training
    updates: int = 3000  # minibatches, in all
    lr: float = 3e-3  # step size of AdamW at its highest
    weight_decay: float = 0.1  # weight decay of AdamW

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, share=("token_dropout",), span={"context": (2, math.inf)}, among={"split": SPLITS})


PRESETS = {"quick": {"updates": 800}, "best": {"updates": 12000}}


def divided(names: Names, split: str) -> Text:
    """Each distinct name once, 80 %, 10 % and 10 % of them; or all names as in Karpathy's lectures on makemore."""
    if split == "lecture":
        return records.joined(names.train, names.val, names.test)
    tenth = len(set(names.all)) // 10
    return records.joined(*records.divide(names.all, tenth, tenth))


def deep_net(config: Config, vocabulary: Vocabulary) -> list[Layer]:
    """A window net whose further hidden layers each add to what is there: x + f(x)."""
    V, H, drop = len(vocabulary), config.hidden, config.dropout
    *first, last = window_net(V, config.context, config.embedding, H, 1, drop, blank=config.token_dropout)
    return [*first, *[Residual(Sequential(Linear(H, H), gelu, Dropout(drop))) for _ in range(config.depth - 1)], last]


def predictor(config: Config, facts: Any) -> TextPredictor:
    return predictor_of_lines(config, facts, partial(deep_net, config))


def make(config: Config, rng: Rng, data: Data) -> LanguageModel:
    return language(config, divided(data("names"), config.split), predictor, rng, names_figures)
