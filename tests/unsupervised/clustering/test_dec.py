"""Deep embedded clustering: the layer and the loss by the directional check and by slow twins, the unit of the code,
blobs drawn together, resumed exactly in every phase.
"""

import numpy as np
import pytest

from core import MLP, cross_entropy, softmax
from core.gradcheck import directional_error, layer_errors
from core.lab.data.registry import split
from unsupervised.clustering.dec import DEC, SPREAD, Centres, fit_centres, target


def blobs(n=300, K=3, I=6, seed=0, noise=0.8):
    rng = np.random.default_rng(seed)
    t = np.arange(n) % K
    return split((noise * rng.standard_normal((n, I)) + 4 * np.eye(K, I)[t]).astype(np.float32), t)


def dec(splits, seed=0, **options):
    given = {"clusters": 3, "updates": 200, "refine": 200, "batch": 32, "interval": 30} | options
    return DEC(splits, MLP(6, 8, 2), MLP(2, 8, 6), 0.01, np.random.default_rng(seed), **given)


def run(learner, until=1.0):
    while learner.progress < until:
        assert learner.update()["answers"] == 0
    return learner


def memberships(z, c):
    """q by the letter of Xie et al. 2016, equation 1 with one degree of freedom."""
    q = [[1 / (1 + sum((a - b) ** 2 for a, b in zip(row, centre, strict=True))) for centre in c] for row in z]
    return np.array([[v / sum(row) for v in row] for row in q])


def test_the_layer():
    rng = np.random.default_rng(0)
    errors = layer_errors(Centres(3, 4), rng.standard_normal((5, 3)), rng)
    assert max(errors.values()) < 1e-6
    z, c = rng.standard_normal((5, 3)), rng.standard_normal((4, 3))
    assert np.allclose(softmax(Centres(3, 4)(z, c.ravel())[0]), memberships(z, c))


def test_the_target_and_the_gradient_of_the_paper():
    rng = np.random.default_rng(0)
    z, c = rng.standard_normal((6, 2)), rng.standard_normal((3, 2))
    q = memberships(z, c)
    f = [sum(q[i][k] for i in range(6)) for k in range(3)]
    p = [[q[i][k] ** 2 / f[k] / sum(q[i][j] ** 2 / f[j] for j in range(3)) for k in range(3)] for i in range(6)]
    assert np.allclose(target(q), p)
    y, back = Centres(2, 3)(z, c.ravel())
    loss, dy = cross_entropy(y, np.array(p))
    g = np.empty(6)
    dz = back(dy, g, dx=True)
    pull = [[2 / (1 + ((z[i] - c[k]) ** 2).sum()) * (p[i][k] - q[i][k]) / 6 for k in range(3)] for i in range(6)]
    assert np.allclose(dz, [sum(pull[i][k] * (z[i] - c[k]) for k in range(3)) for i in range(6)])  # equation 4
    assert np.allclose(g.reshape(3, 2), [-sum(pull[i][k] * (z[i] - c[k]) for i in range(6)) for k in range(3)])  # 5
    kl = sum(p[i][k] * np.log(p[i][k] / q[i][k]) for i in range(6) for k in range(3)) / 6
    entropy = -sum(p[i][k] * np.log(p[i][k]) for i in range(6) for k in range(3)) / 6
    assert loss == pytest.approx(kl + entropy)  # p is held fixed, so its entropy is a constant


@pytest.mark.parametrize("keep", [0.0, 10.0])
def test_gradient(keep):
    rng = np.random.default_rng(0)
    learner = dec(blobs(), keep=keep)
    w = learner.w + 0.3 * rng.standard_normal(learner.w.shape)
    batch = (rng.random((5, 6)), rng.random((5, 6)), rng.dirichlet(np.ones(3), 5))
    g = np.full_like(w, np.nan)
    learner.loss(w, batch, g)
    assert directional_error(lambda u: learner.loss(u, batch), w, g, rng) < 1e-6
    learner.loss(w, batch[:2], g)  # of the phase before
    assert directional_error(lambda u: learner.loss(u, batch[:2]), w, g, rng) < 1e-6


def test_a_new_unit_changes_no_picture_and_no_nearest_centre():
    learner = run(dec(blobs()), 0.5)
    assert learner.start.fitted
    x = learner.start.splits.x_train
    rebuilt, said = learner.auto.rebuild(learner.auto.w, x), learner.predict(learner.w, x)
    learner._set_unit()
    assert np.allclose(learner.auto.rebuild(learner.auto.w, x), rebuilt, atol=1e-4)
    assert np.array_equal(learner.predict(learner.w, x), said)
    z, c = learner.auto.encode(learner.w, x), learner.net.views(learner.w)["clusters.centres"]
    assert ((z[:, None] - c) ** 2).sum(-1).min(1).mean() == pytest.approx(SPREAD, rel=1e-3)


@pytest.mark.parametrize("keep", [0.0, 10.0])
def test_clusters_are_drawn_together_and_stay_right(keep):
    splits = blobs()
    learner = run(dec(splits, keep=keep), 0.5)
    before = learner.evaluate()["information"]
    run(learner)
    after = learner.evaluate()
    assert after["information"] > 1.1 * before
    assert after["val_accuracy"] > 0.95
    report = learner.report(learner.w, None)
    assert report.metrics["cluster_accuracy"] > 0.95
    told_nothing = splits._replace(t_train=np.zeros_like(splits.t_train))
    assert np.array_equal(learner.w, run(dec(told_nothing, keep=keep)).w)


def test_evaluate_changes_nothing():
    learner = run(dec(blobs()), 0.6)
    w, state = learner.w.copy(), {name: array.copy() for name, array in learner.state().items()}
    assert learner.evaluate() == learner.evaluate()
    assert np.array_equal(learner.w, w)
    assert all(np.array_equal(array, state[name]) for name, array in learner.state().items())


@pytest.mark.parametrize("stop", [4, 10, 11, 15])  # learning to rebuild, before and after k-means, drawing together
def test_resumed_equals_never_stopped(stop):
    whole, stopped = dec(blobs()), dec(blobs())
    for _ in range(stop):
        whole.update()
        stopped.update()
    resumed = dec(blobs(), seed=7)
    resumed.w[:] = stopped.w
    resumed.load({name: array.copy() for name, array in stopped.state().items()})
    assert resumed.progress == whole.progress
    while whole.progress < 1:
        assert resumed.update() == whole.update()
    assert np.array_equal(resumed.w, whole.w)


def test_as_many_clusters_as_different_examples():
    x = np.repeat(np.eye(4, 6, dtype=np.float32), 10, 0)
    learner = run(dec(split(x, np.zeros(40, int)), clusters=4, updates=20, refine=20))
    assert np.isfinite(learner.w).all()
    assert np.isfinite(fit_centres(np.zeros((20, 2)), 3, 0)).all()  # codes that have all become one


def test_bad_data_is_refused():
    with pytest.raises(ValueError, match="at least 2"):
        dec(blobs(), clusters=1)
    with pytest.raises(ValueError, match="NaN"):
        dec(blobs()._replace(x_test=np.full((9, 6), np.nan)))
