"""Counting characters, against a plain twin, against a case by hand, and as a distribution."""

import itertools

import numpy as np
import pytest

from core.lab.text.witten_bell import WittenBell


def windows(text, order):
    return np.stack([text[i : i + order] for i in range(len(text) - order + 1)])


def test_by_hand():
    model = WittenBell(np.array([[0, 1], [1, 0], [0, 1]]), 2)
    # p(1) = (2 + 2/2) / (3 + 2); after 0 came 1 twice: p(1 | 0) = (2 + 1 * 3/5) / (2 + 1)
    assert np.exp(model.log_prob(np.array([[0, 1]]))) == pytest.approx([2.6 / 3])


def test_is_the_definition_and_sums_to_one():
    rng = np.random.default_rng(0)
    text = rng.integers(0, 4, 60)
    model = WittenBell(windows(text, 3), 4)
    padded = np.array(list(itertools.product(range(4), repeat=3)))
    p = np.exp(model.log_prob(padded))
    assert p.reshape(16, 4).sum(1) == pytest.approx(np.ones(16))
    grams = windows(text, 3)
    for gram, found in zip(padded, p, strict=True):
        expected = 1 / 4
        for n in (1, 2, 3):
            after = [row[-1] for row in grams if tuple(row[3 - n : -1]) == tuple(gram[3 - n : -1])]
            if after:
                kinds = len(set(after))
                expected = (after.count(gram[-1]) + kinds * expected) / (len(after) + kinds)
        assert found == pytest.approx(expected)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="63 bits"):
        WittenBell(np.zeros((2, 11), int), 90)
