"""Figures of a classifier and a regressor against known answers; ensembles and test-time augmentation."""

import numpy as np
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from core import MLP, Adam, log_softmax, softmax
from core.gradcheck import directional_error
from core.lab.data.registry import split
from core.lab.report.plots import reliability
from supervised.baselines import SVM, classifiers
from supervised.classifier import Classifier
from supervised.metrics.classification import Classification, calibration, class_figures, confusion, wilson
from supervised.metrics.regression import Regression, r2
from supervised.regressor import Regressor


def guesses(N=500, C=4, seed=0):
    rng = np.random.default_rng(seed)
    t = rng.integers(C, size=N)
    return 2 * rng.standard_normal((N, C)) + 2 * np.eye(C)[t], t


def curve(n=400, seed=0):
    x = np.random.default_rng(seed).uniform(-2, 2, (n, 1)).astype(np.float32)
    return split(x, np.concatenate([x**2, 3 - x], 1))


def run(learner):
    while learner.progress < 1:
        learner.update()
    return learner


def test_figures_are_those_of_scikit_learn():
    y, t = guesses()
    names = ("a", "b", "c", "d")
    ours, said = class_figures(y, t, names), y.argmax(1)
    assert ours["test_accuracy"] == metrics.accuracy_score(t, said)
    assert ours["test_macro_f1"] == pytest.approx(metrics.f1_score(t, said, average="macro"))
    assert ours["test_nats"] == pytest.approx(metrics.log_loss(t, softmax(y)))
    recalls = metrics.recall_score(t, said, average=None)
    assert [ours[f"test_recall_{name}"] for name in names] == pytest.approx(list(recalls))
    assert ours["test_worst_class"] == pytest.approx(min(recalls))
    assert np.array_equal(confusion(said, t, 4), metrics.confusion_matrix(t, said))
    assert ours["test_accuracy_low"] < ours["test_accuracy"] < ours["test_accuracy_high"]


def test_a_class_that_is_not_there_is_left_out():
    y, t = guesses()
    y[:, 3] = -99
    ours = class_figures(y[t != 3], t[t != 3], ("a", "b", "c", "d"))
    assert "test_recall_d" not in ours
    assert ours["test_macro_f1"] == pytest.approx(metrics.f1_score(t[t != 3], y[t != 3].argmax(1), average="macro"))


def test_calibration_error_is_the_weighted_gap():
    sure = np.tile([[0.8, 0.2]], (100, 1))
    t = np.r_[np.zeros(60, int), np.ones(40, int)]
    assert calibration(sure, t)[0] == pytest.approx(0.2)
    p = np.random.default_rng(1).random(20000)
    t = (np.random.default_rng(2).random(20000) < p).astype(int)  # says p, and is right with probability p
    assert calibration(np.stack([1 - p, p], 1), t)[0] < 0.02
    y, t = guesses()
    bins = calibration(softmax(y), t)[1]
    right, sure = calibration_curve(y.argmax(1) == t, softmax(y).max(1), n_bins=15)
    there = bins[:, 0] > 0
    assert bins[there, 1] == pytest.approx(sure)
    assert bins[there, 2] == pytest.approx(right)


def test_wilson_is_its_formula():
    k, n, z = 95, 100, 1.959964
    middle, half = (k + z * z / 2) / (n + z * z), z / (n + z * z) * (k * (n - k) / n + z * z / 4) ** 0.5
    assert wilson(k, n) == pytest.approx((middle - half, middle + half), abs=1e-6)


def test_reliability_with_empty_bins_is_drawn(tmp_path):
    reliability(tmp_path / "r.png", calibration(np.array([[0.9, 0.1]]), np.array([0]))[1])
    assert (tmp_path / "r.png").stat().st_size > 1000


def test_baselines_know_blobs_and_majority():
    rng = np.random.default_rng(0)
    t = rng.integers(3, size=300)
    splits = split((rng.standard_normal((300, 4)) + 8 * np.eye(3, 4)[t]).astype(np.float32), t)
    found = classifiers(splits, 5000)
    assert all(found[name] == 1 for name in found if name != "majority")
    assert found["majority"] == (splits.t_test == np.bincount(splits.t_train).argmax()).mean()
    one = splits._replace(t_train=np.zeros_like(splits.t_train))
    assert classifiers(one, 5000)[SVM] == (splits.t_test == 0).mean()
    first = splits._replace(t_train=np.where(np.arange(len(splits.t_train)) < 30, splits.t_train, 0))
    assert classifiers(first, 30)[SVM] == 1  # the wrong labels after the first 30 are not seen


def test_pooling_averages_probabilities_and_survives_large_logits():
    ys = np.random.default_rng(0).standard_normal((5, 7, 3)) * 3
    assert softmax(Classification().pool(ys)) == pytest.approx(softmax(ys).mean(0))
    assert np.isfinite(Classification().pool(ys * 1e4).max(-1)).all()


