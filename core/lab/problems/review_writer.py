"""How reviews are written, by a network of whichever teacher: out of its configuration and the vocabulary alone."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from core import Array, Layer, Rng, Sequential
from core.lab import check
from core.lab.text import lines, sampling
from core.lab.text.predictor import TextPredictor, of_lines
from core.lab.text.sampling import Ask
from core.lab.text.vocabulary import Vocabulary
from core.lab.text.window_model import window_net

TEMPERATURE = 0.7  # of all that is written, whoever writes


@dataclass(frozen=True)
class ReviewConfig:
    """What a task on reviews adds to the configuration of its algorithm, whoever teaches."""

    context: int = 24  # characters that the next one is predicted from
    hidden: int = 256  # units of each of the two hidden layers
    longest: int = 250  # characters that a written review may have
    lr: float = 8e-3  # step size of AdamW at its highest

    def __post_init__(self) -> None:
        super().__post_init__()  # type: ignore[misc]  # of the algorithm's
        check(self, positive=("hidden", "longest", "lr"), span={"context": (6, math.inf)})  # of the longest n-grams


class Written(NamedTuple):
    texts: list[str]  # S reviews
    windows: Array  # N, K + 1: what stood before each character that was written, and the character
    author: Array  # N: which of the S reviews it belongs to


def whole_words(text: str) -> str:
    """The text before its END, or where it has none up to its last whole word."""
    before, end, _ = text.partition(lines.END)
    return before if end else text.rpartition(" ")[0] or text


def write(ask: Ask, x: Array, longest: int, vocabulary: Vocabulary, rng: Rng) -> Written:
    """Reviews that go on after windows x (S, K), which move on in place, drawn from softmax(y / TEMPERATURE).

    Each ends where the network ends it, or after `longest` characters, at the last whole word.
    """
    end, n = int(vocabulary.encode(lines.END)[0]), len(x)
    rows, authors, going = [], [], np.ones(n, bool)
    for s in sampling.write(ask, x, longest, TEMPERATURE, rng=rng):
        rows.append(np.concatenate([x[going], s[going, None].astype(x.dtype)], 1))
        authors.append(np.flatnonzero(going))
        going &= s != end  # what the network goes on with after an END is not looked at
        if not going.any():
            break
    windows, author = np.concatenate(rows), np.concatenate(authors)
    texts = [vocabulary.decode(windows[author == i, -1]) for i in range(n)]
    return Written([whole_words(text) for text in texts], windows, author)


@dataclass(frozen=True)
class ReviewWriter(TextPredictor):
    """Writes reviews, one a line, of at most `longest` characters."""

    longest: int = ReviewConfig.longest

    def predict(self, w: Array, x: Any) -> Any:
        """A review that begins with a text, the same each time; windows (N, K) of ids get the next id (N,)."""
        ask = self.ask(w)
        if isinstance(x, str):
            rng = np.random.default_rng(0)
            return x + write(ask, self.window(x).copy(), self.longest, self.vocabulary, rng).texts[0]
        return ask(x).argmax(-1)


def review_writer(
    config: ReviewConfig,
    facts: Mapping[str, str],
    outputs: int = 1,
    asker: Callable[[Layer, Array, int], Ask] = sampling.asker,
) -> ReviewWriter:
    """The window network of all three; `outputs` numbers for each character that may come next."""
    vocabulary = Vocabulary.from_characters(facts["vocabulary"])
    V, orders = len(vocabulary), range(2, 7)
    net = window_net(V, config.context, 16, config.hidden, 2, orders=orders, bits=13, row=8, outputs=outputs * V)
    known = vocabulary, config.context, facts["before"]
    return ReviewWriter(Sequential(*net), *known, **of_lines(vocabulary), asker=asker, longest=config.longest)
