"""Hashed words: the same row wherever the same words end a context, whatever their case and what stands between."""

from __future__ import annotations

import numpy as np
import pytest

from core import Linear, Sequential
from core.gradcheck import directional_error
from core.lab.text.hashed_words import SETS, HashedWords, words_of
from core.lab.text.vocabulary import Vocabulary

LETTERS = "abcdefgh 'ABCDEFGH\n,.;"
VOCABULARY = Vocabulary.of(2 * LETTERS)
FOLD = VOCABULARY.letters()


def ids(*texts):
    return np.array([VOCABULARY.encode(text) for text in texts])


def slow(text):
    """The last three words, the unfinished one first."""
    words, word = [], ""
    for c in text.lower():
        if c in "abcdefgh'":
            word += c
        else:
            words, word = ([*words, word] if word else words), ""
    return [word, *words[::-1], "", ""][:3]


def test_words_have_one_hash_each_and_nothing_has_none():
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list(LETTERS + "     "), 12)) for _ in range(3000)]
    hashes = words_of(ids(*texts), FOLD)
    of = {}
    for text, row in zip(texts, hashes.tolist(), strict=True):
        for word, h in zip(slow(text), row, strict=True):
            assert of.setdefault(word, h) == h
    assert len(set(of.values())) == len(of) > 1000  # different words, different hashes
    assert of[""] == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("xxx a bad cab", "h;a,bad\nCab", "0 1 2 3"),  # case and what separates make no difference
        ("aaa bad cab ", "bb, bad cab,", "0 1 2 3"),  # nothing is written of the word: the last two are bad and cab
        ("egg bad ca", "fed bad ca", "0 1"),
        ("egg bad ca", "egg had ca", "0 3"),
        ("egg bad ca", "egg bad cab", ""),
    ],
)
def test_rows_are_shared_by_contexts_of_the_same_words(one, other, same):
    layer = HashedWords(FOLD, 12, 1)
    w = np.arange(layer.size, dtype=np.float64)
    (a,), (b,) = (layer(ids(text), w)[0] for text in (one, other))
    assert " ".join(str(i) for i in range(4) if a[i] == b[i]) == same


def test_few_words_share_a_row():
    rng = np.random.default_rng(0)
    x = ids(*("".join(rng.choice(list("abcdefgh "), 14)) for _ in range(4000)))
    a = words_of(x, FOLD)
    layer = HashedWords(FOLD, 14, 1)
    rows = layer(x, np.arange(layer.size, dtype=np.float64))[0]
    for i, words in enumerate(SETS):
        different = len(np.unique(a[:, list(words)], axis=0))
        expected = 2**14 * (1 - (1 - 2.0**-14) ** different)  # of a hash that is as good as chance
        assert len(np.unique(rows[:, i])) == pytest.approx(expected, rel=0.02)


def test_gradient_is_the_true_one():
    rng = np.random.default_rng(0)
    x = rng.integers(0, len(VOCABULARY), (40, 9))
    net = Sequential(HashedWords(FOLD, 6, 3), Linear(12, 5))
    w, up, g = rng.standard_normal(net.size), rng.standard_normal((40, 5)), np.full(net.size, np.nan)
    net(x, w)[1](up, g)
    assert directional_error(lambda u: float((net(x, u)[0] * up).sum()), w, g, rng) < 1e-6


def test_letters_are_those_that_words_are_made_of():
    vocabulary = Vocabulary.of("aAé_7' ,\n-\u0130" * 2)
    of = dict(zip(vocabulary.decode(range(1, len(vocabulary))), vocabulary.letters()[1:].tolist(), strict=True))
    assert of == {"a": 97, "A": 97, "é": 233, "_": 95, "7": 55, "'": 39, " ": 0, ",": 0, "\n": 0, "-": 0, "\u0130": 105}
    assert vocabulary.letters()[0] == 0
