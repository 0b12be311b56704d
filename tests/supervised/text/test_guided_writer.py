"""A writer that labels steer: its loss, Bayes' rule, and that it hears what the labels say."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from toy_reviews import toy_reviews

from core import AdamW, binary_cross_entropy, cross_entropy, softmax
from core.gradcheck import directional_error
from core.lab.problems import reviews as praise
from core.lab.problems.review_writer import review_writer
from core.lab.problems.reviews import DECAY, RATE, ReviewExam
from supervised.text.guided_writer import GuidedWriter, guided, guided_asker, reading_loss

B, V = 12, 5


def batch(seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((B, 2 * V)), rng.integers(0, V, B), rng.integers(-1, 2, B), rng


def test_gradient():
    y, t, label, rng = batch()
    _, dy = reading_loss(y, t, label)
    assert directional_error(lambda u: reading_loss(u.reshape(y.shape), t, label)[0], y.ravel(), dy.ravel(), rng) < 1e-6


def test_the_loss_is_that_of_the_text_and_that_of_the_labels_that_there_are():
    y, t, label, _ = batch(1)
    known = label >= 0
    expected = cross_entropy(y[:, :V], t)[0]
    expected += binary_cross_entropy(y[np.arange(B), V + t][known], label[known].astype(float))[0]
    loss, dy = reading_loss(y, t, label)
    assert loss == pytest.approx(expected)
    assert not dy[~known, V:].any()
    assert (dy[known, V:] != 0).sum() == known.sum()
    nobody = reading_loss(y, t, np.full(B, -1))
    assert nobody[0] == pytest.approx(cross_entropy(y[:, :V], t)[0])
    assert not nobody[1][:, V:].any()


def test_steering_is_bayes_rule():
    y, *_ = batch(2)
    p, good = softmax(y[:, :V]), 1 / (1 + np.exp(-y[:, V:]))
    for strength in (0, 1, 2.5):
        expected = p * good**strength
        assert softmax(guided(y, strength)) == pytest.approx(expected / expected.sum(1, keepdims=True))


def learner(labels=100, updates=150, strength=2.0, seed=0):
    exam = ReviewExam(toy_reviews(200), 12, 40)
    writer = review_writer(SimpleNamespace(context=12, hidden=16, longest=40), exam.facts, 2, guided_asker(strength))
    return GuidedWriter(
        exam,
        writer,
        AdamW(1e-2, writer.net.layout, DECAY),
        np.random.default_rng(seed),
        batch=64,
        updates=updates,
        schedule=RATE,
        labels=labels,
        strength=strength,
    )


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(praise, "SIZES", {"val": 10, "test": 30, "judge": 50, "rater": 50})


def test_it_writes_what_the_labels_praise_and_each_counts_once():
    one, answers = learner(), 0
    while one.progress < 1:
        answers += one.update()["answers"]
    assert answers == 100
    assert one.evaluate()["val_positive"] > 0.9
    assert one.report(one.w, None).metrics["test_positive"] > 0.9
    one.predictor = replace(one.predictor, asker=guided_asker(0))  # the same network, left to itself
    assert 0.2 < one.evaluate()["val_positive"] < 0.8


def test_a_label_is_asked_when_a_character_of_its_review_is_met():
    one = learner()
    one.config = replace(one.config, batch=1)
    assert 0 < one.update()["answers"] <= 20  # minibatches, of one character each


def test_too_many_labels_are_refused():
    with pytest.raises(ValueError, match="labels must be from 0 to 120"):
        learner(labels=121)
