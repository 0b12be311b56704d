"""Mixtures: weights that a slow search cannot better, and each component believed where it is right."""

from __future__ import annotations

import numpy as np
import pytest

from unsupervised.text import evaluate as evaluate_text, interpolation
from unsupervised.text.interpolation import longest_known, weights_of
from unsupervised.text.ngram_models import Counts, kneser_ney_orders

RNG = np.random.default_rng(0)
V = 4
IDS = RNG.choice(V, 3000, p=[0.4, 0.3, 0.2, 0.1])
COUNTS = Counts(IDS, V, 5)


def mixed(network, held_out):
    mixed = interpolation.interpolated(COUNTS, interpolation.weigh(network(held_out), COUNTS, held_out))
    return lambda grams: mixed(network(grams), grams)


def test_longest_known_context_is_that_of_a_search_through_the_text():
    text = "".join(map(str, IDS[:200]))
    counts = Counts(IDS[:200], V, 6)
    grams = evaluate_text.windows(IDS[:0], IDS[1000:1100], 8)
    for gram, k in zip(grams, longest_known(counts, grams), strict=True):
        context = "".join(map(str, gram[:-1]))
        known = [n for n in range(6) if context[len(context) - n :] in text[:-1]]
        assert k == max(known)


def test_weights_are_the_likeliest():
    N = 4000
    k = RNG.integers(0, 2, N)
    p = RNG.uniform(0.05, 1, (N, 2))
    p[k == 1, 0] *= 0.5
    weights = weights_of(p, k, 3)
    np.testing.assert_allclose(weights.sum(1), 1)
    for b in (0, 1):
        likelihoods = [np.log(p[k == b] @ [a, 1 - a]).sum() for a in np.linspace(0, 1, 201)]
        assert weights[b, 0] == pytest.approx(np.linspace(0, 1, 201)[np.argmax(likelihoods)], abs=0.02)
    np.testing.assert_allclose(weights[2], weights[:2].mean(0), atol=0.1)  # never met: as all do together


def test_a_network_that_knows_is_believed_and_one_that_does_not_is_not():
    held_out, test = evaluate_text.windows(IDS[:0], IDS[1000:2000], 6), evaluate_text.windows(IDS[:0], IDS[2000:], 6)
    sure = mixed(lambda grams: np.full(len(grams), np.log(0.99)), held_out)
    assert sure(test).mean() > np.log(0.97)
    silly = mixed(lambda grams: np.full(len(grams), -20.0), held_out)
    assert silly(test).mean() > kneser_ney_orders(COUNTS)(test).mean(0).max() - 0.01


def test_mixture_is_the_sum_that_it_is_said_to_be():
    grams = evaluate_text.windows(IDS[:0], RNG.integers(0, V, 60), 6)
    weights = RNG.dirichlet(np.ones(6), 5)  # k, components
    log_p = np.log(RNG.uniform(0.1, 1, len(grams)))
    orders, known = np.exp(kneser_ney_orders(COUNTS)(grams)), longest_known(COUNTS, grams)
    assert len(set(known)) > 1
    said = interpolation.interpolated(COUNTS, weights)(log_p, grams)
    for a, p, row, k in zip(said, np.exp(log_p), orders, known, strict=True):
        assert np.exp(a) == pytest.approx(weights[k][0] * p + sum(weights[k][1:] * row))


def test_mixture_sums_to_one():
    held_out = evaluate_text.windows(IDS[:0], IDS[1000:2000], 6)
    model = mixed(lambda grams: np.full(len(grams), -np.log(V)), held_out)
    contexts = RNG.integers(0, V, (30, 5))
    grams = np.concatenate([contexts.repeat(V, 0), np.tile(np.arange(V), 30)[:, None]], 1)
    np.testing.assert_allclose(np.exp(model(grams)).reshape(30, V).sum(1), 1)


def test_chunks_make_no_difference(monkeypatch):
    held_out = evaluate_text.windows(IDS[:0], IDS[1000:2000], 6)

    def network(grams):
        return np.log((grams[:, -1] + 1) / 10)

    whole = mixed(network, held_out)(held_out)
    monkeypatch.setattr(evaluate_text, "CHUNK", 77)
    np.testing.assert_allclose(mixed(network, held_out)(held_out), whole)
