"""What writes when it has learnt: a network of characters, its vocabulary, and what a prompt stands behind. No text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import Array, Layer, Rng
from core.lab.signature import Classes, Ids, Signature
from core.lab.text import lines, sampling
from core.lab.text.sampling import Ask, Slide, Windows
from core.lab.text.vocabulary import Vocabulary

FACTS = {"vocabulary": str, "before": str}  # the form of what `facts_of` gives
TEMPERATURE = 0.5  # of what `predict` writes
LENGTH = 200  # characters that it writes


def facts_of(text: str, context: int) -> dict[str, str]:
    """What a predictor has to know of the text that its network learns from, so that it needs the text no more.

    `before` are the characters that a prompt stands behind: the end of its last line.
    """
    line = text.rfind("\n") + 1
    end = line if line >= context else len(text)
    return {"vocabulary": Vocabulary.of(text).characters, "before": text[max(end - context, 0) : end]}


@dataclass(frozen=True)
class TextPredictor:
    """Writes on after a prompt, of which the network sees the last `context` characters.

    A shorter one stands behind `before`. What a position sees is for `windows` to say, and how a window moves on for
    `slide`; a text of records has others, and the id of a `boundary` between two. `begin` makes the beginning of a text
    of a prompt, and raises ValueError for what is none. `asker` makes logits out of the network.
    """

    net: Layer  # ids (..., context) -> logits
    vocabulary: Vocabulary
    context: int
    before: str
    windows: Windows = sampling.windows
    slide: Slide = sampling.slide
    boundary: int | None = None
    begin: Callable[[str], str] = str
    asker: Callable[[Layer, Array, int], Ask] = sampling.asker

    def ask(self, w: Array) -> Ask:
        """Contexts (S, K) of ids -> logits (S, V) of the next; to be asked many times with the same w."""
        return self.asker(self.net, w, self.context)

    def signature(self, w: Array) -> Signature:
        """Contexts of ids to the probabilities of the next, to be exported."""
        names = ("", *self.vocabulary.characters)
        notes = ("an id is the place of a character in the list of classes; 0 is a character that is not known",)
        inputs, ask = Ids(self.context, names), lambda x: self.net(x, w)[0]
        return Signature(inputs, self.net, w, Classes(names), ask, notes)

    def window(self, prompt: str) -> Array:
        """What the network sees after a prompt, (1, K)."""
        before = self.vocabulary.encode(self.before)
        lacking = np.full(max(self.context - len(before), 0), self.boundary or 0, before.dtype)  # nothing, or unknown
        ids = np.append(self.vocabulary.encode(self.begin(prompt)), 0)  # whatever comes next: its window is asked for
        return self.windows(np.append(lacking, before), ids, self.context + 1)[-1:, :-1]

    def write(
        self, w: Array, prompt: str, streams: int, length: int, temperature: float | Array, top_k: int, rng: Rng | None
    ) -> Iterator[Array]:
        """Yields the next ids (streams,) of texts that go on after `prompt`: see `sampling.write`."""
        x = self.window(prompt).repeat(streams, 0)  # S, K
        return sampling.write(self.ask(w), x, length, temperature, top_k, rng, self.slide)

    def stream(
        self, w: Array, prompt: str, length: int, temperature: float = 1.0, top_k: int = 0, rng: Rng | None = None
    ) -> Iterator[str]:
        """One text, character by character, drawn from softmax(y / temperature).

        Temperature 0, or no `rng`, takes the most probable ones; top_k draws among the k most probable alone. The
        unknown symbol is never written.
        """
        letters = ["", *self.vocabulary.characters]
        return (letters[s] for (s,) in self.write(w, prompt, 1, length, temperature, top_k, rng))

    def generate(
        self, w: Array, prompt: str, length: int, temperature: float = 1.0, top_k: int = 0, rng: Rng | None = None
    ) -> str:
        """What `stream` gives, as one text."""
        return "".join(self.stream(w, prompt, length, temperature, top_k, rng))

    def texts(
        self,
        w: Array,
        prompt: str,
        streams: int,
        length: int,
        temperature: float | Array = 1.0,
        top_k: int = 0,
        rng: Rng | None = None,
    ) -> list[str]:
        """Many texts at once, in little more time than one."""
        ids = list(self.write(w, prompt, streams, length, temperature, top_k, rng))
        return [self.vocabulary.decode(column) for column in np.array(ids).reshape(length, streams).T]

    def unseen(self, prompt: str) -> str:
        """The characters of a prompt that stand in it as the unknown symbol, each once."""
        return "".join(c for c in dict.fromkeys(prompt) if not self.vocabulary.encode(c)[0])

    def predict(self, w: Array, x: Any) -> Any:
        """LENGTH characters that go on after a text, always the same; contexts (N, K) of ids get the next id (N,)."""
        if isinstance(x, str):
            return self.generate(w, x, LENGTH, TEMPERATURE, rng=np.random.default_rng(0))
        return self.net(x, w)[0].argmax(-1)


def of_lines(vocabulary: Vocabulary, conditioned: bool = False) -> dict[str, Any]:
    """The fields of a predictor of records, one a line, that see nothing of each other; see `core.lab.text.lines`.

    `conditioned`: each of a record's characters sees its first one.
    """
    end = int(vocabulary.encode(lines.END)[0])
    return {
        "windows": lines.windows(end, conditioned),
        "slide": lines.slide(end, conditioned),
        "boundary": end,
    }
