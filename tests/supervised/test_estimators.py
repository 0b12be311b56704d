"""The estimators keep scikit-learn's contract, and do what its own networks do not: each promise is put to the test."""

import pickle

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_iris, make_regression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from core import SGD, AdamW, Momentum, cosine, cross_entropy, difference, hinge, huber, leaky_relu, mse, tanh
from supervised import estimator_base as fitting
from supervised.estimators import NetworkClassifier, NetworkRegressor

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 5))
LABELS = np.array(["ape", "bee", "cat"])[(X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)]
VALUES = np.stack([X[:, 0] * X[:, 1], X[:, 2]], 1)


def classifier(**options):
    return NetworkClassifier(**{"hidden": 8, "random_state": 0, "epochs": 30, "patience": None, "lr": 0.01, **options})


def regressor(**options):
    return NetworkRegressor(**{"hidden": 8, "random_state": 0, "epochs": 30, "patience": None, "lr": 0.01, **options})


def quartic(y, t):
    d = difference(y, t)
    return float((d**4).mean()), 4 * d**3 / d.size


@pytest.mark.parametrize("estimator", [NetworkClassifier(), NetworkRegressor()])
def test_scikit_learn_finds_nothing_to_object_to(estimator):
    results = check_estimator(estimator, on_fail="raise", on_skip=None)
    assert sum(result["status"] == "passed" for result in results) > 55
    assert {result["status"] for result in results} <= {"passed", "skipped"}  # none failed, none was expected to


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_follows_X(dtype):
    for model, t in ((classifier(), LABELS), (regressor(), VALUES)):
        model.fit(X.astype(dtype), t, sample_weight=np.arange(60.0))
        assert model.w_.dtype == dtype
        assert all(array.dtype == dtype for name, array in model.optimizer_.state.items() if name != "t")
        assert model._outputs(X.astype(dtype)).dtype == dtype


@pytest.mark.parametrize("loss", [mse, huber, quartic])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
def test_weight_2_is_the_row_twice_and_weight_0_is_no_row_for_values(loss, container):
    s = RNG.integers(0, 4, 60)
    once = regressor(loss=loss, batch=1000).fit(container(X), VALUES, sample_weight=s)
    again = regressor(loss=loss, batch=1000).fit(container(X.repeat(s, 0)), VALUES.repeat(s, 0))
    np.testing.assert_allclose(once.w_, again.w_, rtol=0, atol=1e-12)
    np.testing.assert_allclose(once.history_["loss"], again.history_["loss"], rtol=1e-12)
    assert not np.allclose(once.w_, regressor(loss=loss, batch=1000).fit(X, VALUES).w_)


@pytest.mark.parametrize("loss", [cross_entropy, hinge])
@pytest.mark.parametrize("class_weight", [None, "balanced", {"ape": 1, "bee": 5, "cat": 0.5}])
def test_weight_2_is_the_row_twice_for_classes(loss, class_weight):
    s = RNG.integers(0, 4, 60)
    options = {"loss": loss, "batch": 1000, "class_weight": class_weight}
    once = classifier(**options).fit(X, LABELS, sample_weight=s)
    again = classifier(**options).fit(X.repeat(s, 0), LABELS.repeat(s))
    np.testing.assert_allclose(once.w_, again.w_, rtol=0, atol=1e-12)


def test_a_row_of_weight_0_is_in_no_minibatch():
    there = RNG.random(60) < 0.7
    weighted = classifier(batch=8).fit(X, LABELS, sample_weight=np.where(there, 3.0, 0.0))
    np.testing.assert_allclose(weighted.w_, classifier(batch=8).fit(X[there], LABELS[there]).w_, rtol=0, atol=1e-12)


def test_weighted_losses_are_means_of_the_rows_losses():
    y, t, s = RNG.standard_normal((20, 2)), RNG.standard_normal((20, 2)), RNG.integers(0, 3, 20) / 2
    for loss, target in ((mse, t), (quartic, t), (cross_entropy, (t[:, 0] > 0).astype(int))):
        rows = [loss(y[i : i + 1], target[i : i + 1]) for i in range(20)]
        value, dy = fitting.weighted(loss, y, target, s)
        assert value == pytest.approx(np.mean([k * v for k, (v, _) in zip(s, rows, strict=True)]), rel=1e-12)
        np.testing.assert_allclose(dy, [k * d[0] / 20 for k, (_, d) in zip(s, rows, strict=True)], atol=1e-15)


def test_balanced_classes_weigh_the_same():
    x = np.concatenate([RNG.normal(0, 1, (500, 1)), RNG.normal(1, 1, (25, 1))])
    t = np.repeat([0, 1], [500, 25])
    recall = [(m.fit(x, t).predict(x[500:]) == 1).mean() for m in (classifier(), classifier(class_weight="balanced"))]
    assert recall[0] < 0.3 < 0.55 < recall[1]


