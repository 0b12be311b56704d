"""IBM model 1: which word is translated by which, counted out of pairs of sentences that no one has aligned.

    p(f_1 ... f_m | e_1 ... e_l) = product over j of (sum over i of t(f_j | e_i)) / l

Each word of a translation comes from one word of the sentence, any of them being equally likely; expectation
maximisation finds the table t. Brown et al. (1993), "The mathematics of statistical machine translation", model 1,
here without the empty word, and in both directions.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core import Array
from core.lab.text.sentences import Pair
from core.lab.text.tokenize import words

FLOOR = 1e-6  # of a word's probability, so that one unknown word does not rule a sentence out


def model_1(pairs: Sequence[Pair], rounds: int) -> tuple[Any, dict[str, int], dict[str, int]]:
    """t (V, U), sparse, and the ids of the words of both sides, in the order in which they first appear."""
    from scipy.sparse import csr_matrix

    left, right = dict[str, int](), dict[str, int]()
    e, f, place, places = [], [], [], 0  # a row for each word of a sentence with each word of its translation
    for sentence, translation in pairs:
        es = [left.setdefault(word, len(left)) for word in words(sentence)]
        fs = [right.setdefault(word, len(right)) for word in words(translation)]
        e += es * len(fs)
        f += np.repeat(fs, len(es)).tolist()
        place += np.repeat(np.arange(places, places + len(fs)), len(es)).tolist()
        places += len(fs)
    cells, cell = np.unique(np.array(e) * len(right) + np.array(f), return_inverse=True)
    rows, at = cells // len(right), np.array(place)
    t: Array = np.ones(len(cells))
    for _ in range(rounds):
        share = t[cell]
        share /= np.bincount(at, share)[at]  # how much of this word of the translation comes from this word
        t = np.bincount(cell, share)
        t = t / np.bincount(rows, t)[rows]
    return csr_matrix((t, (rows, cells % len(right))), (len(left), len(right))), left, right


class WordTable:
    """Model 1 from English to French, `there`, and `back`, over pairs (English, French)."""

    def __init__(self, pairs: Sequence[Pair], rounds: int = 10) -> None:
        self.there, self.english, self.french = model_1(pairs, rounds)
        self.back, _, _ = model_1([(b, a) for a, b in pairs], rounds)  # its ids are the same
        names, both = list(self.french), self.there.multiply(self.back.T).tocsr()
        best = np.asarray(both.argmax(1)).ravel()
        self.best = {word: names[best[i]] for word, i in self.english.items()}

    def translate(self, sentence: str) -> str:
        """Word by word, the one with the highest t(f | e) t(e | f); a word not in the table stays as it is.

        One direction alone gives words that stand everywhere too often, such as the full stop.
        """
        return " ".join(self.best.get(word, word) for word in words(sentence))

    def scores(self, english: Sequence[str], french: Sequence[str]) -> Array:
        """log p(French | English) a French word, plus log p(English | French) an English word: (N, M)."""
        e, f = _bags(english, self.english), _bags(french, self.french)
        n, m = (np.array([max(len(words(s)), 1) for s in side]) for side in (english, french))
        return _log_p(e, f, self.there, n, m) + _log_p(f, e, self.back, m, n).T


def _log_p(e: Any, f: Any, t: Any, n: Array, m: Array) -> Array:
    """Of translations f (M, U) given sentences e (N, V), bags of words of the lengths m and n: (N, M), a word."""
    p = np.asarray((e @ t).todense()) / n[:, None]  # N, U: of each word, whichever word it comes from
    return ((f @ np.log(np.maximum(p, FLOOR)).T).T + np.log(FLOOR) * (m - np.asarray(f.sum(1)).ravel())) / m


def _bags(sentences: Sequence[str], ids: dict[str, int]) -> Any:
    """How often each known word stands in each sentence: (N, V), sparse."""
    from scipy.sparse import csr_matrix

    rows = [[ids[word] for word in words(sentence) if word in ids] for sentence in sentences]
    ends = np.cumsum([0, *map(len, rows)])
    flat = np.array([i for row in rows for i in row], np.int64)
    return csr_matrix((np.ones(len(flat)), flat, ends), (len(rows), len(ids)))
