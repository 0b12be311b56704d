"""What is said of a text that was written: against twins that search for every span, and figures by hand."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

from core.lab.data.splits import Text, parts
from unsupervised.text import evaluate as evaluate_text
from unsupervised.text.evaluate import CopyIndex, Encoded, copied, distinct, known_words, longest_copy, variety
from unsupervised.text.ngram_models import Counts, add_one, jelinek_mercer, kneser_ney_orders

LETTERS = st.text("ab é\n", max_size=90)


def searched(text, corpus, span):
    text, corpus = " ".join(text.split()), " ".join(corpus.split())
    spans = [text[a : a + span] for a in range(len(text) - span + 1)]
    every = (n for n in range(len(text) + 1) for a in range(len(text) - n + 1) if text[a : a + n] in corpus)
    return sum(piece in corpus for piece in spans) / max(len(spans), 1), max(every)


@given(LETTERS, LETTERS, LETTERS)
@example("", "", "")
@example("x" * 50, "", "")
@settings(max_examples=60, deadline=None)
def test_copies_are_those_that_a_search_finds(text, before, after):
    for whole in (before + after, before + text + after, text[3:60] + before, ""):
        corpus = CopyIndex(whole)
        assert (copied(text, corpus), longest_copy(text, corpus)) == searched(text, whole, evaluate_text.SPAN)


def test_copies_by_hand():
    sentence = "all that stands in the training part, word for word"  # 51 characters
    corpus = CopyIndex(f"before it {sentence} and behind it")
    assert copied(sentence, corpus) == 1
    assert longest_copy(sentence, corpus) == 51
    assert copied(sentence.replace(" ", " \n  "), corpus) == 1  # white space counts as one space
    assert copied("x" * 10 + sentence, corpus) == 12 / 22
    assert longest_copy("xx" + sentence + "yy", corpus) == 51
    assert longest_copy("wording", corpus) == 4


def test_known_words():
    assert known_words("The cat sat, the cow", {"the", "cat", "mat"}) == 2 / 5
    assert known_words("...", {"the"}) == 0


def test_distinct_n_grams_by_hand():
    words = ["a", "rose", "is", "a", "rose", "is", "a", "rose"]
    assert [distinct(words, n) for n in (1, 2, 3, 4)] == [3 / 8, 3 / 7, 3 / 6, 3 / 5]
    assert distinct("abab", 2) == 2 / 3
    assert distinct([], 1) == distinct(["a"], 2) == 1


def test_a_text_that_says_one_thing_again_and_again_has_no_variety():
    once = "the quick brown fox jumps over the lazy dog and then sleeps "
    again, other = variety(once * 20), variety("".join(map(chr, range(0x4E00, 0x4E00 + 1200))))
    assert again["repeated_spans"] > 0.9
    assert again["distinct_2"] < 0.1
    assert other["repeated_spans"] == 0
    assert variety("")["repeated_spans"] == 0


def text_of(n, seed=0):
    rng = np.random.default_rng(seed)
    return parts(" ".join(["cat", "dog", "owl", "bee", "ant", "elk", "sees", "runs"][i] for i in rng.integers(0, 8, n)))


def encoded(text):
    letters = sorted(set(text.train))
    return [np.array([letters.index(c) + 1 for c in part]) for part in text], len(letters) + 1


def test_a_report_sets_what_is_written_beside_as_much_that_is_real():
    text = text_of(4000)
    (train, val, test), V = encoded(text)
    asked = []

    def write(temperatures):
        asked.append(temperatures)
        return [text.train[:2000].rsplit(" ", 1)[0]] * len(temperatures)

    report = evaluate_text.report(
        lambda g: np.full(len(g), -math.log(V)), Encoded(train, val, test, V, 3), text, write, None
    )
    np.testing.assert_allclose(asked, [[0.5, 0.8, 1.0]])
    assert report.metrics["test_nats"] == pytest.approx(report.chance) == pytest.approx(math.log(V))
    assert report.metrics["written_copied_spans"] == report.metrics["written_known_words"] == 1
    assert report.metrics["written_longest_copy"] > 1990
    assert report.metrics["test_copied_spans"] < 0.1
    assert report.metrics["written_distinct_2"] == pytest.approx(report.metrics["test_distinct_2"], rel=0.2)
    table, *samples = report.texts.values()
    assert table.split()[:4] == ["0.5", "0.8", "1", "test"]
    assert samples == write([1, 2, 3])
    assert "test_nats_with_counts" not in report.metrics


def test_a_mixture_chooses_on_the_validation_part_and_is_scored_on_the_test_part(tmp_path):
    text = text_of(2000)
    (train, val, test), V = encoded(text)
    seen = []

    def mix(counts, order, held_out):
        seen.append((order, held_out))
        return lambda again: lambda log_p, grams: log_p + add_one(again, 1)(grams)

    report = evaluate_text.report(
        lambda g: np.full(len(g), -9.0),
        Encoded(train, val, test, V, 4),
        text,
        lambda temperatures: [""] * 3,
        tmp_path,
        mix,
    )
    ((order, held_out),) = seen
    assert report.reference_name == f"modified Kneser-Ney, {order}-grams"
    assert held_out[:, -1].tolist() == val.tolist()
    assert report.metrics["test_nats_with_counts"] == pytest.approx(9 + report.baselines["unigram"])
    assert report.metrics["test_nats"] == pytest.approx(9)


def test_what_was_chosen_stays_when_the_validation_part_is_counted_too():
    text = text_of(3000)
    (train, val, test), V = encoded(text)
    given = []

    def mix(counts, order, held_out):
        given.append((counts, order))
        return lambda again: given.append(again) or (lambda log_p, grams: add_one(again, 1)(grams))

    parts_ = Encoded(train, val, test, V, 4, recount=True)
    report = evaluate_text.report(
        lambda g: np.zeros(len(g)), parts_, text, lambda temperatures: [text.val[:500]] * 3, None, mix
    )
    (counts, order), again = given
    ids = np.concatenate([train, val, test])
    every = evaluate_text.windows(ids[:9], ids[9:], 10)
    held_out, grams = every[-len(test) - len(val) : -len(test)], every[-len(test) :]
    assert counts.count[0] == len(train)
    assert again.count[0] == len(train) + len(val)
    assert order == kneser_ney_orders(counts)(held_out).mean(0).argmax() + 1
    whole = Counts(ids[: -len(test)], V, 10)
    assert report.reference == pytest.approx(-kneser_ney_orders(whole)(grams).mean(0)[order - 1])
    assert report.baselines["bigram"] == pytest.approx(-add_one(whole, 2)(grams).mean())
    weighted = jelinek_mercer(counts, 3, held_out, again=whole)
    assert report.baselines["trigram"] == pytest.approx(-weighted(grams).mean())
    assert weighted(grams).mean() != jelinek_mercer(counts, 3, held_out)(grams).mean()
    assert report.metrics["test_nats_with_counts"] == report.baselines["unigram"]
    assert report.metrics["written_copied_spans"] == 1  # what it wrote stands in the validation part


def test_records_are_counted_each_by_itself():
    names = "".join(np.random.default_rng(1).choice(["ann\n", "bob\n", "eve\n"], 300))
    text = Text(names[:800], names[800:1000], names[1000:])
    (train, val, test), V = encoded(text)
    end = int(train[3])
    alone = []

    def cut(before, ids, width):
        grams = evaluate_text.windows(np.append(np.full(width, end), before), ids, width).copy()
        for gram in grams:
            (ends,) = np.nonzero(gram[:-1] == end)
            gram[: ends[-1] + 1 if len(ends) else 0] = end
        alone.append(grams)
        return grams

    report = evaluate_text.report(
        lambda g: np.zeros(len(g)), Encoded(train, val, test, V, 6, cut, end), text, lambda temperatures: [""] * 3, None
    )
    assert len(alone) == 2
    assert report.reference == pytest.approx(math.log(3) / 4, abs=0.02)  # which name is all there is to learn
    counts = Counts(np.append(end, train), V, evaluate_text.ORDER, end)  # the first name begins like all others
    orders = kneser_ney_orders(counts)
    chosen = orders(alone[0]).mean(0).argmax()
    assert report.reference == pytest.approx(-orders(alone[1]).mean(0)[chosen], rel=1e-12)


def test_scoring_holds_one_chunk_at_a_time():
    grams = evaluate_text.windows(np.zeros(50, np.int64), np.zeros(200_000, np.int64), 50)  # 80 MB if it were copied
    tracemalloc.start()
    evaluate_text.in_chunks(lambda g: np.log1p(g.sum(1) + 1.0), grams)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000
