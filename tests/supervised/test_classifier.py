"""The classifier learns what can be learnt, resumes exactly, counts answers, and refuses bad data."""

import numpy as np
import pytest

from core import MLP, Adam, cross_entropy
from core.lab.data.registry import Data, split
from core.lab.data.splits import Splits
from supervised.classifier import Classifier
from supervised.learner import Supervised
from supervised.metrics.classification import Classification
from supervised.tasks import digits


def blobs(n=200, C=3, seed=0):
    rng = np.random.default_rng(seed)
    t = rng.integers(0, C, n)
    return split((rng.standard_normal((n, 4)) + 6 * np.eye(C, 4)[t]).astype(np.float32), t)


def classifier(splits, seed=0, **options):
    return Classifier(splits, MLP(4, 8, 3), Adam(0.01), np.random.default_rng(seed), **{"updates": 300, **options})


def run(learner):
    logs = []
    while learner.progress < 1:
        logs.append(learner.update())
    return logs


def test_separated_blobs_are_told_apart():
    learner = classifier(blobs())
    run(learner)
    report = learner.report(learner.weights, None)
    assert report.metrics["test_accuracy"] == 1.0
    assert report.baselines["nearest centroid"] == 1.0
    assert report.chance == pytest.approx(1 / 3)


def test_each_label_is_one_answer_once():
    splits = blobs()
    learner = classifier(splits, batch=32)
    logs = run(learner)
    assert sum(log["answers"] for log in logs) == len(splits.t_train) + len(splits.t_val)
    assert sum(log["examples"] for log in logs) == 300 * 32
    assert logs[-1]["answers"] == 0


def test_shuffled_labels_cannot_be_learnt_beyond_chance():
    splits = blobs(600)
    rng = np.random.default_rng(1)
    wrong = splits._replace(**{f"t_{p}": rng.permutation(getattr(splits, f"t_{p}")) for p in ("train", "val", "test")})
    learner = classifier(wrong)
    run(learner)
    assert learner.report(learner.weights, None).metrics["test_accuracy"] < 0.5


def test_resumed_equals_never_stopped():
    def augment(rng, x):
        return x + np.float32(0.1) * rng.standard_normal(x.shape, np.float32)

    options = {"updates": 150, "batch": 48, "augment": augment}
    whole, stopped = classifier(blobs(), **options), classifier(blobs(), **options)
    for _ in range(3):
        whole.update()
        stopped.update()
    state = {name: array.copy() for name, array in stopped.state().items()}
    resumed = classifier(blobs(), **options)
    resumed.w[:] = stopped.w
    resumed.load(state)
    run(stopped)  # what it does next must not reach the one that was resumed
    while whole.progress < 1:
        assert resumed.update() == whole.update()
    assert np.array_equal(resumed.w, whole.w)
    assert np.array_equal(resumed.weights, whole.weights)
    assert resumed.progress == 1


def test_evaluate_changes_nothing_and_judges_the_average():
    learner = classifier(blobs())
    learner.update()
    w, state = learner.w.copy(), {name: array.copy() for name, array in learner.state().items()}
    first = learner.evaluate()
    assert learner.evaluate() == first
    assert np.array_equal(learner.w, w)
    assert all(np.array_equal(array, state[name]) for name, array in learner.state().items())
    learner.w[:] = 0
    assert learner.evaluate() == first


def test_one_batch_is_learnt_by_heart():
    learner = classifier(blobs())
    batch, w, optimizer = learner.sample(np.random.default_rng(0), 8), learner.w.copy(), Adam(0.01)
    g = np.empty_like(w)
    for _ in range(500):
        learner.loss(w, batch, g)
        optimizer.step(w, g)
    assert learner.loss(w, batch) < 0.01
    assert learner.predict(w, batch[0]).tolist() == batch[1].tolist()


def test_the_gradient_at_the_output_is_p_minus_onehot():
    learner = classifier(blobs())
    x, t = learner.sample(np.random.default_rng(0), 16)
    learner.loss(learner.w, (x, t), learner.g)
    y, back = learner.net(x, learner.w)
    p = np.exp(y) / np.exp(y).sum(-1, keepdims=True)
    expected = np.empty_like(learner.g)
    back((p - np.eye(3, dtype=np.float32)[t]) / len(t), expected)
    assert learner.g == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("members", [None, 2])
