"""Counting models against twins made of dictionaries and loops, written from the equations alone."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from unsupervised.text.ngram_models import (
    Counts,
    add_one,
    discounts,
    frequencies,
    jelinek_mercer,
    kneser_ney,
    kneser_ney_orders,
)

TEXTS = st.integers(2, 5).flatmap(
    lambda V: st.tuples(st.just(V), st.lists(st.integers(0, V - 1), min_size=6, max_size=80))
)


def grams_of(ids, n):
    return [tuple(ids[i : i + n]) for i in range(len(ids) - n + 1)]


def everything(V, n, rng, k=40):
    """k random contexts of n - 1 symbols, each followed by every symbol: (k V, n)."""
    contexts = rng.integers(0, V, (k, n - 1))
    return np.concatenate([np.repeat(contexts, V, 0), np.tile(np.arange(V), k)[:, None]], 1)


class Twin:
    """Modified Kneser-Ney by recursion over dictionaries."""

    def __init__(self, ids, V, order):
        self.V, self.order, self.a = V, order, {}
        for n in range(1, order + 1):
            if n == order:
                self.a[n] = Counter(grams_of(ids, n))
            else:
                left = defaultdict(set)
                for gram in grams_of(ids, n + 1):
                    left[gram[1:]].add(gram[0])
                self.a[n] = {gram: len(symbols) for gram, symbols in left.items()}

    def D(self, n, count):
        n1, n2, n3, n4 = (sum(a == k for a in self.a[n].values()) for k in (1, 2, 3, 4))
        Y = n1 / (n1 + 2 * n2) if n1 else 0.5
        if count == 0:
            return 0
        if count == 1:
            D = 1 - 2 * Y * n2 / n1 if n1 and n2 else Y
        elif count == 2:
            D = 2 - 3 * Y * n3 / n2 if n2 and n3 else Y
        else:
            D = 3 - 4 * Y * n4 / n3 if n3 and n4 else Y
        return D if D > 0 else Y

    def p(self, c, s, n):
        if n == 0:
            return 1 / self.V
        lower = self.p(c[1:], s, n - 1)
        followers = {gram[-1]: a for gram, a in self.a[n].items() if gram[:-1] == c}
        total = sum(followers.values())
        if total == 0:
            return lower
        left_over = sum(self.D(n, a) for a in followers.values())
        a = followers.get(s, 0)
        return (a - self.D(n, a) + left_over * lower) / total


@given(TEXTS, st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_counts_are_those_of_a_dictionary(text, order):
    V, ids = text
    counts = Counts(np.array(ids), V, order)
    for n in range(1, order + 1):
        seen = Counter(grams_of(ids, n))
        assert len(counts.keys[n]) == len(seen)
        grams = np.array(list(seen))
        *_, (_, c, cs) = counts.find(grams, n)
        assert counts.count[n][cs].tolist() == list(seen.values())
        assert (counts.context(n)[cs] == c).all()
        if n < order:
            left = {
                gram: len({ids[i - 1] for i in range(1, len(ids)) if tuple(ids[i : i + n]) == gram}) for gram in seen
            }
            assert counts.left[n][cs].tolist() == list(left.values())


def test_what_the_text_does_not_hold_is_not_found():
    counts = Counts(np.array([0, 1, 2, 0, 1, 2]), 4, 3)
    found = {n: (c.tolist(), cs.tolist()) for n, c, cs in counts.find(np.array([[0, 1, 0], [3, 1, 2], [1, 2, 3]]), 3)}
    assert [node >= 0 for node in found[1][1]] == [True, True, False]
    assert [node >= 0 for node in found[2][1]] == [False, True, False]
    assert [node >= 0 for node in found[3][0]] == [True, False, True]
    assert found[3][1] == [-1, -1, -1]


def test_a_large_alphabet_and_long_grams_are_exact():
    rng = np.random.default_rng(0)
    ids = rng.integers(0, 1_100_000, 60).repeat(2)
    counts = Counts(ids, 1_114_112, 20)
    assert [len(keys) for keys in counts.keys[1:]] == [len(set(grams_of(ids.tolist(), n))) for n in range(1, 21)]


@given(TEXTS, st.integers(1, 4), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_kneser_ney_is_its_twin(text, order, seed):
    V, ids = text
    grams = np.concatenate(
        [everything(V, order + 1, np.random.default_rng(seed), 3), np.array(grams_of(ids, order + 1))]
    )
    twin = Twin(ids, V, order)
    slow = [twin.p(tuple(g[1:-1]), g[-1], order) for g in grams.tolist()]
    np.testing.assert_allclose(np.exp(kneser_ney(Counts(np.array(ids), V, order), order)(grams)), slow, rtol=1e-12)


class RecordsTwin(Twin):
    """The same of records: each with a boundary before and behind it, counted by itself."""

    def __init__(self, records, boundary, V, order):
        self.V, self.order, self.a = V, order, {}
        grams = {n: Counter() for n in range(1, order + 1)}
        for record in records:
            marked = [boundary, *record, boundary]
            grams[1].update(grams_of(marked[1:], 1))  # the boundary before a record is given, not predicted
            for n in range(2, order + 1):
                grams[n].update(grams_of(marked, n))
        for n in range(1, order):
            left = defaultdict(set)
            for gram in grams[n + 1]:
                left[gram[1:]].add(gram[0])
            begins = {gram: a for gram, a in grams[n].items() if n > 1 and gram[0] == boundary}
            self.a[n] = {gram: len(symbols) for gram, symbols in left.items()} | begins
        self.a[order] = grams[order]


@given(st.lists(st.lists(st.integers(1, 3), max_size=6), min_size=3, max_size=12), st.integers(2, 4))
@settings(max_examples=30, deadline=None)
def test_no_n_gram_goes_across_a_boundary(records, order):
    """What follows within a record, and at its beginning, is that of a twin that never sees two records at once."""
    ids = np.array([0] + [s for record in records for s in [*record, 0]])
    counts = Counts(ids, 4, order, boundary=0)
    twin = RecordsTwin(records, 0, 4, counts.order)
    contexts = [([0] * order + [0, *record])[-order:] for record in [*records, [1], [2, 3], [3, 3, 3, 3, 3]]]
    grams = np.array([[*context, s] for context in contexts for s in range(4)])
    p = np.exp(kneser_ney(counts, counts.order)(grams))
    slow = [twin.p(tuple(g[-counts.order : -1]), g[-1], counts.order) for g in grams.tolist()]
    np.testing.assert_allclose(p, slow, rtol=1e-12)
    np.testing.assert_allclose(p.reshape(-1, 4).sum(1), 1, rtol=1e-12)


def test_records_are_not_counted_beyond_the_longest():
    ids = np.array([0, 1, 2, 0, 1, 0])
    assert Counts(ids, 3, 6, boundary=0).order == 4
    assert Counts(ids, 3, 6).order == 6


def test_all_orders_at_once_are_each_by_itself():
    rng = np.random.default_rng(0)
    ids, grams = rng.integers(0, 3, 200), rng.integers(0, 3, (50, 6))
    together = kneser_ney_orders(Counts(ids, 3, 5))(grams)
    for n in range(1, 6):
        np.testing.assert_allclose(together[:, n - 1], kneser_ney(Counts(ids, 3, n), n)(grams), rtol=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3, 6])
@pytest.mark.parametrize("kind", ["add one", "Jelinek-Mercer", "Kneser-Ney"])
def test_probabilities_sum_to_one_in_contexts_seen_and_unseen(kind, order):
    rng = np.random.default_rng(1)
    V = 7
    ids = np.cumsum(rng.integers(0, 3, 300)) % (V - 1)  # the last symbol never occurs
    counts = Counts(ids, V, 6)
    models = {
        "add one": lambda: add_one(counts, order),
        "Kneser-Ney": lambda: kneser_ney(counts, order),
        "Jelinek-Mercer": lambda: jelinek_mercer(counts, order, rng.integers(0, V, (50, 6))),
    }
    p = np.exp(models[kind]()(everything(V, 6, rng)))
    assert (p > 0).all()
    np.testing.assert_allclose(p.reshape(-1, V).sum(1), 1, rtol=1e-12)


def test_add_one_by_hand():
    counts = Counts(np.array([0, 1, 0, 1, 0, 2]), 4, 2)  # after 0 come 1, 1, 2
    grams = np.array([[9, 0, 1], [9, 0, 2], [9, 0, 3], [9, 3, 0]])
    np.testing.assert_allclose(np.exp(add_one(counts, 2)(grams)), [3 / 7, 2 / 7, 1 / 7, 1 / 4])
    np.testing.assert_allclose(np.exp(add_one(counts, 1)(grams)), [3 / 10, 2 / 10, 1 / 10, 4 / 10])


def test_frequencies_by_hand_and_without_continuation():
    counts = Counts(np.array([0, 1, 0, 1, 0, 2]), 4, 2)
    p = frequencies(counts, 2, np.array([[0, 1], [0, 3], [2, 0], [3, 1]]))  # nothing ever follows 2 or 3
    np.testing.assert_allclose(p, [[1 / 4, 2 / 6, 2 / 3], [1 / 4, 0, 0], [1 / 4, 3 / 6, 3 / 6], [1 / 4, 2 / 6, 2 / 6]])


def test_jelinek_mercer_finds_the_best_weights():
    rng = np.random.default_rng(2)
    text = np.cumsum(rng.integers(0, 3, 400)) % 5
    counts, held_out = Counts(text[:300], 5, 2), np.lib.stride_tricks.sliding_window_view(text[300:], 2)
    p = frequencies(counts, 2, held_out)
    grid = np.linspace(0, 1, 101)
    weights = np.array([[1 - a - b, a, b] for a in grid for b in grid if a + b <= 1 + 1e-9])
    best = np.log(p @ weights.T).mean(0).max()
    assert jelinek_mercer(counts, 2, held_out)(held_out).mean() >= best - 1e-5


def test_discounts_are_those_of_the_formula():
    a = np.repeat([1, 2, 3, 4, 9], [40, 20, 10, 5, 3])  # Y = 40 / 80
    D = dict(zip(a.tolist(), discounts(a), strict=True))
    formula = {1: 1 - 2 * 0.5 * 20 / 40, 2: 2 - 3 * 0.5 * 10 / 20, 3: 3 - 4 * 0.5 * 5 / 10}
    assert formula | {4: 2.0, 9: 2.0} == pytest.approx(D)
    assert discounts(np.array([0, 0, 7])).tolist() == [0, 0, 0.5]  # no n_1: half a count


def test_every_count_is_discounted():
    """More counts of 4 than of 3 make the formula negative: a context would leave nothing to what is new."""
    a = np.array([1, 2, 2, 3, 4, 4, 4, 4, 4])  # Y = 1 / 5, D_3 = 3 - 4 * 5 / 5
    assert discounts(a)[3:].tolist() == [0.2] * 6


def test_what_is_new_to_the_held_out_text_too_is_not_impossible():
    counts = Counts(np.tile([0, 1], 50), 3, 1)
    model = jelinek_mercer(counts, 1, np.tile([[0], [1]], (50, 1)), rounds=3000)
    assert 1e-8 < np.exp(model(np.array([[2]])))[0] < 1e-5


def test_counts_without_ones_keep_probabilities_whole():
    """A text in which every n-gram recurs has no n_1: the formula alone would divide by zero."""
    ids = np.tile([0, 1, 2], 30)
    p = np.exp(kneser_ney(Counts(ids, 3, 2), 2)(everything(3, 2, np.random.default_rng(0))))
    np.testing.assert_allclose(p.reshape(-1, 3).sum(1), 1)
    assert math.exp(kneser_ney(Counts(ids, 3, 2), 2)(np.array([[0, 1]]))[0]) > 0.95


def test_higher_orders_predict_better_where_there_is_something_to_know():
    rng = np.random.default_rng(3)
    text = [0, 0]
    for _ in range(6000):  # the sum of the last two, with noise
        text.append((text[-1] + text[-2]) % 5 if rng.random() < 0.8 else int(rng.integers(5)))
    train, held_out = np.array(text[:5000]), np.lib.stride_tricks.sliding_window_view(np.array(text[5000:]), 4)
    counts = Counts(train, 5, 4)
    one, two, three, four = -kneser_ney_orders(counts)(held_out).mean(0)
    truth = -(0.84 * math.log(0.84) + 4 * 0.04 * math.log(0.04))
    assert two > 1.5 > three
    assert abs(three - truth) < 0.1
    assert three < four < three + 0.1
    assert abs(one - math.log(5)) < 0.02


@pytest.mark.parametrize("order", [0, 7])
def test_impossible_orders_are_refused(order):
    with pytest.raises(ValueError, match="order must be from 1 to 6"):
        Counts(np.zeros(6, int), 2, order)
