"""Writing reviews: the characters, the windows, the network that all three ways to learn share, and how it is asked.

A written review ends where the network ends it, or after `longest` characters, at the last whole word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from core import Array, Layer, Rng, Sequential
from core.lab.text import lines, sampling
from core.lab.text.vocabulary import Vocabulary
from core.lab.text.window_model import window_net

TEMPERATURE = 0.7  # of all that is written, whoever writes
FACTS = {"characters": str}  # that a ReviewWriter knows

Ask = Callable[[Array], Array]  # windows (S, K) of ids -> logits (S, V) of the next character


class Written(NamedTuple):
    texts: list[str]  # S reviews
    windows: Array  # N, K + 1: what stood before each character that was written, and the character
    author: Array  # N: which of the S reviews it belongs to


def whole_words(text: str) -> str:
    """The text before its END, or where it has none up to its last whole word."""
    before, end, _ = text.partition(lines.END)
    return before if end else text.rpartition(" ")[0] or text


class ReviewWriter:
    """`ask` is the network that writes: windows of `context` ids to logits. Raises ValueError for no END among them."""

    def __init__(self, vocabulary: Vocabulary, context: int, longest: int) -> None:
        self.vocabulary, self.context, self.longest = vocabulary, context, longest
        self.end = int(vocabulary.encode(lines.END)[0])
        if not self.end:
            raise ValueError("the characters hold none that ends a review")

    @staticmethod
    def of(facts: Any, context: int, longest: int) -> ReviewWriter:
        """The one that gave these facts."""
        return ReviewWriter(Vocabulary.known(facts["characters"]), context, longest)

    def facts(self) -> dict[str, Any]:
        """What it is made from again, as JSON can hold it."""
        return {"characters": self.vocabulary.characters}

    def windows(self, texts: Sequence[str], width: int) -> Array:
        """The windows (N, width) of all characters of these texts and of their ENDs."""
        ids = self.vocabulary.encode("".join(text + lines.END for text in texts))
        return lines.windows(self.end)(ids[:0], ids, width)

    def network(self, hidden: int, outputs: int = 1) -> Layer:
        """The window network of all three; `outputs` numbers for each character that may come next."""
        V, orders = len(self.vocabulary), range(2, 7)
        layers = window_net(V, self.context, 16, hidden, 2, orders=orders, bits=13, row=8, outputs=outputs * V)
        return Sequential(*layers)

    def write(self, ask: Ask, n: int, rng: Rng, beginning: str = "") -> Written:
        """n reviews, drawn from softmax(y / TEMPERATURE); `beginning` is given, and no part of what is returned."""
        x = self.windows([beginning], self.context + 1)[-1:, :-1].repeat(n, 0)  # S, K
        rows, authors, going = [], [], np.ones(n, bool)
        for s in sampling.write(ask, x, self.longest, TEMPERATURE, rng=rng):
            rows.append(np.concatenate([x[going], s[going, None].astype(x.dtype)], 1))
            authors.append(np.flatnonzero(going))
            going &= s != self.end  # what the network goes on with after an END is not looked at
            if not going.any():
                break
        windows, author = np.concatenate(rows), np.concatenate(authors)
        texts = [self.vocabulary.decode(windows[author == i, -1]) for i in range(n)]
        return Written([whole_words(text) for text in texts], windows, author)

    def answer(self, ask: Ask, x: str | Array) -> str | Array:
        """A review that begins with a text, the same each time; windows (N, K) of ids get the next id (N,)."""
        if isinstance(x, str):
            return x + self.write(ask, 1, np.random.default_rng(0), x).texts[0]
        return ask(x).argmax(-1)
