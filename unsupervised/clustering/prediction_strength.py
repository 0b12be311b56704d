"""How many clusters? As many as are found again in rows that were not there when they were found.

The rows are cut into halves, a and b, and k-means finds K clusters in each. Two rows of b that are one cluster's in b
should be nearest to one and the same centre of a. The prediction strength of K is the share of pairs that are, in the
worst cluster of b:
    ps(K) = min over clusters j of b with n_j rows of  (pairs of j that a keeps together) / (n_j (n_j - 1) / 2)
The choice is the largest K whose ps, mean plus standard error over several cuts, is at least 0.8; ps(1) = 1, so "no
clusters" is an answer too. Tibshirani and Walther 2005, "Cluster validation by prediction strength", Journal of
Computational and Graphical Statistics 14(3). No label is looked at, and the halves are the data's, the same for every
seed. Weakness: it asks for clusters that k-means can find, round ones; what overlaps is counted as one.
"""

from typing import NamedTuple

import numpy as np

from core import Array

ENOUGH = 0.8
CUTS = 20  # into halves
SAMPLE = 2_000  # that are looked at, at most
TRIES = 3  # starts of k-means


class Choice(NamedTuple):
    """A number of clusters, and by what it was chosen."""

    clusters: int  # 1 where no clusters were found again
    strength: dict[int, float]  # K -> mean plus standard error of ps(K)

    def __str__(self) -> str:
        rows = [
            f"{K:3} clusters: {s:.3f}{'  <- the largest number with enough' if self.clusters == K else ''}"
            for K, s in self.strength.items()
        ]
        return "\n".join(
            [f"Prediction strength, mean plus standard error over {CUTS} cuts; enough is {ENOUGH}.", *rows]
        )


def choose_clusters(x: Array, most: int = 10) -> Choice:
    """The number of clusters in x (N, I), from 1 to `most`; no more than a cluster for eight rows are tried."""
    rng = np.random.default_rng(0)
    if len(x) > SAMPLE:
        x = x[rng.choice(len(x), SAMPLE, replace=False)]
    tried = range(2, min(most, len(x) // 8) + 1)
    found = np.ones((CUTS, len(tried)))
    for cut in found:
        order = rng.permutation(len(x))
        a, b = x[order[: len(x) // 2]], x[order[len(x) // 2 :]]
        cut[:] = [prediction_strength(a, b, K) for K in tried]
    strength = found.mean(0) + found.std(0, ddof=1) / np.sqrt(CUTS)
    table = {1: 1.0, **{K: float(s) for K, s in zip(tried, strength, strict=True)}}
    return Choice(max(K for K, s in table.items() if s >= ENOUGH), table)


def prediction_strength(a: Array, b: Array, K: int) -> float:
    """ps(K) of the halves a and b, from 0 to 1; 0 where a cluster of b is one row alone, or there are too few rows."""
    from sklearn.cluster import KMeans

    if min(len(np.unique(half, axis=0)) for half in (a, b)) < K:
        return 0.0
    fit_a, fit_b = (KMeans(K, n_init=TRIES, random_state=0).fit(half) for half in (a, b))
    together = np.zeros((K, K))
    np.add.at(together, (fit_b.labels_, fit_a.predict(b)), 1)  # rows of each cluster of b, by the nearest centre of a
    n = together.sum(1)
    return float(((together * (together - 1)).sum(1) / np.maximum(n * (n - 1), 1)).min())
