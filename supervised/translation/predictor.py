"""What translates when it has learnt: the network of both languages, their pieces, and where their codes lie.

The mean and the spread of a language's codes follow from the weights and from the first training sentences, which are
therefore among the facts: each is one text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from core import Array, Dropout, Embedding, Layer, Linear, Parts, Sequential, he, relu
from core.lab.text.bpe import BytePairEncoding
from supervised.translation.embedding_bag import EmbeddingBag, features
from supervised.translation.model import CENTRE, LANGUAGES, TranslationModel, TranslatorConfig, frames

FACTS = {"pieces": [{"characters": [str], "merges": [[str]]}], "sentences": [[str]]}  # of English and of French


def network(c: TranslatorConfig) -> dict[str, Layer]:
    """The parts of one language, by name."""
    V = c.pieces
    embedding = Embedding(V, c.embedding, he, gain=0.5 * math.sqrt(V / 2))
    return {
        # linear: with a hidden layer it learns more slowly
        "encode": Sequential(EmbeddingBag(c.features, c.bag, c.drop), Linear(c.bag, c.code)),
        "read": Sequential(embedding, Linear(c.window * c.embedding, c.hidden, gain=0.7)),
        "think": Linear(c.code, c.hidden, bias=False, gain=0.7),
        "write": Sequential(relu, Dropout(c.drop), Linear(c.hidden, V, gain=0.1)),  # nearly uniform at the start
    }


class TranslationPredictor:
    """English to French; `pieces` are those of both languages, `sentences` those of training, the first CENTRE of each.

    Raises ValueError where they are not those of two languages, or where there are more pieces than the network knows.
    """

    def __init__(
        self, config: TranslatorConfig, pieces: Sequence[BytePairEncoding], sentences: Sequence[Sequence[str]]
    ) -> None:
        if len(pieces) != 2 or len(sentences) != 2:
            raise ValueError(f"there are pieces of {len(pieces)} languages and sentences of {len(sentences)}, not of 2")
        if (most := max(map(len, pieces))) > config.pieces:
            raise ValueError(f"there are {most} pieces, and the network knows {config.pieces}")
        self.config, self.pieces = config, pieces
        self.sentences = [list(side[:CENTRE]) for side in sentences]
        parts = network(config)
        self.parts = Parts(**{f"{language}.{name}": part for language in LANGUAGES for name, part in parts.items()})
        self.net: Layer = self.parts.net

    @staticmethod
    def of(config: TranslatorConfig, facts: Any) -> TranslationPredictor:
        """The one that gave these facts. Raises ValueError for what it cannot have given."""
        pieces = [BytePairEncoding(each["characters"], each["merges"]) for each in facts["pieces"]]
        return TranslationPredictor(config, pieces, facts["sentences"])

    def facts(self) -> dict[str, Any]:
        """What it is made from again, as JSON can hold it."""
        pieces = [{"characters": each.characters, "merges": list(map(list, each.merges))} for each in self.pieces]
        return {"pieces": pieces, "sentences": self.sentences}

    @cached_property
    def sides(self) -> list[Array]:
        """The sentences as features (N, K)."""
        return [features(side, self.config.features) for side in self.sentences]

    def views(self, w: Array) -> dict[str, Array]:
        """The views of all parts in w, or in g, by name."""
        return dict(zip(self.parts.layers, self.parts.split(w), strict=True))

    def model(self, w: Array) -> TranslationModel:
        """The translator with weights w, as an exam takes it."""
        views = self.views(w)

        def call(name: str, x: Array) -> Array:
            return self.parts.layers[name](x, views[name])[0]

        return TranslationModel(self.config, self.pieces, call, frames(call, self.sides))

    def predict(self, w: Array, x: str | Array) -> str | Array:
        """The French of each line of an English text; features (N, K) get an array of texts (N,)."""
        if not isinstance(x, str):
            return np.array(self.model(w).translate(x))
        lines = x.removesuffix("\n").split("\n")
        said = iter(self.model(w).translate([line for line in lines if line.strip()]) if x.strip() else ())
        return "\n".join(next(said) if line.strip() else "" for line in lines)
