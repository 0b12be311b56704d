"""What the data sets hold, and how they are divided: in parts that are fixed for good, whatever a run's seed is."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from core import Array
from core.lab.errors import Refusal as Refusal

SEED = 0  # of every division into parts; chosen before the first run, and never again


class Text(NamedTuple):
    """A text in three parts; the test part is its end, and the validation part stands right before it."""

    train: str
    val: str
    test: str


class Table(NamedTuple):
    """A small table. `split(table.x, table.t)` divides it."""

    x: Array  # N, I float32, in the units of the source
    t: Array  # N: int64 classes, or float32 values
    features: tuple[str, ...]
    classes: tuple[str, ...]  # empty where t is a value


class Names(NamedTuple):
    """First names, a-z. 2,539 of them are there twice, so a name of the test part may stand in training too."""

    all: list[str]  # 32,033, in the order of the file
    train: list[str]  # 80 %, 10 % and 10 % after random.Random(42).shuffle, as in Karpathy's lectures on makemore
    val: list[str]
    test: list[str]


class Clips(NamedTuple):
    """Recordings of spoken digits, in the order of digit, speaker and repetition."""

    clips: list[Array]  # each (T,) float32 in [-1, 1)
    digit: Array  # N int64
    speaker: Array  # N strings
    repetition: Array  # N int64, 0 to 49: below 5 is the official test part, of the same speakers as the rest
    rate: int  # samples per second


class Reviews(NamedTuple):
    """Reviews of women's clothing. `title` and `text` are empty where the customer wrote none (845 have no text)."""

    title: list[str]
    text: list[str]
    rating: Array  # N int64, 1 to 5
    recommended: Array  # N int64, 0 or 1


class Sentences(NamedTuple):
    """Single sentences out of reviews: 1,000 of each source, half of them positive."""

    text: list[str]
    label: Array  # N int64: 1 positive, 0 negative
    source: Array  # N strings: amazon, imdb, yelp


def split(x: Any, t: Any) -> Splits:
    """x (N, ...) and t (N, ...) in three fixed parts, 20 % for the test, 12.5 % for validation: for your own arrays.

    The permutation depends on N alone. Raises ValueError below 8 examples, or when x and t differ in number.
    """
    x, t = np.asarray(x), np.asarray(t)
    if x.ndim == 0 or t.ndim == 0 or len(x) != len(t) or len(x) < 8:
        raise ValueError(f"split needs at least 8 examples with a target each, not x {x.shape} and t {t.shape}")
    return split_at(x, t, len(x) - len(x) // 5 - len(x) // 8, len(x) // 8)


def split_at(x: Array, t: Array, train: int, val: int) -> Splits:
    """The first `train` of a fixed permutation, the next `val`, and the rest."""
    # RandomState, since NumPy keeps its stream for ever (NEP 19); that of a Generator may change with a release
    order = np.random.RandomState(SEED).permutation(len(x))
    a, b, c = order[:train], order[train : train + val], order[train + val :]
    return Splits(x[a], t[a], x[b], t[b], x[c], t[c])


def split_classes(x: Any, t: Any) -> Splits:
    """x (N, ...) and t (N,) in three fixed parts: of each class 20 % for the test and 12.5 % for validation.

    A class of three or more is in each part, one of two in training and test, one of one in training. Depends on t
    alone. Raises ValueError below 8 examples, and where no class has three.
    """
    x, t = np.asarray(x), np.asarray(t)
    if len(x) != len(t) or len(x) < 8 or np.unique(t, return_counts=True)[1].max() < 3:
        raise ValueError(f"{len(x)} examples cannot be divided: at least 8 are needed, and three of one class")
    rng = np.random.RandomState(SEED)  # whose stream NumPy keeps for ever
    parts: tuple[list[int], ...] = ([], [], [])
    for c in np.unique(t):
        order = rng.permutation(np.flatnonzero(t == c)).tolist()
        n = len(order)
        a, b = (max(1, n // 5) if n > 1 else 0), (max(1, n // 8) if n > 2 else 0)
        for part, some in zip(parts, (order[a + b :], order[a : a + b], order[:a]), strict=True):
            part += some
    train, val, test = (rng.permutation(part).astype(np.intp) for part in parts)  # the classes mixed
    return Splits(x[train], t[train], x[val], t[val], x[test], t[test])


def parts(text: str) -> Text:
    """The last 10 % is the test part, the last 5 % of what is before it the validation part."""
    a = (b := len(text) * 9 // 10) * 19 // 20
    return Text(text[:a], text[a:b], text[b:])


class Splits(NamedTuple):
    """A data set in three fixed parts: x (N, ...) and t (N,). The test part is for `report` alone."""

    x_train: Array
    t_train: Array
    x_val: Array
    t_val: Array
    x_test: Array
    t_test: Array
