"""Names and reviews: what is new, what a rating brings, and who hears it, on texts whose answers are known."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from places import DATA

from core import AdamW, Sequential, log_softmax
from core.lab.data.registry import Data
from core.lab.data.splits import Names, Reviews
from core.lab.learner import Report
from core.lab.text import lines as records
from core.lab.text.predictor import TextPredictor, of_lines
from core.lab.text.vocabulary import Vocabulary
from core.lab.text.window_model import window_net
from unsupervised.tasks import names, reviews
from unsupervised.tasks.names import divided
from unsupervised.tasks.reviews import rated, written
from unsupervised.text.evaluate_lines import (
    given,
    lines,
    names_figures,
    positive_share,
    ratings_help,
    sentiment_classifier,
    write,
)
from unsupervised.text.language_model import LanguageModel

ROOT = DATA
SAYS = {"1": "awful", "5": "great"}


def language(text, conditioned, updates=0, context=4):
    vocabulary = Vocabulary.of(text.train)
    net = Sequential(*window_net(len(vocabulary), context, 8, 32, 1))
    predictor = TextPredictor(net, vocabulary, context, "", **of_lines(vocabulary, conditioned))
    counts = {"context": context, "batch": 64, "updates": max(updates, 1)}
    one = LanguageModel(text, predictor, AdamW(0.01, net.layout, 0.0), np.random.default_rng(0), **counts)
    for _ in range(-(-updates // 20)):
        one.update()
    return one


@pytest.fixture(scope="module")
def rated_text():
    """Reviews whose last word depends on the rating, which stands far outside of the context by then."""
    rng = np.random.default_rng(0)
    return records.joined(*([f"{r}this was so very {SAYS[r]}" for r in rng.choice(["1", "5"], n)] for n in (60, 8, 8)))


@pytest.fixture(scope="module")
def reader(rated_text):
    return language(rated_text, True, 300, context=12)


def test_the_condition_stays_in_view(reader, rated_text):
    for rating, word in SAYS.items():
        assert write(reader, reader.w, rating, 2, 40, 0.0) == [f"{rating}this was so very {word}"] * 2
    asked = lines(rated_text.test)
    right = np.array(["12345".index(review[0]) for review in asked])
    figures = ratings_help(*given(reader, reader.w, asked), right, sum(map(len, asked)))
    assert figures["read_accuracy"] == 1
    assert figures["nats_right_rating"] < 0.01 < figures["nats_no_rating"] < figures["nats_wrong_rating"]


def test_without_the_condition_the_words_cannot_be_told(rated_text):
    blind = language(rated_text, False, 300, context=12)
    said = {write(blind, blind.w, rating, 1, 40, 0.0)[0][1:] for rating in SAYS}
    assert len(said) == 1


def test_given_is_the_sum_over_the_characters_of_each_review(reader, rated_text):
    asked = ["1so", "5", "5this was"]
    log_p, prior = given(reader, reader.w, asked)
    encode, K = reader.vocabulary.encode, reader.context
    end = int(encode(records.END)[0])
    for i, review in enumerate(asked):
        for r, rating in enumerate("12345"):
            ids, total = [int(c) for c in encode(rating + review[1:] + records.END)], 0.0
            for k in range(1, len(ids)):
                window = [ids[0], *([end] * K + ids[:k])[-K + 1 :]]
                total += float(log_softmax(reader.net(np.array([window]), reader.w)[0])[0, ids[k]])
            assert log_p[i, r] == pytest.approx(total, abs=1e-3)
    start = log_softmax(reader.net(np.full((1, K), end), reader.w)[0])[0]
    np.testing.assert_allclose(prior, start[encode("12345")], atol=1e-5)


def test_ratings_help_by_hand():
    log_p, prior = np.log([[0.2, 0.1], [0.4, 0.6]]), np.log([0.75, 0.25])
    figures = ratings_help(log_p, prior, np.array([0, 1]), 10)
    assert figures["nats_right_rating"] == pytest.approx(-np.log(0.2 * 0.6) / 10)
    assert figures["nats_wrong_rating"] == pytest.approx(-np.log(0.1 * 0.4) / 10)
    assert figures["nats_no_rating"] == pytest.approx(-np.log(0.175 * 0.45) / 10)
    assert figures["read_accuracy"] == 0.5  # 0.15 against 0.025, and 0.3 against 0.15


def test_the_judge_hears_words_and_not_the_rating():
    rng = np.random.default_rng(0)
    good, bad, both = ["lovely", "great", "soft"], ["awful", "torn", "sad"], ["dress", "size", "blue", "top"]
    real = [
        f"{r}{' '.join(rng.choice(good if r > 3 else bad, 3))} {' '.join(rng.choice(both, 4))}"
        for r in rng.choice([1, 2, 4, 5], 200)
    ]
    judge = sentiment_classifier([*real, "3awful dress"])
    shares = positive_share(judge, ["1great soft top", "1awful top", "5lovely dress", "5soft size"])
    np.testing.assert_array_equal(shares, [0.5, np.nan, np.nan, np.nan, 1])


def test_figures_of_names_that_are_known():
    text = records.joined(["ann", "bob"] * 20, ["cid"], ["ann"])
    one = language(text, False)
    one.predictor = SimpleNamespace(texts=lambda *_, **__: ["ann\nx", "cid\n", "cid\nb", "zoe"])
    report = Report({}, "", 0, 0, "")
    names_figures(one, one.w, report, None)
    assert report.metrics == {
        "written_new": 0.75,
        "written_distinct": 0.75,
        "new_that_are_real": 0.5,
        "held_out_that_were_written": 1.0,
        "test_names_in_training": 1.0,
    }
    assert list(report.texts.values()) == ["cid zoe"]


def test_the_same_review_stands_there_once():
    rows = [("So  soft!\r\nNice", 5), ("so soft! nice", 4), ("", 3), (" ", 2), *((f"no {i}", 1) for i in range(80))]
    text = written(
        Reviews([""] * len(rows), [words for words, _ in rows], np.array([r for _, r in rows]), np.array([]))
    )
    found = [review for part in text for review in lines(part)]
    assert sorted(found) == sorted(["5So soft! Nice", *(f"1no {i}" for i in range(80))])
    assert [len(lines(part)) for part in text] == [73, 4, 4]


def test_a_prompt_begins_with_its_rating():
    assert rated("5I love") == "5I love"
    assert rated("") == ""
    with pytest.raises(ValueError, match="begins with the rating, 1 to 5"):
        rated("I love")


@pytest.mark.parametrize(
    "config",
    [
        {"split": "lectures"},
        {"context": 1},
        {"dropout": 1.0},
        {"token_dropout": -0.1},
        {"weight_decay": float("nan")},
        {"hidden": 0},
    ],
)
def test_names_refuse_nonsense(config):
    with pytest.raises(ValueError, match=next(iter(config))):
        names.Config(**config)


@pytest.mark.parametrize(
    "config", [{"context": 11}, {"longest": 24}, {"dropout": 1.0}, {"weight_decay": -1.0}, {"row": 0}]
)
def test_reviews_refuse_nonsense(config):
    with pytest.raises(ValueError, match=next(iter(config))):
        reviews.Config(**config)


def test_rows_of_words_at_a_rating():
    vocabulary = Vocabulary.of("12345 abcdefghij\n" * 2)
    layer = reviews.rated_rows(vocabulary.letters(), 12, 3)
    w = layer.init(np.random.default_rng(0))

    def row(window):
        return layer(vocabulary.encode(window)[None], w)[0][0].tolist()

    assert row("5 abc de fgh") == row("5 jbc de fgh") == row("5c de fgh") != row("1 abc de fgh")  # the last two words
    assert row("5 abc ce fgh")[:3] == row("5 abc de fgh")[:3] != row("5 abc de fgi")[:3]  # the last one


def test_reviews_as_a_task():
    rng = np.random.default_rng(0)
    rating = rng.integers(1, 6, 400)
    words = [f"{'great fit' if r > 3 else 'poor fit'} {' '.join(rng.choice(list('abcdef'), 6))}" for r in rating]
    data = Reviews([""] * 400, words, rating, np.array([]))
    config = reviews.Config(hidden=16, bits=6, row=4, updates=20, context=12, longest=3)
    one = reviews.make(config, np.random.default_rng(0), lambda name: data)
    one.update()
    figures = one.report(one.w, None).metrics
    assert all(np.isfinite(value) for value in figures.values())
    assert figures["heard_positive_real_5"] == 1
    with pytest.raises(ValueError, match="begins with the rating"):
        one.predictor.generate(one.w, "great", 5)


def test_names_as_a_task():
    rng = np.random.default_rng(0)
    everyone = ["".join(rng.choice(list("abcde"), 4)) for _ in range(300)]
    data = Names(everyone, everyone[:240], everyone[240:270], everyone[270:])
    config = names.Config(hidden=16, embedding=4, updates=20)
    one = names.make(config, np.random.default_rng(0), lambda name: data)
    one.update()
    report = one.report(one.w, None)
    assert all(np.isfinite(value) for value in report.metrics.values())
    assert report.metrics["test_names_in_training"] == 0
    both = names.make(replace(config, split="lecture"), np.random.default_rng(0), lambda name: data)
    assert both.report(both.w, None).metrics["test_names_in_training"] > 0


@pytest.mark.skipif(not (ROOT / "names" / "names.txt").exists(), reason="names are not here")
def test_the_two_divisions_of_the_real_names():
    data = Data(ROOT)("names")
    parts = [set(lines(part)) for part in divided(data, "distinct")]
    assert [len(part) for part in parts] == [23596, 2949, 2949]
    assert len(set.union(*parts)) == 29494
    train, _, test = divided(data, "lecture")
    known = set(lines(train))
    assert round(sum(name in known for name in lines(test)) / len(lines(test)), 2) == 0.12
