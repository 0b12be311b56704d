"""What "good" means for clusters: they are compared with classes that the learner never saw, where there are any.

Hungarian accuracy: the share of examples in their class's cluster under the best one-to-one matching, found on the
evaluated part itself, as is usual. It is no classifier's accuracy: for that the clusters must be named, and a teacher
be asked, which `test_accuracy` does with one answer a cluster. Without classes two figures are left: the silhouette,
and how far the starts of a run agree (`stability`). Neither says that a clustering is true: the silhouette praises
round, distant heaps, and an algorithm may find the same wrong ones every time.
"""

import warnings
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from core import Array, Layer
from core.lab import Report, Splits
from unsupervised.clustering.plots import Show, draw

FIT = 10_000  # training examples that k-means and the mixture are fitted on, at most
SAMPLE = 5_000  # ... and spectral clustering, Ward and the reference, whose cost grows with the square
JUDGED = 2_000  # test examples that the silhouette is taken over, at most
Assign = Callable[[Array], Array]  # x (N, ...) -> memberships p (N, K), rows that sum to 1
OTHERS = ("k-means", "Gaussian mixture", "spectral", "Ward")


def _nothing(report: Report, clusters: Callable[[Array], Array], folder: Path | None) -> None:
    """Adds nothing to a report."""


class Terms(NamedTuple):
    """What an example is beyond its numbers: how a report tells of it, and how a file is read if no predictor says."""

    show: Show | None = None  # an example as a picture or a line of text; else a square, or its numbers
    tell: Callable[[Report, Callable[[Array], Array], Path | None], None] = _nothing  # adds to one; x -> clusters (N,)
    reads: tuple[str, ...] = ()  # suffixes of files
    read: Callable[[bytes], Array] | None = None  # makes examples (N, I) of their bytes

    @property
    def reading(self) -> dict[str, Any]:
        """The fields of a predictor."""
        return {"reads": self.reads, "read": self.read}


def contingency(said: Array, t: Array) -> Array:
    """How many examples of each cluster (rows) have each class (columns); the two need not be alike in number."""
    counts = np.zeros((int(said.max()) + 1, int(t.max()) + 1), int)
    np.add.at(counts, (said, t), 1)
    return counts


def hungarian_accuracy(said: Array, t: Array) -> float:
    """The largest share of examples that any one-to-one matching of clusters to classes gets right (Kuhn 1955).

    Where there are more clusters than classes, those left over are wrong; and the other way round.
    """
    from scipy.optimize import linear_sum_assignment

    counts = contingency(said, t)
    return float(counts[linear_sum_assignment(-counts)].sum() / len(t))


def silhouette(x: Array, said: Array) -> float:
    """Mean of (b - a) / max(a, b): mean distance a to the own cluster, b to the nearest other one (Rousseeuw 1987).

    From -1 to 1; over a fixed sample of at most 2,000 examples. 0 where it is not defined: one cluster, or all alone.
    """
    from sklearn.metrics import silhouette_score

    i = subset(len(x), JUDGED)
    if not 1 < len(set(said[i].tolist())) < len(i):
        return 0.0
    return float(silhouette_score(x[i].reshape(len(i), -1), said[i]))


def stability(assignments: Sequence[Array]) -> float:
    """The mean adjusted Rand index of all pairs of assignments (N,) of the same examples: 1 where all are one."""
    from sklearn.metrics import adjusted_rand_score

    return float(np.mean([adjusted_rand_score(a, b) for a, b in combinations(assignments, 2)]))


def subset(n: int, most: int) -> Array:
    """At most `most` of the numbers below n, in order, drawn once and for all."""
    return np.arange(n) if n <= most else np.sort(np.random.default_rng(0).choice(n, most, replace=False))


def name_clusters(p: Array, t: Array) -> tuple[Array, int]:
    """The class of each cluster's most certain training example, p (N, K), t (N,) -> (K,), and how many were asked."""
    typical = p.argmax(0)
    return t[typical], len(set(typical.tolist()))


def scores(said: Array, x: Array, t: Array) -> dict[str, float]:
    """Figures of one assignment `said` (N,) of x (N, ...): against the classes t (N,) if there are any (size 0: none).

    nmi and ari: normalised mutual information (arithmetic mean; Strehl and Ghosh 2002), adjusted Rand index (Hubert
    and Arabie 1985).
    """
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    found = {"silhouette": silhouette(x, said)}
    if t.size:
        nmi, ari = (float(score(t, said)) for score in (normalized_mutual_info_score, adjusted_rand_score))
        found |= {"cluster_accuracy": hungarian_accuracy(said, t), "nmi": nmi, "ari": ari}
    return found


