"""Fake product reviews: the rating is given, the words follow; an independent judge says whether it is heard."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from core import Array, Concat, Dropout, Embedding, Layer, Linear, Rng, gelu, he
from core.lab import Data, check
from core.lab.data.splits import Reviews, Text
from core.lab.problems.reviews import distinct
from core.lab.text import lines as records
from core.lab.text.hashed_ngrams import HashedNGrams, hashed, leading
from core.lab.text.hashed_words import MIX, SETS, HashedWords, words_of
from core.lab.text.predictor import FACTS as FACTS, TextPredictor
from core.lab.text.vocabulary import Vocabulary
from unsupervised.text.character_task import CharacterModel, language, predictor_of_lines
from unsupervised.text.evaluate_lines import RATINGS, review_figures
from unsupervised.text.language_model import LanguageModel

PARADIGM = "unsupervised"
ABOUT = """Product reviews with their ratings go in; a model of the next character comes out, which writes a review
for a given rating. The score is nats per character on held-out reviews, less is better, beside models that count.
The report also says whether a judge, taught by real reviews alone, takes reviews written for five stars for positive
and those written for one star for negative."""
RATED = 2  # sets of last words that have rows for each rating: the present word, and it with the one before
STEP = np.uint64(0xD6E8FEB86659FD93)  # odd: what one rating more adds to a hash


@dataclass(frozen=True)
class Config(CharacterModel):
    context: int = 24  # characters that the next one is predicted from; the first of them is always the rating
    embedding: int = 16  # numbers that stand for a character
    longest: int = 7  # characters of the longest n-grams that have rows of their own; those of 2 on have, too
    bits: int = 15  # 2^bits rows for the n-grams of one length, and for each set of words
    row: int = 16  # numbers in a row
    hidden: int = 384  # units of a hidden layer
    batch: int = 512  # characters predicted in a minibatch
    updates: int = 5000  # minibatches, in all
    lr: float = 8e-3  # step size of AdamW at its highest
    weight_decay: float = 0.05  # weight decay of AdamW

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, positive=("bits", "row"))
        if not 2 <= self.longest < self.context or self.context < 12:
            raise ValueError(
                f"context must be at least 12 and above longest, which is at least 2; they are "
                f"{self.context} and {self.longest}"
            )


PRESETS = {
    "quick": {"context": 16, "longest": 5, "bits": 13, "hidden": 128, "updates": 500},
    "best": {"bits": 16, "updates": 9000},
}


def written(reviews: Reviews) -> Text:
    """The rating and then the text of each review, one a line; 5 % validate, 5 % test. No text stands there twice."""
    once = [f"{rating}{text}" for rating, text in distinct(reviews)]
    held = len(once) // 20
    return records.joined(*records.divide(once, held, held))


def rated(prompt: str) -> str:
    """A prompt as it stands in the text: first the rating. Raises ValueError for one without; an empty one has none."""
    if prompt and prompt[0] not in RATINGS:
        raise ValueError(
            f"a prompt begins with the rating, 1 to 5, and then the words, as in '5I love'; not {prompt[:20]!r}"
        )
    return prompt


def rated_rows(letters: Array, bits: int, E: int) -> Layer:
    """Rows for the last words at each rating: ids (..., K), the rating first -> (..., RATED E); what fits with what."""

    def rows(x: Array) -> Array:
        rating = x[..., :1].astype(np.uint64) + np.uint64(1)  # ..., 1
        return leading((words_of(x, letters) @ MIX)[..., :RATED] + rating * STEP, bits)

    return hashed(rows, RATED, bits, E)


def review_net(config: Config, vocabulary: Vocabulary) -> list[Layer]:
    """The window net, its rows those of n-grams, of words, and of words at a rating."""
    V, letters, orders = len(vocabulary), vocabulary.letters(), range(2, config.longest + 1)
    layers = [
        Concat(
            Embedding(V, config.embedding, he, gain=0.5 * math.sqrt(V / 2)),
            HashedNGrams(orders, config.bits, config.row),
            HashedWords(letters, config.bits, config.row),
            rated_rows(letters, config.bits, config.row),
        )
    ]
    I = config.context * config.embedding + (len(orders) + len(SETS) + RATED) * config.row
    for _ in range(config.depth):
        layers += [Linear(I, config.hidden), gelu, Dropout(config.dropout)]
        I = config.hidden
    return [*layers, Linear(I, V, gain=0.1)]  # nearly uniform at the start: the first loss is ln V


def predictor(config: Config, facts: Any) -> TextPredictor:
    return predictor_of_lines(config, facts, partial(review_net, config), conditioned=True, begin=rated)


def make(config: Config, rng: Rng, data: Data) -> LanguageModel:
    return language(config, written(data("reviews")), predictor, rng, review_figures)
