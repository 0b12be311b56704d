"""Byte-pair encoding: a vocabulary of pieces of words that is learnt from text."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, takewhile
from typing import Self

from core.lab.former import renamed, warn
from core.lab.text.sentences import Pair

_CHUNK = re.compile(r" ?\w+'?| ?[^\w\s]| ")


class BytePairEncoding:
    """Words cut into pieces that occur often, each with an id; id 0 is the border before and after a sentence.

    Byte pair encoding (Sennrich et al. 2016, arXiv:1508.07909): beginning with single characters, the most frequent
    pair of neighbours within words becomes one piece, again and again; ties go to the pair that sorts first. A word
    keeps the blank before it, so that pieces joined give the sentence again. Characters not met before are left out.
    """

    @renamed(texts=lambda texts: {"characters": texts}, size=lambda size: {"merges": size})
    def __init__(self, characters: Iterable[str], merges: Iterable[Sequence[str]] | int) -> None:
        """Of known characters, and merges in the order in which they are made. Raises ValueError for what are none."""
        if isinstance(merges, int):
            warn("BytePairEncoding(texts, size)", "BytePairEncoding.learn(texts, size)", 4)
            characters, merges = _learnt(characters, merges)
        self.characters, pairs = list(characters), list(map(tuple, merges))
        if any(len(pair) != 2 for pair in pairs) or any(len(one) != 1 for one in self.characters):
            raise ValueError("pieces are single characters, and pairs of pieces")
        self.merges: dict[Pair, int] = {(a, b): rank for rank, (a, b) in enumerate(pairs)}
        self.names = ["", *self.characters, *(a + b for a, b in self.merges)]
        self.ids = {name: i for i, name in enumerate(self.names)}
        if len(self.ids) < len(self.names):
            raise ValueError("a piece is there twice")
        self._cut: dict[str, list[int]] = {}

    @classmethod
    def learn(cls, texts: Iterable[str], size: int) -> Self:
        """`size` pieces of these texts at most. Raises ValueError for fewer than their characters."""
        return cls(*_learnt(texts, size))

    def __len__(self) -> int:
        return len(self.names)

    def encode(self, text: str) -> list[int]:
        return [i for chunk in _CHUNK.findall(text) for i in self._chunk(chunk)]

    def _chunk(self, chunk: str) -> list[int]:
        if chunk not in self._cut:
            parts = [c for c in chunk if c in self.ids]
            while ranked := [(self.merges[pair], pair) for pair in pairwise(parts) if pair in self.merges]:
                parts = _join(parts, min(ranked)[1])  # a merge found earlier is made earlier
            self._cut[chunk] = [self.ids[part] for part in parts]
        return self._cut[chunk]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of the ids, up to the first border."""
        return "".join(self.names[i] for i in takewhile(bool, ids)).strip()


def _join(parts: list[str], pair: Pair) -> list[str]:
    """Every occurrence of the pair, from left to right, made one."""
    joined, k = list[str](), 0
    while k < len(parts):
        whole = tuple(parts[k : k + 2]) == pair
        joined.append(parts[k] + parts[k + 1] if whole else parts[k])
        k += 2 if whole else 1
    return joined


def _learnt(texts: Iterable[str], size: int) -> tuple[list[str], list[Pair]]:
    counts = Counter(chunk for text in texts for chunk in _CHUNK.findall(text))
    characters = sorted(set("".join(counts)))
    if size <= len(characters):
        raise ValueError(f"{size} pieces are too few: the text alone has {len(characters)} characters")
    return characters, _merges(counts, size - 1 - len(characters))


def _merges(counts: Mapping[str, int], most: int) -> list[Pair]:
    """The merges in the order they were found; only words that hold the merged pair are touched."""
    cut = {word: list(word) for word in counts}
    often, holders = Counter[Pair](), defaultdict[Pair, set[str]](set)
    for word, parts in cut.items():
        for pair in pairwise(parts):
            often[pair] += counts[word]
            holders[pair].add(word)
    merges, known = list[Pair](), set("".join(counts))
    while len(merges) < most and often:
        top = max(often.values())
        pair = min(pair for pair, count in often.items() if count == top)
        if top < 2:
            break
        if "".join(pair) not in known:
            known.add("".join(pair))
            merges.append(pair)
        for word in sorted(holders.pop(pair)):
            for old in pairwise(cut[word]):
                often[old] -= counts[word]
                if often[old] <= 0:
                    del often[old]
            cut[word] = _join(cut[word], pair)
            for new in pairwise(cut[word]):
                often[new] += counts[word]
                holders[new].add(word)
        often.pop(pair, None)
    return merges
