"""Losses by name, beside scikit-learn's linear models: a network without hidden layers must find what they find."""

from functools import partial

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, QuantileRegressor, Ridge
from sklearn.metrics import accuracy_score

from core import huber, linear, pinball
from supervised.estimators import NetworkClassifier, NetworkRegressor

RNG = np.random.default_rng(0)
X = RNG.standard_normal((120, 3))
CLASSES = np.array(["ant", "bee", "cat"])[np.digitize(X[:, 0] + RNG.standard_normal(120), [-0.7, 0.5])]
COUNTS = RNG.poisson(np.exp(X @ [0.5, -0.3, 0.2] + 1))
VALUES = X @ [[1.0, 0.0], [2.0, -1.0], [0.0, 3.0]] + RNG.standard_normal((120, 2))
S = RNG.integers(0, 3, 120).astype(float)
EXACT = {"hidden": (), "optimizer": "lbfgs", "tol": 1e-9, "epochs": 500, "random_state": 0}


@pytest.mark.parametrize("s", [None, S])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_poisson_is_the_generalised_linear_model(s, container):
    ours = NetworkRegressor(loss="poisson", **EXACT).fit(container(X), COUNTS, sample_weight=s)
    theirs = PoissonRegressor(alpha=0, tol=1e-10).fit(X, COUNTS, sample_weight=s)
    np.testing.assert_allclose(ours.predict(container(X)), theirs.predict(X), rtol=1e-4)
    assert ours.out_activation_ == "exp"
    assert ours.predict(X).min() > 0


@pytest.mark.parametrize("s", [None, S])
@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_squared_error_of_several_values_is_least_squares(s, decay):
    ours = NetworkRegressor(decay=decay, **EXACT).fit(X, VALUES, sample_weight=s)
    total = (np.ones(120) if s is None else s).sum()  # ours is a mean over rows and the two values
    theirs = (Ridge(alpha=decay * total) if decay else LinearRegression()).fit(X, VALUES, sample_weight=s)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), atol=1e-4)


@pytest.mark.parametrize("q", [0.2, 0.5, 0.9])
def test_quantile_is_quantile_regression(q):
    t = VALUES[:, 0]
    ours = NetworkRegressor((), loss="quantile", quantile=q, lr=0.05, epochs=600, n_iter_no_change=np.inf)
    ours.set_params(random_state=0, schedule=linear).fit(X, t)
    theirs = QuantileRegressor(quantile=q, alpha=0).fit(X, t)
    loss = [pinball(m.predict(X), t, q)[0] for m in (ours, theirs)]
    assert loss[1] <= loss[0] < 1.001 * loss[1]
    assert (t <= ours.predict(X)).mean() == pytest.approx(q, abs=0.03)


def test_huber_is_not_drawn_by_what_is_far_off():
    t = np.where(np.arange(120) == 7, 1e3, VALUES[:, 0])
    losses = "huber", partial(huber, delta=0.5), "squared_error"
    far = [NetworkRegressor(loss=loss, **EXACT).fit(X, t) for loss in losses]
    true = LinearRegression().fit(np.delete(X, 7, 0), np.delete(t, 7)).predict(X)
    off = [np.abs(model.predict(X) - true).max() for model in far]
    assert max(off[:2]) < 0.5
    assert off[2] > 5


@pytest.mark.parametrize("s", [None, S])
@pytest.mark.parametrize("class_weight", [None, {"ant": 1, "bee": 5, "cat": 0.5}])
def test_log_loss_is_logistic_regression(s, class_weight):
    ours = NetworkClassifier(decay=0.1, class_weight=class_weight, **EXACT).fit(X, CLASSES, sample_weight=s)
    each = (np.ones(120) if s is None else s) * np.array([(class_weight or {}).get(c, 1) for c in CLASSES])
    theirs = LogisticRegression(C=1 / (0.1 * each.sum()), tol=1e-9, class_weight=class_weight)
    theirs.fit(X, CLASSES, sample_weight=s)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-4)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
def test_several_labels_a_row_are_as_many_logistic_regressions(container):
    Y = (VALUES > 0.3).astype(int)
    ours = NetworkClassifier(decay=0.05, **EXACT).fit(X, container(Y))
    p = np.stack([LogisticRegression(C=1 / (0.05 * 240), tol=1e-9).fit(X, y).predict_proba(X)[:, 1] for y in Y.T], 1)
    np.testing.assert_allclose(ours.predict_proba(X), p, atol=1e-4)
    np.testing.assert_allclose(ours.predict_log_proba(X), np.log(p), atol=1e-3)
    np.testing.assert_array_equal(ours.predict(X), p > 0.5)
    assert ours.score(X, Y) == accuracy_score(Y, p > 0.5)
    assert ours.classes_.tolist() == [0, 1]
    assert ours.out_activation_ == "logistic"
    assert ours.decision_function(X).shape == (120, 2)
    with pytest.raises(ValueError, match="not of the kind of before"):
        ours.set_params(warm_start=True).fit(X, CLASSES)


def test_several_labels_are_learnt_in_epochs_too():
    Y = (VALUES > 0.3).astype(int)
    model = NetworkClassifier(lr=0.01, early_stopping=True, random_state=0).fit(X, Y)
    assert model.best_validation_score_ > 0.5
    bits, whole = (NetworkClassifier(lr=0.01, epochs=3, random_state=0) for _ in range(2))
    for _ in range(3):
        bits.partial_fit(X, Y, classes=[0, 1])
    np.testing.assert_array_equal(bits.w_, whole.fit(X, Y).w_)


def test_lbfgs_tells_each_iteration_and_goes_on():
    model = NetworkRegressor(8, optimizer="lbfgs", random_state=0, epochs=20, warm_start=True).fit(X, VALUES)
    assert model.n_iter_ == len(model.loss_curve_) <= 20
    assert model.loss_curve_[-1] < 0.5 * model.loss_curve_[0]
    assert model.loss_ == pytest.approx(((model.predict(X) - VALUES) ** 2).mean())
    first = model.loss_
    assert model.fit(X, VALUES).loss_ < first
    second = model.loss_
    assert model.set_params(optimizer=None, epochs=5, lr=1e-5).fit(X, VALUES).loss_ == pytest.approx(second, rel=0.01)
    assert model.partial_fit(X, VALUES).n_iter_ == 1
    still = NetworkRegressor((), optimizer="lbfgs", tol=1e9).fit(X, VALUES)
    assert still.n_iter_ == 1
