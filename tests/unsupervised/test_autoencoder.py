"""The auto-encoder and the mixture on its code: gradients, principal components, scikit-learn's mixture, blobs."""

import numpy as np
import pytest

from core import MLP, binary_cross_entropy, mse, sigmoid, softmax
from core.gradcheck import directional_error
from core.lab.data.registry import Data, split
from unsupervised.autoencoder import AutoEncoder
from unsupervised.clustering.autoencoder_clusterer import AutoEncoderClusterer, Gaussians, fit_gaussians


def blobs(n=300, K=3, I=6, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(n) % K
    return split((0.5 * rng.standard_normal((n, I)) + 4 * np.eye(K, I)[t]).astype(np.float32), t)


def auto(splits, seed=0, sizes=(6, 8, 2), lr=0.01, updates=100, **options):
    encoder, decoder = MLP(*sizes), MLP(*sizes[::-1])
    return AutoEncoder(splits, encoder, decoder, lr, np.random.default_rng(seed), updates=updates, **options)


def clusterer(splits, seed=0, clusters=3, updates=200, **options):
    return AutoEncoderClusterer(
        splits,
        MLP(6, 8, 2),
        MLP(2, 8, 6),
        0.01,
        np.random.default_rng(seed),
        clusters=clusters,
        updates=updates,
        **options,
    )


def finish(learner):
    while learner.progress < 1:
        assert learner.update()["answers"] == 0
    return learner


@pytest.mark.parametrize("rule", [mse, binary_cross_entropy])
@pytest.mark.parametrize("make", [auto, clusterer])
def test_gradient(rule, make):
    rng = np.random.default_rng(0)
    learner = make(blobs(), loss=rule)
    w, batch = learner.w + 0.1 * rng.standard_normal(learner.w.shape), (rng.random((5, 6)), rng.random((5, 6)))
    g = np.full_like(w, np.nan)
    learner.loss(w, batch, g)
    assert directional_error(lambda u: learner.loss(u, batch), w, g, rng) < 1e-6


def test_linear_layers_find_the_principal_components():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, 6)) @ np.diag([3, 2, 0.3, 0.3, 0.3, 0.3]) @ rng.standard_normal((6, 6)) / 3
    learner = finish(auto(split(x.astype(np.float32), np.zeros(400)), sizes=(6, 2), lr=0.03, updates=1500))
    report = learner.report(learner.w, None)
    assert report.metrics["test_mse"] == pytest.approx(report.reference, rel=0.02)
    assert report.reference < 0.2 * report.chance


def test_pictures_come_out_of_their_codes(tmp_path):
    splits = Data()("digits")
    learner = finish(auto(splits, sizes=(64, 128, 10), lr=3e-3, updates=1500, loss=binary_cross_entropy, mean=sigmoid))
    report = learner.report(learner.w, tmp_path)
    assert report.metrics["test_mse"] < 0.7 * report.reference  # bent beats straight
    assert {path.name for path in tmp_path.iterdir()} == set(report.pictures) == {"rebuilt.png"}
    assert learner.predict(learner.w, splits.x_test).shape == (360, 10)


def test_what_is_changed_on_the_way_in_is_to_come_out_unchanged():
    def flip(rng, x):  # the sign of an example is noise
        return x * rng.choice(np.array([-1, 1], np.float32), (len(x), 1))

    learner = finish(auto(blobs(), sizes=(6, 32, 3), updates=600, augment=flip))
    x = learner.splits.x_test
    assert mse(learner.rebuild(learner.w, -x), x)[0] < 0.2 * float((x * x).mean())


