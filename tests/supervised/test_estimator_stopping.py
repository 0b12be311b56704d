"""When a fit stops, by what, with which weights it ends, and what it tells of its way."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.metrics import balanced_accuracy_score, r2_score

from core import cosine, cross_entropy
from supervised.estimators import NetworkClassifier, NetworkRegressor

RNG = np.random.default_rng(0)
X = RNG.standard_normal((80, 4))
RARE = np.repeat(["ham", "spam"], [70, 10])  # of nothing in X: the held-out loss soon rises
NOISE = RNG.standard_normal((80, 2))


def classifier(**options):
    return NetworkClassifier(**{"hidden": 32, "lr": 0.03, "random_state": 0, "early_stopping": True, **options})


def regressor(**options):
    return NetworkRegressor(**{"hidden": 32, "lr": 0.03, "random_state": 0, "early_stopping": True, **options})


def stops(scores, n, tol):
    """The rule in scikit-learn's words: more than n epochs in a row that are not better than the best by tol."""
    best, count = -np.inf, 0
    for epoch, score in enumerate(scores):
        count = count + 1 if score < best + tol else 0
        best = max(best, score)
        if count > n:
            return epoch + 1
    return None


@pytest.mark.parametrize("fraction", [0.1, 0.3])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
def test_each_class_has_its_share_of_the_rows_held_out(fraction, container):
    seen = []
    model = classifier(validation_fraction=fraction, epochs=2, scoring=lambda m, x, y: seen.append((x, y)) or 0.0)
    model.fit(container(X), RARE)
    x, y = seen[0]
    assert (y == "ham").sum() == round(70 * fraction)
    assert (y == "spam").sum() == round(10 * fraction)
    rows = {tuple(row): label for row, label in zip(X, RARE, strict=True)}
    assert [rows[tuple(row)] for row in (x if isinstance(x, np.ndarray) else x.toarray())] == y.tolist()
    assert model.t_ == 2 * (80 - len(y))


@pytest.mark.parametrize(
    ("model", "y", "scored"),
    [
        (regressor(), NOISE, lambda m, x, y, s: r2_score(y, m.predict(x), sample_weight=s)),
        (classifier(), RARE, lambda m, x, y, s: np.average(m.predict(x) == y, weights=s)),
        (
            classifier(scoring="balanced_accuracy"),
            RARE,
            lambda m, x, y, s: balanced_accuracy_score(y, m.predict(x), sample_weight=s),
        ),
        (
            classifier(scoring="loss"),
            RARE,
            lambda m, x, y, s: -cross_entropy(m.predict_log_proba(x), (y == "spam").astype(int), sample_weight=s)[0],
        ),
    ],
)
@pytest.mark.parametrize("weigh", [False, True])
def test_the_weights_of_the_best_epoch_are_put_back(model, y, scored, weigh):
    """The rows that are held out are known, since they are the same each time."""
    seen, ws = [], []
    s = RNG.uniform(0.5, 2, 80) if weigh else None
    spy = clone(model).set_params(epochs=1, scoring=lambda m, x, y, **o: seen.append((x, y, o)) or 0.0)
    spy.fit(X, y, sample_weight=s)
    x_held, y_held, options = seen[0]
    model.set_params(callback=lambda m, row: ws.append(m.w_.copy())).fit(X, y, sample_weight=s)
    scores = model.validation_scores_
    best = int(np.argmax(scores))
    assert len(scores) == model.n_iter_ == len(model.loss_curve_) == stops(scores, 10, 1e-4)
    np.testing.assert_array_equal(model.w_, ws[best])
    assert model.optimizer_.state["t"] == best + 1
    assert model.best_validation_score_ == scores[best]
    assert model.best_loss_ is None
    share = options.get("sample_weight")
    assert (share is not None) == weigh
    if model.scoring == "loss" and weigh:  # weights are shares of the mean of all rows
        assert scores[best] == pytest.approx(scored(model, x_held, y_held, share) * share.mean())
    else:
        assert scores[best] == pytest.approx(scored(model, x_held, y_held, share))


