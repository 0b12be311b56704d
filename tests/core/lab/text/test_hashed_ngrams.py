"""Hashed n-grams: the same row wherever the same n-gram ends a context, and the true gradient."""

from __future__ import annotations

import numpy as np
import pytest

from core import Concat, Embedding, Linear, Sequential
from core.gradcheck import directional_error
from core.lab.text.hashed_ngrams import HashedNGrams, powers, rows_of

RNG = np.random.default_rng(0)
IDS = RNG.integers(0, 60, (4000, 9)).astype(np.uint8)


def slow(x, n, bits):
    """The hash in Python's whole numbers."""
    h = 0
    for s in x[::-1][:n]:
        h = (h + int(s) + 1) * 0x9E3779B97F4A7C15 % 2**64
    return h >> (64 - bits)


def test_rows_are_those_of_the_slow_twin():
    rows = rows_of(IDS[:50], powers((2, 5, 3)), 12)
    for x, row in zip(IDS[:50], rows, strict=True):
        assert row.tolist() == [slow(x, n, 12) + i * 4096 for i, n in enumerate((2, 5, 3))]


def test_a_row_depends_on_the_last_n_characters_alone():
    x, y = IDS[:200].copy(), IDS[:200].copy()
    x[:, :-3], y[:, :-3] = 1, 2
    rows, others = rows_of(x, powers((3, 4)), 16), rows_of(y, powers((3, 4)), 16)
    assert (rows[:, 0] == others[:, 0]).all()
    assert (rows[:, 1] != others[:, 1]).all()


def test_few_ngrams_share_a_row():
    bits, different = 16, len(np.unique(IDS[:, -4:], axis=0))
    used = len(np.unique(rows_of(IDS, powers((4,)), bits)))
    expected = 2**bits * (1 - (1 - 2.0**-bits) ** different)  # of a hash that is as good as chance
    assert used == pytest.approx(expected, rel=0.01)


def test_first_characters_are_told_apart_by_every_leading_bit():
    rows = rows_of(np.arange(64, dtype=np.uint8)[:, None], powers((1,)), 14)
    assert len(np.unique(rows)) == 64


def test_output_holds_the_rows_of_each_order_side_by_side():
    layer = HashedNGrams((2, 3), 8, 5)
    w = layer.init(RNG)
    assert layer.layout == {"table": (512, 5)}
    y, _ = layer(IDS[:7], w)
    rows = rows_of(IDS[:7], powers((2, 3)), 8)
    np.testing.assert_array_equal(y, w.reshape(512, 5)[rows].reshape(7, 10))
    np.testing.assert_array_equal(layer(IDS[0], w)[0], y[0])  # a single context
    assert w.std() == pytest.approx(0.05, rel=0.1)


def test_gradient_is_the_true_one():
    net = Sequential(Concat(Embedding(60, 4), HashedNGrams((2, 4), 6, 3)), Linear(9 * 4 + 6, 5))
    w = RNG.standard_normal(net.size)
    up = RNG.standard_normal((40, 5))
    y, back = net(IDS[:40], w)
    g = np.full_like(w, np.nan)
    back(up, g)
    assert y.shape == (40, 5)
    assert directional_error(lambda u: float((net(IDS[:40], u)[0] * up).sum()), w, g, RNG) < 1e-6


@pytest.mark.parametrize("orders", [(), (0, 2), (2, 2)])
def test_orders_that_make_no_sense_are_refused(orders):
    with pytest.raises(ValueError, match="different orders above 0"):
        HashedNGrams(orders, 8, 4)


def test_bits_that_make_no_sense_and_short_contexts_are_refused():
    with pytest.raises(ValueError, match="bits"):
        HashedNGrams((2,), 0, 4)
    layer = HashedNGrams((2, 7), 8, 4)
    with pytest.raises(ValueError, match="7 characters need a context at least as long, not 5"):
        layer(IDS[:, :5], layer.init(RNG))
