"""The clusterer: its loss by the directional check and a slow twin, blobs found, nothing told, resumed exactly."""

import math

import numpy as np
import pytest

from core import MLP, Adam, Linear, Rescale, Sequential
from core.gradcheck import directional_error, layer_errors
from core.lab.data.registry import Data, split
from core.lab.state import set_rng_state
from unsupervised.clustering import clusterer as module
from unsupervised.clustering.clusterer import Clusterer, hold_then_fall, nearest_neighbours
from unsupervised.clustering.evaluate import contingency, hungarian_accuracy, name_clusters
from unsupervised.clustering.mutual_information import agreement_loss, information
from unsupervised.clustering.virtual_adversarial import adversary, divergence
from unsupervised.tasks import digit_clusters, fashion_clusters, mnist_clusters


def blobs(n=400, K=3, seed=0):
    rng = np.random.default_rng(seed)
    t = rng.integers(0, K, n)
    return split((rng.standard_normal((n, 2)) + 8 * np.eye(K, 2)[t]).astype(np.float32), t)


def jitter(rng, x):
    return x + np.float32(0.3) * rng.standard_normal(x.shape, np.float32)


def clusterer(splits, seed=0, C=3, **options):
    given = {"updates": 200, "starts": 2, "batch": 64, "neighbours": 5, "augment": jitter, "smoothness": 0.5}
    net = Sequential(Rescale(splits.x_train.mean(0)), *MLP(2, 16, C).parts)
    return Clusterer(splits, net, 0.01, np.random.default_rng(seed), **{**given, **options})


def run(learner):
    best, weights = -math.inf, None
    while learner.progress < 1:
        assert learner.update()["answers"] == 0
        figures = learner.evaluate()
        if figures["information"] > best:
            best, weights = figures["information"], learner.w.copy()
    return weights


@pytest.mark.parametrize(("balance", "agreement"), [(0.0, 0.0), (1.0, 0.5), (4.0, 2.0)])
def test_gradient_and_value(balance, agreement):
    rng = np.random.default_rng(0)
    y = rng.standard_normal((10, 4))
    loss, dy = agreement_loss(y, balance, agreement)
    assert directional_error(lambda u: agreement_loss(u, balance, agreement)[0], y, dy, rng) < 1e-6
    p = [[math.exp(v) / sum(math.exp(u) for u in row) for v in row] for row in y.tolist()]
    unsure = -sum(v * math.log(v) for row in p for v in row) / 10
    apart = sum((p[b][c] - p[5 + b][c]) * math.log(p[b][c] / p[5 + b][c]) for b in range(5) for c in range(4)) / 5
    m = [sum(row[c] for row in p) / 10 for c in range(4)]
    assert loss == pytest.approx(unsure + balance * sum(v * math.log(v) for v in m) + agreement * apart)


def test_a_centred_input_has_mean_0_and_the_gradient_passes():
    rng = np.random.default_rng(0)
    x = 5 + rng.standard_normal((6, 3))
    y, _ = Rescale(x.mean(0))(x, np.zeros(0))
    assert y.mean(0) == pytest.approx(0, abs=1e-12)
    assert max(layer_errors(Sequential(Rescale(x.mean(0)), Linear(3, 2)), x, rng).values()) < 1e-6


def test_information_on_known_answers():
    sure = 50 * np.eye(4)
    assert information(sure) == pytest.approx(math.log(4))  # each example tells its cluster, all alike
    assert information(np.zeros((6, 4))) == pytest.approx(0, abs=1e-9)  # undecided
    assert information(50 * np.eye(4)[[1, 1, 1]]) == pytest.approx(0, abs=1e-9)  # all in one


@pytest.mark.parametrize("block", [1 << 24, 60])  # all at once, and three rows at a time
def test_nearest_is_the_slow_twin_s(block, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", block)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20, 3))
    views = [x, x + 0.5 * rng.standard_normal(x.shape)]

    def distance(i, j):
        return min(min(((v[i] - x[j]) ** 2).sum(), ((v[j] - x[i]) ** 2).sum()) for v in views)

    expected = [sorted((j for j in range(20) if j != i), key=lambda j, i=i: distance(i, j))[:4] for i in range(20)]
    assert nearest_neighbours(x, 4, views[1:]).tolist() == expected


def test_schedule():
    assert [hold_then_fall(p) for p in (0, 0.3, 0.5, 0.75, 1)] == pytest.approx([1, 1, 1, 0.5, 0])


def test_separated_blobs_are_found_without_a_label():
    splits = blobs()
    learner = clusterer(splits)
    w = run(learner)
    told_nothing = splits._replace(t_train=np.zeros_like(splits.t_train))
    assert np.array_equal(w, run(clusterer(told_nothing)))  # the training labels play no part
    report = learner.report(w, None)
    assert report.metrics["stability"] > 0.95  # both starts ended alike
    assert report.metrics["cluster_accuracy"] > 0.98
    assert report.metrics["test_accuracy"] > 0.98
    assert report.answers == 3


def test_matching_and_naming():
    said, t = np.array([0, 0, 1, 1, 2, 2]), np.array([2, 2, 0, 0, 1, 0])
    assert contingency(said, t).tolist() == [[0, 0, 2], [2, 0, 0], [1, 1, 0]]
    assert hungarian_accuracy(said, t) == pytest.approx(5 / 6)
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])
    names, asked = name_clusters(p, np.array([7, 8, 9]))
    assert names.tolist() == [7, 9]
    assert asked == 2


