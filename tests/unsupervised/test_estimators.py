"""The estimators without a teacher keep scikit-learn's contract, and find what is known to be there."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from unsupervised.estimators import NetworkAutoEncoder, NetworkClusterer

RNG = np.random.default_rng(0)
X, T = make_blobs(120, 4, centers=3, cluster_std=0.6, random_state=0)
ANGLE = RNG.uniform(-2, 2, 200)
ARC = np.stack([np.sin(ANGLE), np.cos(ANGLE), 0 * ANGLE], 1) + 0.01 * RNG.standard_normal((200, 3))


@pytest.mark.parametrize("estimator", [NetworkClusterer(updates=10, starts=2), NetworkAutoEncoder(updates=10)])
def test_scikit_learn_finds_nothing_to_object_to(estimator):
    results = check_estimator(estimator, on_fail="raise", on_skip=None)
    assert sum(result["status"] == "passed" for result in results) >= 45
    assert {result["status"] for result in results} <= {"passed", "skipped"}  # none failed, none was expected to


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_follows_X(dtype):
    heaps = NetworkClusterer(3, updates=20, starts=1).fit(X.astype(dtype))
    codes = NetworkAutoEncoder(2, updates=20).fit(X.astype(dtype))
    assert heaps.w_.dtype == codes.w_.dtype == dtype
    assert heaps.predict_proba(X.astype(dtype)).dtype == dtype
    assert codes.inverse_transform(codes.transform(X.astype(dtype))).dtype == dtype


def test_blobs_are_found_and_numbered_by_size():
    unequal = np.concatenate([X[T == 0][:12], X[T == 1], X[T == 2][:25]])
    t = np.repeat([2, 0, 1], [12, 40, 25])
    model = make_pipeline(StandardScaler(), NetworkClusterer(3, updates=200, random_state=0)).fit(unequal)
    np.testing.assert_array_equal(model[-1].labels_, t)
    np.testing.assert_array_equal(model.predict(unequal), t)
    assert model[-1].predict_proba(StandardScaler().fit_transform(unequal)).sum(1) == pytest.approx(1)
    sizes = np.bincount(t) / len(t)
    assert model[-1].information_ == pytest.approx(
        -(sizes * np.log(sizes)).sum(), abs=0.1
    )  # H, since nearly all are sure


def test_an_arc_needs_one_number_where_a_line_loses_much():
    bent = NetworkAutoEncoder(1, random_state=0).fit(ARC)
    straight = PCA(1).fit(ARC).explained_variance_ratio_.sum()
    assert bent.score(ARC) > 0.98
    assert straight < 0.85


def test_without_a_hidden_layer_it_keeps_what_pca_keeps():
    z = StandardScaler().fit_transform(X)
    linear = NetworkAutoEncoder(2, hidden=(), updates=2000, batch=1000, random_state=0).fit(z)
    assert linear.score(z) == pytest.approx(PCA(2).fit(z).explained_variance_ratio_.sum(), abs=1e-4)


def test_encoder_and_decoder_are_the_network_of_the_core():
    model = NetworkAutoEncoder(2, hidden=(8, 5), activation=["tanh", "relu"], updates=20, random_state=0).fit(X)
    again, _ = model.net_(X, model.w_)
    np.testing.assert_array_equal(model.inverse_transform(model.transform(X)), again)
    assert [name for name in model.decoder_.layout if name.endswith("0.0.weight")] == ["0.0.weight"]
    assert model.decoder_.layout["0.0.weight"] == (2, 5)
    assert list(model.get_feature_names_out()) == ["networkautoencoder0", "networkautoencoder1"]


def test_codes_come_as_a_frame_where_one_is_wished():
    pd = pytest.importorskip("pandas")
    model = NetworkAutoEncoder(2, updates=5).set_output(transform="pandas")
    codes = model.fit_transform(pd.DataFrame(X, columns=list("abcd"), index=range(7, 127)))
    assert codes.columns.tolist() == ["networkautoencoder0", "networkautoencoder1"]
    assert codes.index.tolist() == list(range(7, 127))
    assert model.feature_names_in_.tolist() == list("abcd")


def test_pipelines_grids_and_clones():
    grid = GridSearchCV(
        make_pipeline(StandardScaler(), NetworkClusterer(updates=60, starts=1, random_state=0)),
        {"networkclusterer__n_clusters": [2, 3]},
        cv=2,
    ).fit(X)
    assert grid.best_params_ == {"networkclusterer__n_clusters": 3}  # by information, without a label
    codes = make_pipeline(StandardScaler(), NetworkAutoEncoder(2, updates=300, random_state=0), KMeans(3, n_init=3))
    assert adjusted_rand_score(T, codes.fit_predict(X)) == 1
    model = NetworkClusterer(3, hidden=(5,), updates=20, random_state=7)
    first, second = model.fit(X), clone(model).fit(X)
    np.testing.assert_array_equal(first.w_, second.w_)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(first)).predict(X), first.labels_)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (NetworkClusterer(121), "n_clusters=121 is more than there are rows: n_samples = 120"),
        (NetworkClusterer(0), "n_clusters must be above 0, not 0"),
        (NetworkClusterer(3, lr=0.0), "lr must be above 0, not 0.0"),
        (NetworkClusterer(3, activation="rleu"), "there is no activation 'rleu'"),
        (NetworkAutoEncoder(0), "n_components must be above 0, not 0"),
        (NetworkAutoEncoder(2, hidden=(0,)), "needs positive widths"),
        (NetworkAutoEncoder(2, lr=1e200, activation="relu"), "diverged"),
    ],
)
def test_nonsense_is_refused_in_one_line(model, message):
    with pytest.raises(ValueError, match=message) as refused:
        model.set_params(updates=200).fit(X)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("model", [NetworkClusterer(3, starts=1), NetworkAutoEncoder(2)])
def test_a_last_step_that_diverges_is_told(model):
    with pytest.raises(ValueError, match="diverged in minibatch 1"):
        model.set_params(updates=1, lr=1e39).fit(X.astype(np.float32))


def test_one_cluster_holds_all_rows():
    model = NetworkClusterer(1, updates=5, starts=1).fit(X)
    assert model.labels_.tolist() == [0] * len(X)
