"""Sentences and their translations: made uniform, divided without leaks, and cut into pieces.

A sentence may have several translations, and a translation belong to several sentences. Divided line by line, the
same sentence would stand in training and in the test part; divided by connected components it cannot.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from core.initializers import Array
from core.lab.data_kinds import SEED

Pair = tuple[str, str]
_WORD = re.compile(r"\w+'|\w+|[^\w\s]")
_CHUNK = re.compile(r" ?\w+'?| ?[^\w\s]| ")
_SAME = str.maketrans("’‘“”«»", '\'\'""""')


class Pairs(NamedTuple):
    """Pairs of a sentence and a translation of it, in three parts that share no sentence of either language."""

    train: list[Pair]
    val: list[Pair]
    test: list[Pair]


def clean(sentence: str) -> str:
    """NFKC, one kind of quotation mark and apostrophe, one blank for every run of white space (U+00A0, U+202F too)."""
    if not sentence.isascii():
        sentence = unicodedata.normalize("NFKC", sentence).translate(_SAME)
    return " ".join(sentence.split())


def words(sentence: str) -> list[str]:
    """Words and signs: "J'ai faim !" -> ["J'", "ai", "faim", "!"]."""
    return _WORD.findall(sentence)


def components(pairs: Sequence[Pair]) -> Array:
    """The number of the connected component of each pair (N,), in the graph whose edges are the pairs.

    Two pairs that share a sentence of either language are in one component, and so are all that they lead to. The
    components are numbered in the order in which they first appear.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    left, right = dict[str, int](), dict[str, int]()
    i = np.array([left.setdefault(a, len(left)) for a, _ in pairs], np.int64)
    j = np.array([right.setdefault(b, len(right)) for _, b in pairs], np.int64) + len(left)
    n = len(left) + len(right)
    labels = connected_components(coo_matrix((np.ones(len(i)), (i, j)), (n, n)), directed=False)[1][i]
    _, first, number = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number]


def divide_pairs(pairs: Iterable[Pair], share: float = 0.04) -> Pairs:
    """Whole components to three parts: `share` of them for validation, as many for the test, the rest for training.

    The parts are fixed: they depend on the pairs alone. Within a part the pairs are in a fixed random order, each once.
    Raises ValueError where a part would be empty.
    """
    unique = list(dict.fromkeys((clean(a), clean(b)) for a, b in pairs))
    number = components(unique)
    n = int(number.max(initial=-1)) + 1
    held = int(n * share)
    if held < 1:
        raise ValueError(f"{n} groups of sentences are too few for three parts: give more pairs")
    draw = np.random.RandomState(SEED)  # its stream is the same for ever (NEP 19)
    part = np.zeros(n, int)
    order = draw.permutation(n)
    part[order[:held]], part[order[held : 2 * held]] = 1, 2
    parts: tuple[list[Pair], ...] = ([], [], [])
    for k in draw.permutation(len(unique)):
        parts[part[number[k]]].append(unique[k])
    return Pairs(*parts)


def translations(pairs: Iterable[Pair]) -> dict[str, list[str]]:
    """Every sentence of the first language with all its translations, in the order of the pairs."""
    found: dict[str, list[str]] = {}
    for a, b in pairs:
        found.setdefault(a, []).append(b)
    return found


class Pieces:
    """Words cut into pieces that occur often, each with an id; id 0 is the border before and after a sentence.

    Byte pair encoding (Sennrich et al. 2016, arXiv:1508.07909): beginning with single characters, the most frequent
    pair of neighbours within words becomes one piece, again and again; ties go to the pair that sorts first. A word
    keeps the blank before it, so that pieces joined give the sentence again. Characters not met before are left out.
    """

    def __init__(self, texts: Iterable[str], size: int) -> None:
        counts = Counter(chunk for text in texts for chunk in _CHUNK.findall(text))
        characters = sorted(set("".join(counts)))
        if size <= len(characters):
            raise ValueError(f"{size} pieces are too few: the text alone has {len(characters)} characters")
        self.merges = _merges(counts, size - 1 - len(characters))
        self.names = ["", *characters, *(a + b for a, b in self.merges)]
        self.ids = {name: i for i, name in enumerate(self.names)}
        self._cut: dict[str, list[int]] = {}

    def __len__(self) -> int:
        return len(self.names)

    def encode(self, text: str) -> list[int]:
        return [i for chunk in _CHUNK.findall(text) for i in self._chunk(chunk)]

    def _chunk(self, chunk: str) -> list[int]:
        if chunk not in self._cut:
            parts = [c for c in chunk if c in self.ids]
            while len(parts) > 1:  # a merge found earlier is made earlier: it is the one with the smallest id
                best = min((self.merges.get(pair, len(self)), pair) for pair in pairwise(parts))
                if best[0] == len(self):
                    break
                parts = _join(parts, best[1])
            self._cut[chunk] = [self.ids[part] for part in parts]
        return self._cut[chunk]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of the ids, up to the first border."""
        names = []
        for i in ids:
            if i == 0:
                break
            names.append(self.names[i])
        return "".join(names).strip()


def _join(parts: list[str], pair: Pair) -> list[str]:
    """Every occurrence of the pair, from left to right, made one."""
    joined: list[str] = []
    k = 0
    while k < len(parts):
        whole = tuple(parts[k : k + 2]) == pair
        joined.append(parts[k] + parts[k + 1] if whole else parts[k])
        k += 2 if whole else 1
    return joined


def _merges(counts: Mapping[str, int], most: int) -> dict[Pair, int]:
    """The merges in the order they were found, each with its rank; only words that hold the merged pair are touched."""
    cut = {word: list(word) for word in counts}
    often, holders = Counter[Pair](), defaultdict[Pair, set[str]](set)
    for word, parts in cut.items():
        for pair in pairwise(parts):
            often[pair] += counts[word]
            holders[pair].add(word)
    merges: dict[Pair, int] = {}
    known = set("".join(counts))
    while len(merges) < most and often:
        top = max(often.values())
        pair = min(pair for pair, count in often.items() if count == top)
        if top < 2:
            break
        if "".join(pair) not in known:
            known.add("".join(pair))
            merges[pair] = len(merges)
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