def test_sparse_rows_are_learnt_like_dense_ones_a_batch_at_a_time(monkeypatch):
    sizes, dense = [], fitting._dense
    monkeypatch.setattr(fitting, "_dense", lambda x: sizes.append(x.shape[0]) or dense(x))
    monkeypatch.setattr(fitting, "CHUNK", 16)
    thin = np.where(abs(X) > 1, X, 0)
    models = [classifier(batch=16, validation=0.2).fit(rows, LABELS) for rows in (thin, sparse.csr_array(thin))]
    np.testing.assert_array_equal(models[0].w_, models[1].w_)
    np.testing.assert_array_equal(models[0].predict(thin), models[1].predict(sparse.csc_matrix(thin)))
    assert max(sizes) <= 16


def test_warm_start_and_partial_fit_go_on_with_the_optimizer():
    whole = classifier(epochs=20).fit(X, LABELS)
    warm = classifier(epochs=10, warm_start=True).fit(X, LABELS).fit(X, LABELS)
    bits = classifier()
    for _ in range(20):
        bits.partial_fit(X, LABELS, classes=np.unique(LABELS))
    for model in (warm, bits):
        np.testing.assert_array_equal(model.w_, whole.w_)
        assert model.history_["loss"] == whole.history_["loss"]
    assert (whole.n_iter_, warm.n_iter_, bits.n_iter_) == (20, 10, 1)  # those of the last call, as scikit-learn's
    with pytest.raises(ValueError, match="are not those of the first fit"):
        bits.partial_fit(X, LABELS, classes=["ape", "bee", "dog"])
    bits.partial_fit(X, LABELS, classes=["cat", "bee", "ape"])  # the same, in another order
    assert not np.array_equal(classifier(epochs=10).fit(X, LABELS).fit(X, LABELS).w_, whole.w_)
    with pytest.raises(ValueError, match="goes on with the classes"):
        warm.fit(X, np.where(LABELS == "ape", "bee", LABELS))
    with pytest.raises(ValueError, match="parameters were changed"):
        warm.set_params(hidden=9).fit(X, LABELS)


@pytest.mark.parametrize("held", ["own", "share"])
def test_early_stopping_puts_the_best_weights_back(held):
    noisy = RNG.permutation(VALUES)  # nothing to learn: the held-out loss soon rises
    model = NetworkRegressor(64, lr=0.03, patience=5, random_state=0, validation=0.3 if held == "share" else 0)
    model.fit(X[:40], noisy[:40], **({"X_val": X[40:], "y_val": noisy[40:]} if held == "own" else {}))
    losses = model.history_["val_loss"]
    best = int(np.argmin(losses))
    assert len(losses) < 100
    assert best < len(losses) - 1
    assert model.optimizer_.state["t"] == best + 1
    if held == "own":
        assert ((model.predict(X[40:]) - noisy[40:]) ** 2).mean() == pytest.approx(losses[best])


def test_history_holds_what_happened():
    model = classifier(epochs=6, optimizer=SGD(0.5), schedule=cosine).fit(X, LABELS)
    h = model.history_
    assert {name: len(values) for name, values in h.items()} == dict.fromkeys(fitting.LOGS, 6)
    assert h["step_size"] == pytest.approx([0.5 * cosine(k / 6) for k in range(6)])
    assert np.isnan(h["val_loss"]).all()
    assert min(h["seconds"]) > 0
    fresh = classifier(epochs=1, optimizer=SGD(1.0)).fit(X, LABELS)
    start = classifier(epochs=1, optimizer=SGD(1e-300)).fit(X, LABELS).w_  # the weights as drawn
    assert fresh.history_["gradient_norm"][0] == pytest.approx(np.linalg.norm(fresh.w_ - start))
    assert h["loss"][-1] < h["loss"][0]


def test_each_layer_has_its_activation_and_can_be_looked_at():
    model = NetworkRegressor((7, 6, 4), activation=["tanh", "relu", leaky_relu(0.3)], epochs=3).fit(X, VALUES)
    a, b, c, y = model.activations(sparse.csr_matrix(X))
    assert [h.shape for h in (a, b, c, y)] == [(60, 7), (60, 6), (60, 4), (60, 2)]
    p = model.net_.views(model.w_)
    np.testing.assert_allclose(a, np.tanh(X @ p["0.0.weight"] + p["0.0.bias"]))
    np.testing.assert_allclose(b, np.maximum(a @ p["1.0.weight"] + p["1.0.bias"], 0))
    z = b @ p["2.0.weight"] + p["2.0.bias"]
    np.testing.assert_allclose(c, np.where(z > 0, z, 0.3 * z))
    np.testing.assert_allclose(y, c @ p["3.weight"] + p["3.bias"])
    np.testing.assert_array_equal(y, model.predict(X))


