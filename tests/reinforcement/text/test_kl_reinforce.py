"""A writer that rewards tune: its loss, its baseline, and that it earns more while it stays near where it began."""

from types import SimpleNamespace

import numpy as np
import pytest
from toy_reviews import toy_reviews

from core import Adam, AdamW, log_softmax
from core.gradcheck import directional_error
from core.lab.problems import reviews as praise
from core.lab.problems.review_writer import review_writer
from core.lab.problems.reviews import DECAY, RATE, ReviewExam
from reinforcement.reinforce import reinforce_loss
from reinforcement.text.kl_reinforce import RewardTunedWriter, others_baseline, tuned_loss

B, V = 12, 6


def batch(seed=0):
    rng = np.random.default_rng(seed)
    y, start = rng.standard_normal((2, B, V))
    return y, start, rng.integers(1, V, B), rng.standard_normal(B), rng


@pytest.mark.parametrize("kl_coef", [0.0, 0.7])
def test_gradient(kl_coef):
    y, start, action, advantage, rng = batch()
    _, dy = tuned_loss(y, start, action, advantage, kl_coef, 0.7)

    def f(u):
        return tuned_loss(u.reshape(y.shape), start, action, advantage, kl_coef, 0.7)[0]

    assert directional_error(f, y.ravel(), dy.ravel(), rng) < 1e-6


def test_at_the_start_and_without_the_unknown_symbol_it_is_reinforce():
    y, _, action, advantage, _ = batch(1)
    loss, dy = tuned_loss(y, y, action, advantage, 5.0, 1.0)
    expected, expected_dy = reinforce_loss(y[:, 1:], action - 1, advantage)
    assert loss == pytest.approx(expected)
    assert dy[:, 1:] == pytest.approx(expected_dy)
    assert not dy[:, 0].any()


def test_the_penalty_is_the_divergence_by_its_definition():
    y, start, action, _, _ = batch(2)
    log_p, log_q = log_softmax(y[:, 1:] / 0.7), log_softmax(start[:, 1:] / 0.7)
    expected = (np.exp(log_p) * (log_p - log_q)).sum(1).mean()
    assert tuned_loss(y, start, action, np.zeros(B), 1.0, 0.7)[0] == pytest.approx(expected)


def test_the_baseline_is_the_mean_of_the_others():
    reward = np.array([1.0, 0, 0, 1, 1])
    slow = [r - np.delete(reward, i).mean() for i, r in enumerate(reward)]
    assert others_baseline(reward) == pytest.approx(slow)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(praise, "SIZES", {"val": 10, "test": 30, "judge": 50, "rater": 50})


def learner(updates=100, rounds=20, kl_coef=0.02, seed=0):
    exam = ReviewExam(toy_reviews(200), 12, 40)
    writer = review_writer(SimpleNamespace(context=12, hidden=16, longest=40), exam.facts)
    return RewardTunedWriter(
        exam,
        writer,
        AdamW(1e-2, writer.net.layout, DECAY),
        Adam(3e-3),
        np.random.default_rng(seed),
        batch=64,
        updates=updates,
        rounds=rounds,
        n=24,
        kl_coef=kl_coef,
        schedule=RATE,
    )


def test_rewards_tune_it_and_each_counts():
    one, answers = learner(), 0
    while one.count < one.config.updates:
        assert one.update()["answers"] == 0
    before = one.evaluate()["val_positive"]
    assert 0.2 < before < 0.8
    while one.progress < 1:
        answers += one.update()["answers"]
    assert answers == 20 * 24
    assert one.evaluate()["val_positive"] > 0.9
    assert one.report(one.w, None).metrics["test_positive"] > 0.85


def test_a_heavy_penalty_holds_it():
    apart = []
    for kl_coef in (0.0, 3.0):
        one = learner(updates=60, rounds=12, kl_coef=kl_coef)
        while one.progress < 1:
            one.update()
        x, s, _ = one.sample(np.random.default_rng(0), 200)
        y, start = one.net(x, one.w)[0], one.net(x, one.start)[0]
        apart.append(tuned_loss(y, start, s, np.zeros(200), 1.0, 0.7)[0])  # the divergence alone
    assert 0 <= apart[1] < 0.5 * apart[0]


def test_stopped_among_rewards_and_gone_on_it_is_the_same():
    whole, stopped, resumed = learner(updates=30), learner(updates=30), learner(updates=30)
    for _ in range(4):
        whole.update()
        stopped.update()
    resumed.w[:] = stopped.w
    resumed.load({name: value.copy() for name, value in stopped.state().items()})
    for _ in range(2):
        assert resumed.update() == whole.update()
    assert (resumed.w == whole.w).all()
    assert resumed.progress == whole.progress
