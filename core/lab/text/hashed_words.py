"""Hashed words: rows for the word that is being written and for the two before it, whatever stands between them.

    a_j = sum over the letters of word j of lower(letter) M^(places from its end) mod 2^64     j = 0, 1, 2 from the end
    y = the rows at the leading bits of the hashes of (a_0), (a_0, a_1), (a_0, a_1, a_2), (a_0, a_2), side by side

Word 0 is what has been written of the present word, nothing after a space. An n-gram of characters tells "the King"
from "The king" and from a King at the end of a line; words do not, so what is the same for language shares its row.
The idea is that of the word contexts in the compressors of Mahoney (2005), "Adaptive weighing of context models".
Weakness: a word that the beginning of the context cuts in two is taken for another.
"""

import numpy as np

from core import Array, Layer
from core.lab.text.hashed_ngrams import MULTIPLIER, hashed, leading

SETS = ((0,), (0, 1), (0, 1, 2), (0, 2))  # the words, counted from the end, that have a row together
MIXER = 0xC2B2AE3D27D4EB4F  # odd, and no power of the multiplier
MIX = np.array([[pow(MIXER, j + 1, 1 << 64) if j in words else 0 for words in SETS] for j in range(3)], np.uint64)


def words_of(x: Array, letters: Array) -> Array:
    """a (..., 3): hashes of the last three words of x (..., K) ids; 0 for one that is not there."""
    c = letters[x[..., ::-1]]  # ..., K: from the end
    k, inside = np.arange(1, x.shape[-1] + 1), c > 0
    ends = ~inside
    ends[..., 1:] &= inside[..., :-1]  # the separator before a word; at the very end of x it ends word 0, an empty one
    word = np.cumsum(ends, -1)
    place = k - np.maximum.accumulate(np.where(inside, 0, k), -1)
    powers = np.array([pow(MULTIPLIER, n, 1 << 64) for n in range(x.shape[-1] + 1)], np.uint64)
    terms = c * powers[place]
    return np.stack([(terms * (word == j)).sum(-1, dtype=np.uint64) for j in range(3)], -1)


def HashedWords(letters: Array, bits: int, E: int) -> Layer:
    """y = the rows of the last words, alone and together: ids (..., K) -> (..., 4 E), 2^bits rows for each set.

    letters (V,) uint64: what an id stands for within a word, 0 where it separates words.
    """
    return hashed(lambda x: leading(words_of(x, letters) @ MIX, bits), len(SETS), bits, E)
