"""A code that no label touches, and a probe that is scikit-learn's own, folded into a layer."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from core import MLP, Linear
from core.lab.data.registry import Data
from core.lab.data.splits import Splits
from core.lab.runs.tasks import configure, find
from unsupervised.linear_probe import ProbedCode, fit_probe

TASK = find("digit_autoencoder")
SETTINGS = {"updates": 200, "hidden": 32}


def blobs(C, n=60, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(n) % C
    return (rng.standard_normal((n, 3)) * [1, 5, 0.1] + 3 * np.eye(3)[t % 3]).astype(np.float32), t


@pytest.mark.parametrize("C", [2, 3])
def test_the_probe_says_what_scikit_learn_s_says(C):
    z, t = blobs(C)
    i = np.arange(30)
    y, _ = Linear(3, C)(z.astype(np.float64), fit_probe(z, i, t[i], C, penalty=0.5))
    own = np.exp(y - y.max(-1, keepdims=True))
    scaled = (z.astype(np.float64) - z.mean(0, np.float64)) / z.std(0, dtype=np.float64)
    peer = LogisticRegression(C=2, max_iter=300).fit(scaled[i], t[i])
    np.testing.assert_allclose(own / own.sum(-1, keepdims=True), peer.predict_proba(scaled), atol=1e-4)


def test_a_class_without_a_label_is_never_said():
    z, t = blobs(3)
    y, _ = Linear(3, 5)(z, fit_probe(z, np.arange(60), t + 1, 5, 1.0).astype(np.float32))
    assert set(y.argmax(-1)) <= {1, 2, 3}


def digits(change=lambda splits: splits, seed=3):
    splits = change(Data(None)("digits"))
    learner = TASK.make(configure(TASK, SETTINGS), np.random.default_rng(seed), lambda name: splits)
    answers = []
    while learner.progress < 1:
        answers.append(learner.update()["answers"])
    return learner, answers


@pytest.fixture(scope="module")
def learnt():
    return digits()


def test_a_hundred_labels_are_asked_for_once(learnt):
    learner, answers = learnt
    assert answers == [100, 0]
    assert len(set(learner.asked.tolist())) == 100


def test_no_other_label_is_looked_at(learnt):
    learner, _ = learnt

    def others_hidden(splits):
        t = (splits.t_train + 1) % 10
        t[learner.asked] = splits.t_train[learner.asked]
        return splits._replace(t_train=t, t_val=(splits.t_val + 3) % 10)

    assert digits(others_hidden)[0].w.tobytes() == learner.w.tobytes()


def test_the_code_never_meets_a_label(learnt):
    learner, _ = learnt
    n = learner.auto.net.size
    other, _ = digits(lambda splits: splits._replace(t_train=(splits.t_train + 1) % 10))
    assert other.w[:n].tobytes() == learner.w[:n].tobytes()
    assert not np.array_equal(other.w[n:], learner.w[n:])


def test_what_it_reads_is_far_from_chance_and_its_peers_are_there(learnt):
    learner, _ = learnt
    report = learner.report(learner.w, None)
    assert report.metrics["test_accuracy"] > 0.4
    assert len(report.baselines) == 3
    assert report.reference > 0.97
    x = learner.splits.x_test[:5]
    assert learner.predict(learner.w, x).shape == (5,)
    with pytest.raises(ValueError, match="not finite"):
        learner.predict(learner.w, x * np.nan)


def test_data_and_numbers_that_do_not_fit_are_refused():
    x, t = blobs(2)
    splits = Splits(x, t, x, t, x, t)

    def made(splits=splits, **options):
        return ProbedCode(splits, MLP(3, 2), MLP(2, 3), 0.01, np.random.default_rng(0), classes=2, updates=1, **options)

    for labels in (1, 61):
        with pytest.raises(ValueError, match="labels must be from 2"):
            made(labels=labels)
    with pytest.raises(ValueError, match="all the same"):
        made(splits._replace(t_train=t * 0), labels=10)
    with pytest.raises(ValueError, match="whole numbers"):
        made(splits._replace(t_val=t * 0.5), labels=10)