def test_an_ensemble_is_judged_by_its_mean_and_each_member_learns():
    rng = np.random.default_rng(0)
    t = rng.integers(3, size=400)
    splits = split((rng.standard_normal((400, 4)) + 3 * np.eye(3, 4)[t]).astype(np.float32), t)
    learner = run(Classifier(splits, MLP(4, 8, 3, members=5), Adam(0.01), np.random.default_rng(0), updates=200))
    y = learner.net(splits.x_test, learner.weights)[0]
    assert y.shape == (5, len(splits.t_test), 3)
    assert all((member.argmax(-1) == splits.t_test).mean() > 0.85 for member in y)
    assert softmax(learner.outputs(learner.weights, splits.x_test)) == pytest.approx(softmax(y).mean(0), abs=1e-5)
    batch, w = learner.sample(rng, 10), learner.w.astype(np.float64)
    g = np.empty_like(w)
    learner.loss(w, batch, g)
    assert directional_error(lambda v: learner.loss(v, batch), w, g, rng) < 1e-6
    assert learner.report(learner.weights, None).metrics["test_accuracy"] > 0.85


def test_test_time_augmentations_average_over_changed_copies_and_repeat():
    rng = np.random.default_rng(0)
    t = rng.integers(3, size=100)
    splits = split((rng.standard_normal((100, 4)) + 3 * np.eye(3, 4)[t]).astype(np.float32), t)
    seen = []

    def augment(rng, x):
        seen.append(x + rng.standard_normal(x.shape, np.float32))
        return seen[-1]

    learner = Classifier(splits, MLP(4, 3), Adam(0.01), rng, updates=20, augment=augment, test_time_augmentations=3)
    x, w = splits.x_test, learner.w
    y = learner.outputs(w, x, copies=3)
    p = np.mean([softmax(learner.net(view, w)[0]) for view in [x, *seen]], 0)
    assert len(seen) == 3
    assert softmax(y) == pytest.approx(p, abs=1e-5)
    assert np.array_equal(y, learner.outputs(w, x, copies=3))
    assert np.array_equal(learner.outputs(w, x), learner.net(x, w)[0])


def test_classes_are_answered_by_name_and_must_be_as_many_as_outputs():
    splits = split(np.eye(3, dtype=np.float32)[np.arange(90) % 3], np.arange(90) % 3)
    learner = run(
        Classifier(splits, MLP(3, 3), Adam(0.1), np.random.default_rng(0), updates=100, classes=("ox", "ass", "hen"))
    )
    assert learner.predict(learner.weights, np.eye(3)).tolist() == ["ox", "ass", "hen"]
    assert learner.predict(learner.weights, np.eye(3)[1]).tolist() == ["ass"]
    with pytest.raises(ValueError, match="2 classes are named, but the network has 3"):
        Classifier(splits, MLP(3, 3), Adam(0.1), np.random.default_rng(0), updates=1, classes=("ox", "ass"))


def test_smoothing_reaches_the_loss():
    splits = split(np.eye(3, dtype=np.float32)[np.arange(90) % 3], np.arange(90) % 3)
    learner = Classifier(splits, MLP(3, 3), Adam(0.1), np.random.default_rng(0), updates=1, label_smoothing=0.3)
    x, t = splits.x_train, splits.t_train
    log_p, q = log_softmax(learner.net(x, learner.w)[0]), 0.7 * np.eye(3)[t] + 0.1
    assert learner.loss(learner.w, (x, t)) == pytest.approx(-(q * log_p).sum(-1).mean(), rel=1e-5)


def test_a_regressor_learns_two_curves_in_their_units(tmp_path):
    splits = curve()
    mean, std = splits.t_train.mean(0), splits.t_train.std(0)
    scaled = splits._replace(**{f"t_{p}": (getattr(splits, f"t_{p}") - mean) / std for p in ("train", "val", "test")})
    learner = run(
        Regressor(scaled, MLP(1, 64, 2), Adam(0.01), np.random.default_rng(0), updates=800, mean=mean, std=std)
    )
    report = learner.report(learner.weights, tmp_path)
    said = learner.predict(learner.weights, splits.x_test)
    assert report.metrics["test_r2"] == pytest.approx(metrics.r2_score(splits.t_test, said), abs=1e-5)
    assert report.metrics["test_r2"] > 0.99
    assert report.metrics["test_mse"] == pytest.approx(metrics.mean_squared_error(splits.t_test, said), rel=1e-4)
    assert report.metrics["test_rmse"] == pytest.approx(report.metrics["test_mse"] ** 0.5)
    assert report.baselines["mean"] == pytest.approx(0, abs=0.1)
    assert {p.name for p in tmp_path.iterdir()} == {"values.png"}
    assert learner.evaluate()["val_r2"] > 0.99


def test_r2_of_what_does_not_vary_and_shapes_that_are_refused():
    t = np.ones((5, 1))
    assert (r2(t, t), r2(t + 1, t)) == (1, 0)
    assert Regression().answer(np.ones((3, 1))).shape == (3,)
    assert Regression().answer(np.ones((3, 2))).shape == (3, 2)
    splits = curve()
    with pytest.raises(ValueError, match=r"have the shape .* not \(N, 3\)"):
        Regressor(splits, MLP(1, 3), Adam(0.1), np.random.default_rng(0), updates=1)
    broken = splits._replace(t_val=splits.t_val * np.nan)
    with pytest.raises(ValueError, match="targets of the val part hold NaN"):
        Regressor(broken, MLP(1, 2), Adam(0.1), np.random.default_rng(0), updates=1)
