"""Judging clusters: known answers, scikit-learn's, any number of clusters and classes, and none at all."""

import numpy as np
import pytest

from core.lab.data.registry import split
from unsupervised.clustering.evaluate import (
    JUDGED,
    OTHERS,
    cluster_report,
    contingency,
    hungarian_accuracy,
    scores,
    silhouette,
    stability,
    subset,
)


def blobs(n=300, K=3, I=4, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(n) % K
    return split((rng.standard_normal((n, I)) + 8 * np.eye(K, I)[t]).astype(np.float32), t)


def told(splits, K):
    """Memberships by the nearest true centre, sure but for 10 %; extra clusters stay empty."""
    classes = int(splits.t_train.max()) + 1
    centres = np.stack([splits.x_train[splits.t_train == c].mean(0) for c in range(classes)])

    def assign(x):
        near = ((x[:, None] - centres) ** 2).sum(-1).argmin(1)
        return np.full((len(x), K), 0.1 / K) + 0.9 * np.eye(K)[near]

    return assign


@pytest.mark.parametrize(("K", "C"), [(2, 3), (3, 2), (4, 4), (1, 3)])
def test_the_matching_is_the_best_of_all(K, C):
    from itertools import permutations

    rng = np.random.default_rng(K)
    said, t = rng.integers(K, size=50), rng.integers(C, size=50)
    n = max(K, C)  # a matching into too many names: those that no class has are never right
    best = max(np.mean(np.array(names)[said] == t) for names in permutations(range(n), K))
    assert hungarian_accuracy(said, t) == pytest.approx(best)
    assert contingency(said, t).sum() == 50


def test_figures_on_known_answers():
    x, t = np.array([[0.0], [1.0], [10.0], [11.0]]), np.array([1, 1, 0, 0])
    found = scores(np.array([0, 0, 1, 1]), x, t)
    assert found["cluster_accuracy"] == found["nmi"] == found["ari"] == 1
    assert found["silhouette"] == pytest.approx((2 * (9.5 / 10.5) + 2 * (8.5 / 9.5)) / 4)  # (b - a) / b, a = 1
    assert set(scores(t, x, np.empty(0, int))) == {"silhouette"}
    assert silhouette(x, np.zeros(4, int)) == 0  # not defined
    assert silhouette(x, np.arange(4)) == 0
    assert stability([t, 1 - t, np.array([5, 5, 3, 3])]) == 1  # names do not matter
    assert stability([t, np.array([0, 1, 0, 1])]) == pytest.approx(-0.5)
    assert subset(5, 9).tolist() == [0, 1, 2, 3, 4]
    assert len(set(subset(9000, JUDGED).tolist())) == JUDGED


@pytest.mark.parametrize("K", [2, 3, 5])
def test_the_table_with_classes(K):
    splits = blobs()
    report = cluster_report(told(splits, max(K, 3)), splits, None, given="a number", stability=0.5)
    assert report.metrics["cluster_accuracy"] == 1
    assert {"test_accuracy", "nmi", "ari", "silhouette", "stability"} < set(report.metrics)
    assert report.metric == "cluster_accuracy"
    assert report.chance < 0.6
    assert tuple(report.baselines) == OTHERS
    if K <= 3:
        assert report.baselines == dict.fromkeys(OTHERS, 1.0)
    assert report.texts["Given"] == "a number"
    assert "240 examples" not in report.texts["Beside other methods"]
    assert f"{len(splits.x_train)} examples" in report.texts["Beside other methods"]


def test_the_table_without_classes():
    splits = blobs()
    bare = splits._replace(t_train=np.empty(0, int), t_val=np.empty(0, int), t_test=np.empty(0, int))
    report = cluster_report(told(splits, 3), bare, None, given="3")
    assert set(report.metrics) == {"silhouette"}
    assert report.metric == "silhouette"
    assert report.answers == 0
    assert report.metrics["silhouette"] == pytest.approx(report.reference)  # k-means finds the same
    assert report.score()["scaled"] == pytest.approx(1)


def test_a_handful_of_points_and_constant_columns():
    x = np.zeros((10, 3), np.float32)
    x[:, 0] = np.arange(10) % 2
    for t in (np.arange(10) % 2, np.empty(0, int)):
        splits = split(x, np.arange(10) % 2)
        if not t.size:
            splits = splits._replace(t_train=t, t_val=t, t_test=t)
        for K in (2, 5):
            report = cluster_report(lambda x, K=K: np.eye(K)[x[:, 0].astype(int)], splits, None, given="")
            assert all(np.isfinite(list(report.metrics.values())))
            assert all(np.isfinite(list(report.baselines.values())))