def test_memberships_are_those_of_scikit_learn():
    from sklearn.mixture import GaussianMixture

    rng = np.random.default_rng(0)
    z = rng.standard_normal((200, 3)) * [1, 2, 0.5] + 4 * np.eye(3)[np.arange(200) % 3]
    unit = z.std()
    theirs = GaussianMixture(3, n_init=3, reg_covar=1e-3, random_state=5).fit(z / unit).predict_proba(z / unit)
    layer = Gaussians(3, 3)
    assert np.allclose(softmax(layer(z, fit_gaussians(z, 3, 5))[0]), theirs, atol=1e-9)
    assert np.allclose(softmax(layer(z, np.zeros(layer.size))[0]), 1 / 3)  # before it is fitted


def test_blobs_are_found_without_a_label():
    splits = blobs()
    learner = clusterer(splits)
    assert learner.evaluate()["information"] == pytest.approx(0, abs=1e-6)
    finish(learner)
    assert learner.evaluate()["information"] > 1
    told_nothing = splits._replace(t_train=np.zeros_like(splits.t_train))
    assert np.array_equal(learner.w, finish(clusterer(told_nothing)).w)
    report = learner.report(learner.w, None)
    assert report.metrics["cluster_accuracy"] == 1
    bare = splits._replace(t_train=np.empty(0, int), t_val=np.empty(0, int), t_test=np.empty(0, int))
    assert clusterer(bare).report(learner.w, None).metric == "silhouette"


def test_w_alone_says_the_clusters():
    learner = finish(clusterer(blobs()))
    others = clusterer(blobs(seed=9))  # has seen neither these examples nor their codes
    x = learner.splits.x_test
    assert np.array_equal(others.predict(learner.w, x), learner.predict(learner.w, x))
    assert others.predict(learner.w, x[:0]).shape == (0,)
    with pytest.raises(ValueError, match="not finite"):
        others.predict(learner.w, np.full((2, 6), np.nan))


def test_evaluate_changes_nothing():
    learner = clusterer(blobs())
    learner.update()
    w, state = learner.w.copy(), {name: array.copy() for name, array in learner.state().items()}
    assert learner.evaluate() == learner.evaluate()
    assert np.array_equal(learner.w, w)
    assert all(np.array_equal(array, state[name]) for name, array in learner.state().items())


@pytest.mark.parametrize("make", [auto, clusterer])
@pytest.mark.parametrize("stop", [1, 5, 10])  # 5 and 10: the auto-encoder has learnt, the clusters are still to come
def test_resumed_equals_never_stopped(make, stop):
    whole, stopped = (make(blobs(), updates=20 * max(stop, 2)) for _ in range(2))
    for _ in range(stop):
        whole.update()
        stopped.update()
    resumed = make(blobs(), seed=7, updates=20 * max(stop, 2))
    resumed.w[:] = stopped.w
    resumed.load({name: array.copy() for name, array in stopped.state().items()})
    assert resumed.progress == whole.progress
    while whole.progress < 1:
        assert resumed.update() == whole.update()
    assert np.array_equal(resumed.w, whole.w)


@pytest.mark.parametrize(
    ("change", "clusters", "says"),
    [
        (lambda s: s._replace(x_train=np.where(s.x_train > 4, np.nan, s.x_train)), 3, "train part holds NaN"),
        (lambda s: s._replace(x_test=s.x_test[:0]), 3, "test part must be a table"),
        (lambda s: s._replace(x_val=s.x_val.ravel()), 3, "val part must be a table"),
        (lambda s: s, 1, "at least 2"),
        (lambda s: s, 1000, "as many different training examples, and there are"),
        (lambda s: s._replace(x_train=np.repeat(s.x_train[:2], 50, 0)), 3, "there are 2"),
    ],
)
def test_bad_data_is_refused(change, clusters, says):
    with pytest.raises(ValueError, match=says):
        clusterer(change(blobs()), clusters=clusters)


def test_constant_columns_and_few_examples_do_no_harm():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((12, 6)).astype(np.float32)
    x[:, 1:] = 3
    learner = finish(clusterer(split(x, np.zeros(12, int)), clusters=4, updates=20))
    report = learner.report(learner.w, None)
    assert all(np.isfinite(list(report.metrics.values())))