def test_examples_without_classes_are_judged_by_silhouette():
    splits = blobs()
    learner = clusterer(splits._replace(t_train=splits.t_train[:0], t_val=splits.t_val[:0], t_test=splits.t_test[:0]))
    report = learner.report(run(learner), None)
    assert (report.metric, report.answers) == ("silhouette", 0)


def test_what_the_adversary_adds_to_the_gradient():
    learner = clusterer(blobs(), smoothness=0.7)
    x, w, state = learner.x[:20], learner.w, learner.state()
    learner.g[:] = 1
    change = learner._smooth(x)
    again = np.random.default_rng()
    set_rng_state(again, state["rng"])
    y, _ = learner.net(x, w)
    z, back = learner.net(x + adversary(learner.net, w, x, y, learner.radius, again), w)
    value, dz = divergence(z, y)
    back(0.7 * dz, g := np.zeros_like(w))
    assert change == pytest.approx(value)
    assert np.allclose(learner.g, 1 + g)


def test_evaluate_changes_nothing():
    learner = clusterer(blobs())
    learner.update()
    w, state = learner.w.copy(), {name: array.copy() for name, array in learner.state().items()}
    assert learner.evaluate() == learner.evaluate()
    assert np.array_equal(learner.w, w)
    assert all(np.array_equal(array, state[name]) for name, array in learner.state().items())


def test_one_batch_is_learnt_by_heart():
    learner = clusterer(blobs())
    (first, _), w, optimizer = learner.sample(np.random.default_rng(0), 30), learner.w.copy(), Adam(0.01)
    g = np.empty_like(w)
    for _ in range(500):
        learner.loss(w, (first, first), g)
        optimizer.step(w, g)
    # sure of every example, all clusters alike: no loss from disagreement, balance * ln 3 from the entropy
    assert learner.loss(w, (first, first)) < -3 * math.log(3) + 0.3


@pytest.mark.parametrize("stop", [6, 20, 25])  # inside the first start, at its end, inside the second
def test_resumed_equals_never_stopped(stop):
    whole, stopped = clusterer(blobs()), clusterer(blobs())
    for _ in range(stop):
        whole.update()
        stopped.update()
    state = {name: array.copy() for name, array in stopped.state().items()}
    resumed = clusterer(blobs())
    resumed.w[:] = stopped.w
    resumed.load(state)
    while whole.progress < 1:
        assert resumed.update() == whole.update()
    assert np.array_equal(resumed.w, whole.w)
    assert np.array_equal(resumed.said, whole.said)
    assert resumed.progress == 1


@pytest.mark.parametrize(
    ("change", "options", "says"),
    [
        (lambda s: s._replace(x_train=np.where(s.x_train > 3, np.nan, s.x_train)), {}, "train part"),
        (lambda s: s._replace(x_val=s.x_val.ravel()), {}, "val part"),
        (lambda s: s, {"neighbours": 50}, "50 neighbours need more examples"),
        (lambda s: s, {"C": 1}, "at least 2"),
        (lambda s: s._replace(x_train=np.zeros_like(s.x_train)), {}, "different"),
    ],
)
def test_bad_data_is_refused(change, options, says):
    with pytest.raises(ValueError, match=says):
        clusterer(change(blobs()), **options)


def test_digits_in_the_quick_preset_beat_chance_by_far_and_draw_what_they_name(tmp_path):
    learner = digit_clusters.make(
        digit_clusters.Config(**digit_clusters.PRESETS["quick"]), np.random.default_rng(0), Data()
    )
    report = learner.report(run(learner), tmp_path)
    assert report.metrics["cluster_accuracy"] > 0.7
    assert report.baselines["k-means"] < report.reference
    assert {p.name for p in tmp_path.iterdir()} == set(report.pictures)
    assert set(report.pictures) == {"map.png", "matrix.png", "clusters.png", "weights.png"}


@pytest.mark.parametrize("method", ["autoencoder", "dec"])
def test_the_other_methods_are_built_and_learn(method):
    config = digit_clusters.Config(method=method, updates=20, n_init=1, hidden=32)
    learner = digit_clusters.make(config, np.random.default_rng(0), Data())
    w = learner.w.copy()
    learner.update()
    assert not np.array_equal(learner.w, w)


def test_a_shaded_picture_keeps_black_and_white():
    x = np.array([[[0.0, 0.25], [1.0, 0.5]]], np.float32)
    y = mnist_clusters.shaded(0.5)(np.random.default_rng(0), x)
    assert y[0, 0, 0] == 0
    assert y[0, 1, 0] == 1
    power = math.log(y[0, 0, 1]) / math.log(0.25)
    assert y[0, 1, 1] == pytest.approx(0.5**power, rel=1e-5)
    assert fashion_clusters.Config is mnist_clusters.Config  # one set of settings for both
    assert fashion_clusters.PRESETS is mnist_clusters.PRESETS


@pytest.mark.parametrize("task", [digit_clusters, mnist_clusters])
def test_config_refuses_nonsense(task):
    for values in ({"hidden": 0}, {"n_init": 3}, {"clusters": 1}, {"deformation": -1.0}, {"method": "magic"}):
        with pytest.raises(ValueError, match=r"must|does not|no method .magic."):
            task.Config(**values)