def test_dropout_is_for_learning_alone():
    model = classifier(dropout=0.5).fit(X, LABELS)
    np.testing.assert_array_equal(model.predict_proba(X), model.predict_proba(X))
    assert not np.array_equal(model.w_, classifier().fit(X, LABELS).w_)
    full = NetworkClassifier((8, 8), dropout=[0.0, 0.0], random_state=0, epochs=5).fit(X, LABELS)
    np.testing.assert_array_equal(full.w_, NetworkClassifier((8, 8), random_state=0, epochs=5).fit(X, LABELS).w_)


@pytest.mark.parametrize("optimizer", [None, Momentum(0.1), lambda layout: AdamW(0.01, layout, 0.5)])
def test_optimizers_survive_clone_and_are_never_changed(optimizer):
    model = classifier(optimizer=optimizer, schedule=cosine)
    fits = [clone(model).fit(X, LABELS).w_ for _ in range(2)] + [model.fit(X, LABELS).w_]
    np.testing.assert_array_equal(fits[0], fits[1])
    np.testing.assert_array_equal(fits[0], fits[2])
    if hasattr(optimizer, "step"):
        assert optimizer.state == {}
        assert model.optimizer_.state


def test_pipeline_grid_search_and_cross_validation():
    x, t = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[t]
    pipe = make_pipeline(StandardScaler(), classifier(epochs=100))
    assert cross_val_score(pipe, x, names, cv=3).mean() > 0.9
    grid = {
        "networkclassifier__hidden": [(), (8, 4)],
        "networkclassifier__optimizer": [None, Momentum(0.1)],
        "networkclassifier__activation": ["relu", tanh],
    }
    search = GridSearchCV(pipe, grid, cv=2).fit(x, names)
    assert search.best_score_ > 0.9
    assert set(search.predict(x)) == set(names)
    assert search.score(x, names) == (search.predict(x) == names).mean()
    np.testing.assert_allclose(search.predict_proba(x).sum(1), 1)
    np.testing.assert_allclose(np.exp(search.predict_log_proba(x)), search.predict_proba(x))


def test_pickled_it_says_the_same_and_goes_on():
    model = classifier(epochs=5, warm_start=True).fit(X, LABELS)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(again.fit(X, LABELS).w_, model.fit(X, LABELS).w_)


def test_values_come_back_in_the_shape_they_were_given():
    for y in (VALUES, VALUES[:, 0], VALUES[:, :1]):
        assert regressor(epochs=2).fit(X, y).predict(X).shape == y.shape


def test_it_learns_what_can_be_learnt():
    x, y = make_regression(200, 5, n_targets=3, random_state=0)
    assert regressor(epochs=300).fit(x, y / 100).score(x, y / 100) > 0.98
    assert classifier(epochs=300).fit(X, LABELS).score(X, LABELS) > 0.98
    lines = NetworkClassifier((), lr=0.1, random_state=0).fit(X, LABELS == "ape")
    assert set(lines.net_.layout) == {"0.weight", "0.bias"}
    assert lines.decision_function(X).shape == (60,)


@pytest.mark.parametrize(
    ("make", "fit", "says"),
    [
        ({"activation": "rleu"}, {}, "did you mean relu"),
        ({"activation": ["relu", "relu"]}, {}, "for each of them"),
        ({"hidden": (8, 0)}, {}, "positive widths"),
        ({"dropout": 1.0}, {}, "0 <= p < 1"),
        ({"epochs": 0}, {}, "epochs"),
        ({"lr": -1.0}, {}, "lr above 0"),
        ({"validation": 1.0}, {}, "validation"),
        ({"validation": 0.999}, {}, "too few to hold out"),
        ({"optimizer": SGD}, {}, "pass an object"),
        ({"optimizer": SGD(1e9), "activation": "identity", "loss": quartic}, {}, "diverged in epoch"),
        ({"optimizer": SGD(1e39), "epochs": 1}, {"X": X.astype(np.float32)}, "diverged in epoch 1"),  # in its last step
        ({"class_weight": {"ape": 1, "dog": 2}}, {}, "class"),
        ({}, {"y": ["ape"] * 60}, "one class alone"),
        ({}, {"y": VALUES[:, 0]}, "continuous|Unknown label type"),
        ({}, {"sample_weight": np.zeros(60)}, "zero|weight 0"),
        ({}, {"sample_weight": -np.ones(60)}, "Negative"),
        ({}, {"X_val": X[:, :4], "y_val": LABELS}, "features"),
        ({}, {"X_val": X[:1], "y_val": ["dog"]}, "'dog'.*none of the classes"),
        ({}, {"X": np.where(X > 2, np.nan, X)}, "NaN"),
    ],
)
def test_bad_input_is_told(make, fit, says):
    values = "loss" in make
    model, y = (regressor(**make), 100 * VALUES) if values else (classifier(**make), LABELS)
    with pytest.raises(ValueError, match=says):
        model.fit(**{"X": X, "y": y, **fit})