def other_methods(x: Array, x_test: Array, K: int) -> dict[str, tuple[int, Array]]:
    """Four methods of scikit-learn, fitted on x (N, I): how many examples each was given, its clusters of x_test (M,).

    k-means and the mixture see at most 10,000 examples; spectral clustering (10 neighbours) and Ward at most 5,000,
    and a test example gets the cluster of the nearest of those, since the two say nothing of others.
    """
    from sklearn.cluster import AgglomerativeClustering, KMeans, SpectralClustering
    from sklearn.mixture import GaussianMixture
    from sklearn.neighbors import KNeighborsClassifier

    many, few = x[subset(len(x), FIT)], x[subset(len(x), SAMPLE)]
    near = {"affinity": "nearest_neighbors", "n_neighbors": min(10, len(few) - 1)}
    mixture = GaussianMixture(K, covariance_type="diag", reg_covar=1e-3, n_init=3, random_state=0)

    def extended(method: Any) -> Array:
        return KNeighborsClassifier(1).fit(few, method.fit_predict(few)).predict(x_test)

    with warnings.catch_warnings():  # unconnected graphs, fewer distinct points than clusters: the figures show it
        warnings.simplefilter("ignore")
        return {
            "k-means": (len(many), KMeans(K, n_init=10, random_state=0).fit(many).predict(x_test)),
            "Gaussian mixture": (len(many), mixture.fit(many).predict(x_test)),
            "spectral": (len(few), extended(SpectralClustering(K, **near, random_state=0))),
            "Ward": (len(few), extended(AgglomerativeClustering(K))),
        }


def cluster_report(
    assign: Assign,
    splits: Splits,
    folder: Path | None,
    *,
    given: str,
    stability: float | None = None,
    net: Layer | None = None,
    w: Array | None = None,
    code: Assign | None = None,
    show: Show | None = None,
) -> Report:
    """The test part in clusters, beside four methods that were given the same training part and number of clusters.

    `given` states what the learner was told, number of clusters included; `stability` is that of its starts. `splits`
    without classes has t of size 0: then the score is the silhouette, and k-means the reference. `net` with `w` draws
    the weights of the first layer; `code` (N, ...) -> (N, H) is where the map is drawn (else x itself);
    `show` makes a picture or a line of text out of one example (else a square, or its numbers).
    """
    x_train, x = splits.x_train, splits.x_test
    t = splits.t_test if len(np.unique(splits.t_train)) > 1 else splits.t_test[:0]  # one class for all tells nothing
    p = assign(x)
    said, K = p.argmax(-1), p.shape[-1]
    flat_train, flat = x_train.reshape(len(x_train), -1), x.reshape(len(x), -1)
    others = other_methods(flat_train, flat, K)
    table = {name: scores(labels, flat, t) for name, (_, labels) in others.items()}
    own = scores(said, flat, t)
    metric, tries = ("cluster_accuracy", 100) if t.size else ("silhouette", 10)
    rng = np.random.default_rng(0)
    guesses = [rng.integers(K, size=len(x)) for _ in range(tries)]
    guess = float(np.mean([hungarian_accuracy(s, t) if t.size else silhouette(flat, s) for s in guesses]))
    baselines = {name: row[metric] for name, row in table.items()}
    fitted = {name: f"{n:,} examples" for name, (n, _) in others.items()}
    texts = {"Given": given, "Beside other methods": beside({"this": own} | table, fitted)}
    seeker = "k-means, which seeks compact clusters"
    report = Report(own, metric, guess, baselines["k-means"], seeker, baselines, texts=texts)
    if t.size:
        from sklearn.svm import SVC

        i = subset(len(x_train), SAMPLE)
        names, report.answers = name_clusters(assign(x_train), splits.t_train)
        report.metrics["test_accuracy"] = float((names[said] == t).mean())
        report.reference = float(SVC(C=10).fit(flat_train[i], splits.t_train[i]).score(flat, t))
        report.reference_name = "support vector machine, given the labels"
    if stability is not None:
        report.metrics["stability"] = stability
    if folder:
        draw(report, folder, p, x, t, contingency(said, t) if t.size else None, net, w, code, show)
    return report


def beside(table: dict[str, dict[str, float]], fitted: dict[str, str]) -> str:
    """Methods against figures, as lines of text."""
    names = list(next(iter(table.values())))
    rows = [
        method.ljust(18) + "".join(f"{row[name]:18.4f}" for name in names) + "   " + fitted.get(method, "")
        for method, row in table.items()
    ]
    return "\n".join(["".ljust(18) + "".join(name.rjust(18) for name in names) + "   fitted on", *rows])
