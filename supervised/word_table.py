"""IBM model 1: which word is translated by which, counted out of pairs of sentences that no one has aligned.

    p(f_1 ... f_m | e_1 ... e_l) = product over j of (sum over i of t(f_j | e_i)) / l

Each word of a translation comes from one word of the sentence, any of them being equally likely; expectation
maximisation finds the table t. Brown et al. (1993), "The mathematics of statistical machine translation", model 1,
here without the empty word.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.initializers import Array
from core.lab.sentences import Pair, words

FLOOR = 1e-6  # of a word's probability, so that one unknown word does not rule a sentence out


class WordTable:
    """The table t (English, French) after `rounds` of expectation maximisation over pairs (English, French)."""

    def __init__(self, pairs: Sequence[Pair], rounds: int = 10) -> None:
        from scipy.sparse import csr_matrix

        self.english, self.french = dict[str, int](), dict[str, int]()
        e, f, place, places = [], [], [], 0  # a row for each word of a sentence with each word of its translation
        for english, french in pairs:
            es = [self.english.setdefault(word, len(self.english)) for word in words(english)]
            fs = [self.french.setdefault(word, len(self.french)) for word in words(french)]
            e += es * len(fs)
            f += np.repeat(fs, len(es)).tolist()
            place += np.repeat(np.arange(places, places + len(fs)), len(es)).tolist()
            places += len(fs)
        cells, cell = np.unique(np.array(e) * len(self.french) + np.array(f), return_inverse=True)
        rows, at = cells // len(self.french), np.array(place)
        t: Array = np.ones(len(cells))
        for _ in range(rounds):
            share = t[cell]
            share /= np.bincount(at, share)[at]  # how much of this French word comes from this English word
            t = np.bincount(cell, share)
            t = t / np.bincount(rows, t)[rows]
        self.t = csr_matrix((t, (rows, cells % len(self.french))), (len(self.english), len(self.french)))
        names = list(self.french)
        best = np.asarray(self.t.argmax(1)).ravel()
        self.best = {word: names[best[i]] for word, i in self.english.items()}

    def translate(self, sentence: str) -> str:
        """Word by word, the likeliest; a word not in the table stays as it is."""
        return " ".join(self.best.get(word, word) for word in words(sentence))

    def scores(self, english: Sequence[str], french: Sequence[str]) -> Array:
        """log p(French | English) per French word: (N, M)."""
        e, f = _bags(english, self.english), _bags(french, self.french)
        lengths = np.maximum([len(words(s)) for s in english], 1)
        p = np.asarray((e @ self.t).todense()) / lengths[:, None]  # N, V: of each word, whichever word it comes from
        log_p = np.log(np.maximum(p, FLOOR))
        m = np.maximum([len(words(s)) for s in french], 1)
        known = np.asarray(f.sum(1)).ravel()
        scores: Array = ((f @ log_p.T).T + np.log(FLOOR) * (m - known)) / m
        return scores


def _bags(sentences: Sequence[str], ids: dict[str, int]) -> Any:
    """How often each known word stands in each sentence: (N, V), sparse."""
    from scipy.sparse import csr_matrix

    rows = [[ids[word] for word in words(sentence) if word in ids] for sentence in sentences]
    ends = np.cumsum([0, *map(len, rows)])
    flat = np.array([i for row in rows for i in row], np.int64)
    return csr_matrix((np.ones(len(flat)), flat, ends), (len(rows), len(ids)))
