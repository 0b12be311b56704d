"""Ways to find clusters in rows of numbers that have no picture to deform: METHODS, by the name that --method takes.

Each is a function (splits, K, config, rng, augment) -> learner; `config` holds the fields that the method reads, as in
unsupervised.tasks.table_clusters, and `augment`, if there is one, alters rows to what is as good. What stands in for a
row is one of its nearest neighbours with noise added, in deviations of a column: rows should be standardised.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.initializers import Array
from core.lab.config import positive
from core.lab.data.splits import Splits
from core.lab.errors import nearest
from core.layers import Rng
from core.network import MLP
from unsupervised.clustering.autoencoder_clusterer import AutoEncoderClusterer
from unsupervised.clustering.clusterer import Augment, Clusterer
from unsupervised.clustering.dec import Dec

GIVEN = "The number of clusters"
KEEP = 10.0  # of what DEC asks of the decoder: 0.1 in the notation of Guo et al. 2017


def information(splits: Splits, K: int, config: Any, rng: Rng, augment: Augment | None = None) -> Clusterer:
    """Mutual information between row and cluster, the same for a neighbour; the best of several starts."""

    def noisy(rng: Rng, x: Array) -> Array:
        x = augment(rng, x) if augment else x
        z: Array = x + np.float32(config.noise) * rng.standard_normal(x.shape, np.float32)
        return z

    fewest = min(map(len, splits[::2]))
    return Clusterer(
        splits,
        MLP(splits.x_train.shape[1], config.hidden, K),
        config.lr,
        rng,
        updates=config.updates,
        starts=config.n_init,
        batch=config.batch,
        neighbours=min(config.neighbours, fewest - 1),
        balance=config.balance,
        augment=noisy,
        given=f"{GIVEN}, and that they are not of very different sizes.",
    )


def autoencoder(splits: Splits, K: int, config: Any, rng: Rng, augment: Augment | None = None) -> AutoEncoderClusterer:
    """An auto-encoder, and a mixture of Gaussians on its code."""
    I, H, Z = splits.x_train.shape[1], config.hidden, config.code
    return AutoEncoderClusterer(
        splits,
        MLP(I, H, Z),
        MLP(Z, H, I),
        config.lr,
        rng,
        clusters=K,
        batch=config.batch,
        updates=config.updates * config.n_init,
        augment=augment,
        given=f"{GIVEN}.",
    )


def dec(splits: Splits, K: int, config: Any, rng: Rng, augment: Augment | None = None) -> Dec:
    """An auto-encoder, k-means on its code, and both refined together."""
    I, H, Z = splits.x_train.shape[1], config.hidden, config.code
    half = -(-config.updates * config.n_init // 2)
    return Dec(
        splits,
        MLP(I, H, Z),
        MLP(Z, H, I),
        config.lr,
        rng,
        clusters=K,
        batch=config.batch,
        updates=half,
        refine=half,
        keep=KEEP,
        augment=augment,
        given=f"{GIVEN}.",
    )


METHODS: dict[str, Callable[..., Any]] = {"mutual_information": information, "autoencoder": autoencoder, "dec": dec}


def check_settings(config: Any) -> None:
    """Raises ValueError for settings with which none of the methods can work."""
    positive(config, "hidden", "code", "updates", "n_init", "batch", "lr", "neighbours", "balance")
    if 20 % config.n_init:
        raise ValueError(f"n_init must divide 20, so that each ends with an evaluation; {config.n_init} does not")
    if not config.noise >= 0:
        raise ValueError(f"noise must not be below 0, not {config.noise}")
    if config.method not in METHODS:
        raise ValueError(f"there is no method {config.method!r}{nearest(config.method, METHODS)}")