def test_a_weight_of_2_is_the_example_twice(members):
    splits = blobs()
    s = np.random.default_rng(1).integers(0, 4, len(splits.t_train))
    twice = splits._replace(x_train=splits.x_train.repeat(s, 0), t_train=splits.t_train.repeat(s))
    learners = [
        Classifier(
            part, MLP(4, 8, 3, members=members), Adam(0.01), np.random.default_rng(0), updates=20, batch=10**6, **o
        )
        for part, o in ((splits, {"sample_weight": s}), (twice, {}), (splits, {}))
    ]
    logs = [learner.update() for learner in learners]
    assert learners[0].w == pytest.approx(learners[1].w, abs=1e-4)
    assert logs[0]["loss"] == pytest.approx(logs[1]["loss"], rel=1e-4)
    assert np.abs(learners[0].w - learners[2].w).max() > 1e-3
    x, t, share = learners[0].sample(np.random.default_rng(0), 5)
    assert share.dtype == np.float32
    assert learners[0].loss(learners[0].w, (x, t, share)) >= 0


def test_augmentation_is_used_and_draws_from_rng():
    calls = []

    def augment(rng, x):
        calls.append(rng.random())
        return x

    run(classifier(blobs(), updates=40, augment=augment))
    assert len(calls) == 40
    again = list(calls)
    calls.clear()
    run(classifier(blobs(), updates=40, augment=augment))
    assert calls == again


def test_predict_takes_rows_or_one_picture():
    learner = classifier(blobs())
    run(learner)
    assert learner.predict(learner.w, 6 * np.eye(3, 4)).tolist() == [0, 1, 2]
    assert learner.predict(learner.w, np.array([[0, 0], [6, 0]])).tolist() == [2]
    with pytest.raises(ValueError, match="not finite"):
        learner.predict(learner.w, np.full((1, 4), np.nan))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s: s._replace(x_val=np.where(s.x_val > 5, np.nan, s.x_val)), "val part holds NaN"),
        (lambda s: s._replace(t_train=s.t_train + 1), "the network has 3 classes"),
        (lambda s: s._replace(t_test=s.t_test - 1), "run from -1"),
        (lambda s: s._replace(t_train=s.t_train.astype(float)), "whole numbers"),
        (lambda s: s._replace(x_train=s.x_train[:0], t_train=s.t_train[:0]), "0 examples"),
        (lambda s: s._replace(t_val=s.t_val[:-1]), "labels"),
        (lambda s: s._replace(x_train=s.x_train[:, :3]), "Linear"),
    ],
)
def test_bad_data_is_refused(change, says):
    with pytest.raises(ValueError, match=says):
        classifier(change(blobs()))


@pytest.mark.parametrize("s", [np.ones(5), np.full(135, -1.0), np.zeros(135), np.full(135, np.inf), ["a"] * 135])
def test_weights_that_are_none_are_refused(s):
    with pytest.raises(ValueError, match="sample_weight must"):
        classifier(blobs(), sample_weight=s)


def test_digits_learn_in_the_quick_preset_and_draw_what_they_name(tmp_path):
    config = digits.Config(**digits.PRESETS["quick"])
    x = np.random.default_rng(0).random((64, 64), np.float32)
    learner = digits.make(config, np.random.default_rng(0), Data())
    assert learner.augment(np.random.default_rng(0), x).shape == x.shape
    run(learner)
    report = learner.report(learner.weights, tmp_path)
    assert report.metrics["test_accuracy"] > 0.96
    drawn = {"confusion.png", "reliability.png", "mistakes.png", "weights.png"}
    assert {p.name for p in tmp_path.iterdir()} == set(report.pictures) == drawn


def test_one_exam_serves_two_learners_and_former_keywords_still_work():
    exam, first, second = Classification(), blobs(seed=0), blobs(300, seed=1)
    net, rng = MLP(4, 3), np.random.default_rng(0)
    one, two = (Supervised(s, net, Adam(0.01), rng, loss=cross_entropy, exam=exam, updates=9) for s in (first, second))
    assert one.exam.splits is first
    assert two.exam.splits is second
    assert len(exam.splits.x_train) == 0
    with pytest.warns(FutureWarning, match="average_horizon"):
        old = classifier(first, memory=7, smoothing=0.2)
    assert old.config.average_horizon == 7
    batch = old.sample(np.random.default_rng(1), 8)
    assert old.loss(old.w, batch) == classifier(first, label_smoothing=0.2).loss(old.w, batch)
    with pytest.raises(TypeError, match="no field 'horizon'"):
        classifier(first, horizon=7)
    with pytest.raises(ValueError, match="updates must be above 0"):
        classifier(first, updates=0)


def test_digits_config_refuses_nonsense():
    for values in ({"hidden": 0}, {"lr": -1.0}, {"bend": -0.1}):
        with pytest.raises(ValueError, match="must"):
            digits.Config(**values)


def test_splits_are_disjoint_and_whole():
    x = np.arange(100, dtype=np.float32)[:, None]
    parts = split(x, np.zeros(100, int))
    assert isinstance(parts, Splits)
    joined = np.concatenate([parts.x_train, parts.x_val, parts.x_test])[:, 0]
    assert sorted(joined) == list(range(100))
