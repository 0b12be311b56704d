"""Sentences and their translations: made uniform, divided without leaks, and cut into pieces.

A sentence may have several translations, and a translation belong to several sentences. Divided line by line, the
same sentence would stand in training and in the test part; divided by connected components it cannot.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from core import Array
from core.lab.data.splits import SEED
from core.lab.text.tokenize import clean

Pair = tuple[str, str]


class Pairs(NamedTuple):
    """Pairs of a sentence and a translation of it, in three parts that share no sentence of either language."""

    train: list[Pair]
    val: list[Pair]
    test: list[Pair]


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
    if (held := int(n * share)) < 1:
        raise ValueError(f"{n} groups of sentences are too few for three parts: give more pairs")
    draw = np.random.RandomState(SEED)  # its stream is the same for ever (NEP 19)
    part, order = np.zeros(n, int), draw.permutation(n)
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
