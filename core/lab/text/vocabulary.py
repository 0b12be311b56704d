"""Ids for the characters of a text, whatever its alphabet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core import Array

ENCODED = 1 << 20  # characters that are encoded at once


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The characters that a text holds at least twice, and ids for them; id 0 stands for every other character.

    One character met once teaches nothing that could be used, so it stands in for those that are never met: the
    unknown symbol has a probability that was learnt, and a character outside the vocabulary is scored as it.
    """

    codes: Array  # V - 1 sorted code points

    @classmethod
    def of(cls, text: str) -> Vocabulary:
        total = np.zeros(0x110000, np.int64)
        for codes in _code_points(text):
            total += np.bincount(codes, minlength=len(total))
        return cls(np.flatnonzero(total > 1))

    @classmethod
    def from_characters(cls, characters: str) -> Vocabulary:
        """The vocabulary of `characters`. Raises ValueError unless they are in the order of their code points."""
        codes = np.array(list(map(ord, characters)), np.int64)
        if (np.diff(codes) <= 0).any():
            raise ValueError("the characters of a vocabulary must stand in the order of their code points, each once")
        return cls(codes)

    @property
    def characters(self) -> str:
        """All that it holds, in the order of their ids."""
        return "".join(map(chr, self.codes))

    def __len__(self) -> int:
        return len(self.codes) + 1

    def encode(self, text: str) -> Array:
        """ids (N,), in the smallest unsigned type that holds them."""
        known = np.concatenate([self.codes, [0x110000]])  # no character has the last one
        parts = [np.empty(0, np.min_scalar_type(len(self)))]
        for codes in _code_points(text):
            place = np.searchsorted(self.codes, codes)
            parts.append(np.where(known[place] == codes, place + 1, 0).astype(parts[0].dtype))
        return np.concatenate(parts)

    def decode(self, ids: Sequence[int] | Array) -> str:
        return "".join(chr(self.codes[i - 1]) if i else "\N{REPLACEMENT CHARACTER}" for i in ids)

    def letters(self) -> Array:
        """(V,) uint64: the lower-case code point of each id that words are made of, 0 for one that separates them."""
        letters = [ord(c.lower()[0]) if c.isalnum() or c in "_'" else 0 for c in map(chr, self.codes)]
        return np.array([0, *letters], np.uint64)


def _code_points(text: str) -> Iterator[Array]:
    for a in range(0, len(text), ENCODED):
        yield np.frombuffer(text[a : a + ENCODED].encode("utf-32-le", "surrogatepass"), np.uint32)