@pytest.mark.parametrize(("n", "tol"), [(1, 0.05), (3, 0.01), (np.inf, 0.0)])
def test_without_rows_held_out_the_loss_says_when(n, tol):
    model = regressor(early_stopping=False, n_iter_no_change=n, tol=tol, epochs=60).fit(X, NOISE)
    assert model.n_iter_ == (stops(-np.array(model.loss_curve_), n, tol) or 60)
    assert (n == np.inf) == (model.n_iter_ == 60)
    assert model.validation_scores_ is None
    assert model.best_validation_score_ is None
    assert (model.loss_, model.best_loss_) == (model.loss_curve_[-1], min(model.loss_curve_))


def test_rows_of_ones_own_judge_and_are_not_learnt_from():
    options = {"early_stopping": False, "epochs": 8, "n_iter_no_change": np.inf}
    ws = []
    model = regressor(**options, callback=lambda m, row: ws.append(m.w_.copy()))
    model.fit(X[:60], NOISE[:60], X_val=X[60:], y_val=NOISE[60:])
    assert model.score(X[60:], NOISE[60:]) == pytest.approx(model.best_validation_score_)
    np.testing.assert_array_equal(ws[-1], regressor(**options).fit(X[:60], NOISE[:60]).w_)


def test_a_warm_start_holds_out_the_same_rows_and_does_not_end_worse():
    held = []
    model = regressor(warm_start=True, epochs=5, scoring=lambda m, x, y: held.append(x) or -float(len(held)))
    first = model.fit(X, NOISE).w_.copy()
    assert model.validation_scores_ == [-1, -2, -3, -4, -5]  # each worse than the one before
    np.testing.assert_array_equal(model.fit(X, NOISE).w_, first)
    assert all(np.array_equal(x, held[0]) for x in held)
    assert model.validation_scores_ == [-1, -2, -3, -4, -5, -7, -8, -9, -10, -11]  # -6 is where it began
    assert model.n_iter_ == 5
    model.set_params(scoring=lambda m, x, y: held.append(x) or len(held)).fit(X, NOISE)  # each better
    assert not np.array_equal(model.w_, first)


def test_a_callback_sees_each_epoch_and_can_end_the_fit():
    rows, accuracy = [], []

    def watch(model, row):
        rows.append(row)
        accuracy.append(model.score(X, RARE))
        return len(rows) == 4

    model = classifier(early_stopping=False, callback=watch, schedule=cosine).fit(X, RARE)
    assert model.n_iter_ == 4
    assert {name: [row[name] for row in rows] for name in ("loss", "step_size")} == {
        name: model.history_[name] for name in ("loss", "step_size")
    }
    assert accuracy[-1] == model.score(X, RARE)


def test_the_attributes_of_scikit_learn_are_views_of_ours():
    model = regressor(hidden=(5, 3), activation="tanh", epochs=3).fit(X, NOISE)
    assert [W.shape for W in model.coefs_] == [(4, 5), (5, 3), (3, 2)]
    assert [b.shape for b in model.intercepts_] == [(5,), (3,), (2,)]
    h = X
    for W, b in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        h = np.tanh(h @ W + b)
    np.testing.assert_allclose(model.predict(X), h @ model.coefs_[-1] + model.intercepts_[-1])
    model.coefs_[0][:] = 0
    assert not model.w_[:20].any()
    assert (model.n_layers_, model.n_outputs_, model.out_activation_) == (4, 2, "identity")
    assert not any(hasattr(regressor(), name) for name in ("coefs_", "loss_", "loss_curve_", "validation_scores_"))


def test_partial_fit_and_early_stopping_do_not_go_together():
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        regressor().partial_fit(X, NOISE)
    assert not hasattr(regressor(optimizer="lbfgs"), "partial_fit")
