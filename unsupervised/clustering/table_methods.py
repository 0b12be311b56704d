"""Ways to find clusters in rows of numbers that have no picture to deform: METHODS, by the name that --method takes.

Each is a function (splits, predictor, config, rng, augment, terms) -> learner, `predictor` that of `table_predictor`;
`augment`, if there is one, alters rows to what is as good. What stands in for a row is one of its nearest neighbours
with noise added, in deviations of a column: rows should be standardised.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np

from core import MLP, Array, Layer, Parts, Rng
from core.lab import Splits, check
from core.lab.former import warn
from unsupervised.autoencoder import Augment
from unsupervised.clustering.autoencoder_clusterer import AutoEncoderClusterer, Gaussians
from unsupervised.clustering.clusterer import Clusterer, ClustererConfig
from unsupervised.clustering.dec import DEC, Centres
from unsupervised.clustering.evaluate import Terms
from unsupervised.clustering.predictor import ClusterPredictor, on_code

GIVEN = "The number of clusters"
Method = Callable[..., Any]
KEEP = 10.0  # of what DEC asks of the decoder: 0.1 in the notation of Guo et al. 2017


@dataclass(frozen=True)
class ClusterTask(ClustererConfig):
    """The fields of every task of clusters; a task gives them its own defaults, and may add some."""

    method: str = "mutual_information"  # or autoencoder (a mixture on its code), or dec (k-means on it, refined)
    clusters: int = 10  # how many; given, not found
    hidden: int = 128  # units in a hidden layer
    updates: int = 500  # minibatches of each start; of an auto-encoder, updates times starts in all
    n_init: int = 2  # networks that learn one after another; a divisor of 20, the number of evaluations
    lr: float = 0.01  # step size of Adam at its highest; held for half of a start, then falls to 0 as a cosine
    code: int = 10  # of the auto-encoder: numbers that an example is squeezed into

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, positive=("hidden", "code", "lr"), among={"method": METHODS})
        if 20 % self.n_init:
            raise ValueError(f"n_init must divide 20, so that each ends with an evaluation; {self.n_init} does not")


@dataclass(frozen=True)
class TableClusters(ClusterTask):
    n_init: int = 5  # networks that learn one after another; a divisor of 20, the number of evaluations
    balance: float = 1.2  # how much it matters that all clusters are used alike
    neighbours: int = 15  # nearest rows that stand in for a row
    noise: float = 0.5  # deviation of what is added to both, in deviations of a column

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, positive=("neighbours",), nonnegative=("noise",))


def cluster_predictor(
    config: ClusterTask, direct: Callable[..., Layer], hidden: tuple[int, ...], I: int, K: int, **reading: Any
) -> ClusterPredictor:
    """What config.method finds K clusters with: the network `direct(I, K)`, or an auto-encoder with hidden layers."""
    if config.method == "mutual_information":
        return ClusterPredictor(direct(I, K), (I,), **reading)
    Z, clusters = config.code, Gaussians if config.method == "autoencoder" else Centres
    parts = Parts(encoder=MLP(I, *hidden, Z), decoder=MLP(Z, *hidden[::-1], I), clusters=clusters(Z, K))
    return on_code(parts, (I,), **reading)


def table_predictor(config: TableClusters, I: int, K: int, **reading: Any) -> ClusterPredictor:
    """Of rows of I numbers; `reading` says how files become rows."""
    return cluster_predictor(config, lambda I, K: MLP(I, config.hidden, K), (config.hidden,), I, K, **reading)


def _bridged(method: Method) -> Method:
    """The method, also called with K clusters in the place of a predictor, as before there were any."""

    @wraps(method)
    def learner(
        splits: Splits, predictor: ClusterPredictor | int, config: TableClusters, rng: Rng, *rest: Any, **told: Any
    ) -> Any:
        if isinstance(predictor, int):
            warn("a method's K", "its predictor, table_predictor(config, I, K)")
            predictor = table_predictor(config, splits.x_train.shape[1], predictor)
        return method(splits, predictor, config, rng, *rest, **told)

    return learner


def mutual_information(
    splits: Splits,
    predictor: ClusterPredictor,
    config: TableClusters,
    rng: Rng,
    augment: Augment | None = None,
    terms: Terms | None = None,
) -> Clusterer:
    """Mutual information between row and cluster, the same for a neighbour; the best of several starts."""

    def noisy(rng: Rng, x: Array) -> Array:
        x = augment(rng, x) if augment else x
        return x + np.float32(config.noise) * rng.standard_normal(x.shape, np.float32)

    given = f"{GIVEN}, and that they are not of very different sizes."
    told: dict[str, Any] = {"augment": noisy, "given": given, "terms": terms, "predictor": predictor}
    neighbours = min(config.neighbours, *(len(x) - 1 for x in splits[::2]))
    return Clusterer(splits, predictor.net, config.lr, rng, config, neighbours=neighbours, **told)


def on_a_code(
    kind: Callable[..., Any], splits: Splits, predictor: ClusterPredictor, config: ClusterTask, rng: Rng, **told: Any
) -> Any:
    """The learner `kind` of an auto-encoder, with the networks of `predictor`."""
    encoder, decoder, clusters = predictor.net.parts
    told |= {"clusters": clusters.constants["clusters"], "batch": config.batch, "predictor": predictor}
    return kind(splits, encoder, decoder, config.lr, rng, **told)


def autoencoder(
    splits: Splits,
    predictor: ClusterPredictor,
    config: TableClusters,
    rng: Rng,
    augment: Augment | None = None,
    terms: Terms | None = None,
) -> Any:
    """An auto-encoder, and a mixture of Gaussians on its code."""
    told: dict[str, Any] = {"augment": augment, "given": f"{GIVEN}.", "terms": terms}
    updates = config.updates * config.n_init
    return on_a_code(AutoEncoderClusterer, splits, predictor, config, rng, updates=updates, **told)


def dec(
    splits: Splits,
    predictor: ClusterPredictor,
    config: TableClusters,
    rng: Rng,
    augment: Augment | None = None,
    terms: Terms | None = None,
) -> Any:
    """An auto-encoder, k-means on its code, and both refined together."""
    told: dict[str, Any] = {"augment": augment, "given": f"{GIVEN}.", "terms": terms}
    half = -(-config.updates * config.n_init // 2)
    return on_a_code(DEC, splits, predictor, config, rng, updates=half, refine=half, keep=KEEP, **told)


METHODS = {method.__name__: _bridged(method) for method in (mutual_information, autoencoder, dec)}
