"""The estimators keep scikit-learn's contract, and do what its own networks do not: each promise is put to the test."""

import pickle
import warnings

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
from supervised import estimator_base as fitting, estimator_inside as inside
from supervised.estimators import NetworkClassifier, NetworkRegressor

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 5))
LABELS = np.array(["ape", "bee", "cat"])[(X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)]
VALUES = np.stack([X[:, 0] * X[:, 1], X[:, 2]], 1)
FEW = {"hidden": 8, "random_state": 0, "epochs": 30, "n_iter_no_change": np.inf, "lr": 0.01}


def classifier(**options):
    return NetworkClassifier(**{**FEW, **options})


def regressor(**options):
    return NetworkRegressor(**{**FEW, **options})


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


def test_balanced_classes_weigh_the_same():
    x = np.concatenate([RNG.normal(0, 1, (500, 1)), RNG.normal(1, 1, (25, 1))])
    t = np.repeat([0, 1], [500, 25])
    recall = [(m.fit(x, t).predict(x[500:]) == 1).mean() for m in (classifier(), classifier(class_weight="balanced"))]
    assert recall[0] < 0.3 < 0.55 < recall[1]


def test_sparse_rows_are_learnt_like_dense_ones_a_batch_at_a_time(monkeypatch):
    sizes, dense = [], inside.dense
    for module in fitting, inside:
        monkeypatch.setattr(module, "dense", lambda x: sizes.append(x.shape[0]) or dense(x))
    monkeypatch.setattr(inside, "CHUNK", 16)
    thin = np.where(abs(X) > 1, X, 0)
    models = [classifier(batch=16, early_stopping=True).fit(rows, LABELS) for rows in (thin, sparse.csr_array(thin))]
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


def test_activations_go_by_scikit_learns_names_too():
    models = [classifier(activation=name, epochs=3).fit(X, LABELS) for name in ("logistic", "sigmoid", "relu")]
    np.testing.assert_array_equal(models[0].w_, models[1].w_)
    assert not np.array_equal(models[0].w_, models[2].w_)


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


def test_keywords_of_before_still_work():
    with pytest.warns(FutureWarning, match="keyword patience is now n_iter_no_change"):
        assert NetworkClassifier(patience=None).get_params()["n_iter_no_change"] == np.inf
    with pytest.warns(FutureWarning, match="keyword validation is now early_stopping and validation_fraction"):
        model = NetworkRegressor(validation=0.3, patience=7)
    assert (model.early_stopping, model.validation_fraction, model.n_iter_no_change) == (True, 0.3, 7)
    assert clone(model).get_params() == model.get_params()


def test_both_dtypes_start_alike():
    models = [classifier(epochs=3).fit(X.astype(dtype), LABELS) for dtype in (np.float32, np.float64)]
    np.testing.assert_allclose(models[0].w_, models[1].w_, atol=1e-5)


def test_features_are_told_by_name():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcde"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = classifier(early_stopping=True).fit(frame, pd.Series(LABELS))
        assert model.predict(frame).tolist() == model.fit(X, LABELS).predict(X).tolist()
        model.fit(frame, LABELS, X_val=frame, y_val=LABELS)
    assert model.feature_names_in_.tolist() == list("abcde")
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame.rename(columns={"a": "z"}))


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
        ({"lr": -1.0}, {}, "lr must be above 0"),
        ({"epochs": 2.5}, {}, "epochs must be a whole number, not 2.5"),
        ({"tol": "much"}, {}, "tol must be a number, not 'much'"),
        ({"loss": lambda y, t: 3.0}, {}, "loss must give .value, gradient at y .60, 2.., but it gave 3.0"),
        ({"loss": lambda y, t: (0.0, y[0])}, {"sample_weight": np.arange(60)}, "loss must give"),
        ({"early_stopping": True, "scoring": ["r2"]}, {}, r"no scoring \['r2'\]"),
        ({"loss": mse}, {"X_val": X[:1], "y_val": VALUES[:1]}, "the 1 rows held out are too few"),
        ({}, {"y_val": LABELS}, "y_val are the targets of X_val"),
        ({"n_iter_no_change": 0}, {}, "n_iter_no_change must be above 0"),
        ({"validation_fraction": 1.0}, {}, "validation_fraction must"),
        ({"early_stopping": True, "validation_fraction": 0.01}, {}, "validation_fraction=0.01 cannot be held out"),
        ({"early_stopping": True, "loss": mse, "validation_fraction": 0.01}, {}, "validation set is too small, 1 row"),
        ({"early_stopping": True, "scoring": "acuracy"}, {}, "no scoring 'acuracy'"),
        ({"loss": "logloss"}, {"y": LABELS}, "no loss 'logloss'; did you mean log_loss"),
        ({"optimizer": "adam"}, {}, "no optimizer 'adam': 'lbfgs'"),
        ({"optimizer": "lbfgs", "dropout": 0.1}, {}, "has no epochs"),
        ({"optimizer": "lbfgs", "early_stopping": True}, {}, "has no epochs"),
        ({"loss": "poisson"}, {}, "'poisson' is of counts"),
        ({"loss": "quantile", "quantile": 1.0}, {}, "quantile must be"),
        ({"loss": "hinge"}, {"y": VALUES > 0}, "several labels a row the loss is 'log_loss'"),
        ({"class_weight": "balanced"}, {"y": VALUES > 0}, "class_weight is of rows with one label"),
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
    values = make.get("loss") not in (None, "logloss", "hinge")
    model, y = (regressor(**make), 100 * VALUES) if values else (classifier(**make), LABELS)
    with pytest.raises(ValueError, match=says):
        model.fit(**{"X": X, "y": y, **fit})
