"""What "good" means for clusters: they are compared with classes that the learner never saw.

Hungarian accuracy: the share of examples in their class's cluster under the best one-to-one matching, found on the
evaluated part itself, as is usual. It is no classifier's accuracy: for that the clusters must be named, and a teacher
be asked, which `test_accuracy` does with one answer a cluster.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.initializers import Array
from core.lab.learner import Report, Splits
from core.layers import Layer
from core.losses import softmax


def contingency(said: Array, t: Array) -> Array:
    """How many examples of each cluster (rows) have each class (columns), a square matrix."""
    K = int(max(said.max(), t.max())) + 1
    counts = np.zeros((K, K), int)
    np.add.at(counts, (said, t), 1)
    return counts


def hungarian_accuracy(said: Array, t: Array) -> float:
    """The largest share of examples that any one-to-one matching of clusters to classes gets right (Kuhn 1955)."""
    from scipy.optimize import linear_sum_assignment

    counts = contingency(said, t)
    return float(counts[linear_sum_assignment(-counts)].sum() / len(t))


def name_clusters(p: Array, t: Array) -> tuple[Array, int]:
    """The class of each cluster's most certain training example, p (N, K), t (N,) -> (K,), and how many were asked."""
    typical = p.argmax(0)
    return t[typical], len(set(typical.tolist()))


def cluster_report(net: Layer, w: Array, splits: Splits, folder: Path | None) -> Report:
    """Hungarian accuracy, NMI and ARI on the test part, beside k-means and a Gaussian mixture fitted as it was."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
    from sklearn.mixture import GaussianMixture
    from sklearn.svm import SVC

    x, t = splits.x_test, splits.t_test
    p_train, p = softmax(net(splits.x_train, w)[0]), softmax(net(x, w)[0])
    said, K = p.argmax(-1), p.shape[-1]
    names, answers = name_clusters(p_train, splits.t_train)
    rng = np.random.default_rng(0)
    guess = float(np.mean([hungarian_accuracy(rng.integers(K, size=len(t)), t) for _ in range(100)]))
    mixture = GaussianMixture(K, covariance_type="diag", reg_covar=1e-3, n_init=3, random_state=0)
    methods = {"k-means": KMeans(K, n_init=10, random_state=0), "Gaussian mixture": mixture}
    machine = SVC(C=10).fit(splits.x_train, splits.t_train)
    report = Report(
        metrics={"cluster_accuracy": hungarian_accuracy(said, t), "test_accuracy": float((names[said] == t).mean()),
                 "nmi": float(normalized_mutual_info_score(t, said)), "ari": float(adjusted_rand_score(t, said))},
        metric="cluster_accuracy", chance=guess, reference=float(machine.score(x, t)),
        reference_name="support vector machine, given the labels", answers=answers,
        baselines={name: hungarian_accuracy(method.fit(splits.x_train).predict(x), t)
                   for name, method in methods.items()})  # fmt: skip
    if folder:
        from core.lab.plots import image_sheet, matrix, weight_sheet

        matrix(folder / "matrix.png", contingency(said, t), "cluster", "true class")
        report.pictures["matrix.png"] = "Clusters against classes on the test part, which the learner never saw"
        if round(x.shape[1] ** 0.5) ** 2 == x.shape[1]:
            order = np.argsort(-np.where(said[:, None] == np.arange(K), p, -1), 0)  # test examples by certainty
            rows = [(k, i) for k in range(K) for i in _ends(order[: int((said == k).sum()), k])]
            image_sheet(folder / "clusters.png", x[[i for _, i in rows]], [f"{k}: {p[i, k]:.0%}" for k, i in rows])
            report.pictures["clusters.png"] = "A row a cluster: its five most certain test images, then its five least"
            weight_sheet(folder / "weights.png", next(W for W in net.views(w).values() if W.ndim == 2))
            report.pictures["weights.png"] = "First-layer weights, a tile a hidden unit; blue is positive, red negative"
    return report


def _ends(i: Array, n: int = 5) -> list[int]:
    """The first n and the last n; the ones between are repeated where there are fewer."""
    return [*np.resize(i[:n], n).tolist(), *np.resize(i[-n:], n).tolist()] if len(i) else []
