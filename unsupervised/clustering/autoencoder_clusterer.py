"""Clusters on the code of an auto-encoder: a mixture of Gaussians, or what is passed in its place."""

import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from core import Array, Back, Layer, Parts, Rng, softmax
from core.lab import Kept, Report, Splits
from unsupervised.autoencoder import AutoEncoder, AutoEncoderConfig
from unsupervised.clustering.evaluate import Terms, cluster_report, hungarian_accuracy, subset
from unsupervised.clustering.mutual_information import information
from unsupervised.clustering.predictor import ClusterPredictor, on_code

GIVEN = "The number of clusters."
FITTED = 10_000  # codes that clusters are fitted to, at most


def check_clusters(x: Array, K: int) -> None:
    """Raises ValueError unless x (N, I) can have K clusters: two or more, and as many different examples."""
    if K < 2:
        raise ValueError(f"clusters must be at least 2, not {K}: with one there is nothing to find")
    different: set[bytes] = set()
    for row in x:
        different.add(row.tobytes())
        if len(different) >= K:
            return
    raise ValueError(f"{K} clusters need as many different training examples, and there are {len(different)}")


def Gaussians(Z: int, K: int) -> Layer:
    """y_k = bias_k - |(z - mean_k) A_k|^2 / 2: softmax(y) are the memberships of a mixture of K Gaussians.

    bias_k = log(weight_k det A_k) and A_k A_k' is the inverse of the covariance. All start at 0, where every code
    belongs to all clusters alike. Fitted at once by `fit_gaussians`, so there is no way back.
    """

    def no_way_back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
        raise ValueError("these Gaussians are fitted at once, not by their gradient")

    def forward(z: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        b, m, A = w[:K], w[K : K + K * Z].reshape(K, Z), w[K + K * Z :].reshape(K, Z, Z)
        return np.stack([b[k] - 0.5 * (((z - m[k]) @ A[k]) ** 2).sum(-1) for k in range(K)], -1), no_way_back

    layout = {"bias": (K,), "means": (K, Z), "roots": (K, Z, Z)}
    return Layer(forward, layout, op="gaussian_memberships", constants={"clusters": K})


def fit_gaussians(z: Array, K: int, seed: int) -> Array:
    """The parameters of `Gaussians`, by expectation maximisation on codes z (N, Z): the likeliest of three tries."""
    from sklearn.mixture import GaussianMixture

    unit = float(z.std()) or 1.0  # so that the smallest variance allowed is a thousandth of the codes'
    with warnings.catch_warnings():  # not converged after 100 steps: good enough to go on
        warnings.simplefilter("ignore")
        found = GaussianMixture(K, n_init=3, reg_covar=1e-3, random_state=seed).fit(z.astype(np.float64) / unit)
    roots = found.precisions_cholesky_
    bias = np.log(found.weights_ + 1e-12) + np.log(np.diagonal(roots, axis1=1, axis2=2)).sum(-1)
    return np.concatenate([bias, (found.means_ * unit).ravel(), (roots / unit).ravel()])


class ClusterModel(NamedTuple):
    """What shape clusters have in the code."""

    layer: Callable[[int, int], Layer]  # Z, K -> codes (N, Z) to logits of memberships (N, K)
    fit: Callable[[Array, int, int], Array]  # codes (N, Z), K, seed -> the parameters of the layer


GAUSSIANS = ClusterModel(Gaussians, fit_gaussians)


class AutoEncoderClusterer(Kept):
    """An auto-encoder, `updates` minibatches; then, in one last update, `model` is fitted to its code.

    They are part of w, behind the encoder and the decoder. The labels of `splits`, if any, are looked at by the
    evaluation alone, for the observer. The loop keeps the weights with the most information between example and
    cluster on the validation part, which is 0 until the last update: so it keeps the last. `options` are those of
    AutoEncoder. Raises ValueError for data that cannot be clustered.
    """

    monitor = "+information"
    longer_by = ""  # its last update fits the clusters to a code that then stays
    kept = "fitted", "auto"

    def __init__(
        self,
        splits: Splits,
        encoder: Layer,
        decoder: Layer,
        lr: float,
        rng: Rng,
        config: AutoEncoderConfig | None = None,
        *,
        clusters: int,
        model: ClusterModel = GAUSSIANS,
        given: str = GIVEN,
        terms: Terms | None = None,
        predictor: ClusterPredictor | None = None,
        **options: Any,
    ) -> None:
        self.auto = AutoEncoder(splits, encoder, decoder, lr, rng, config, **options)
        check_clusters(splits.x_train, clusters)
        self.splits, self.model, self.clusters, self.given = splits, model, clusters, given
        Z = self.auto.encode(self.auto.w, splits.x_train[:1]).shape[1]
        parts = Parts(encoder=encoder, decoder=decoder, clusters=model.layer(Z, clusters))
        self.terms = terms or Terms()
        self.predictor = predictor or on_code(parts, splits.x_train.shape[1:], **self.terms.reading)
        self.net, self.layer = self.predictor.net, self.predictor.net.parts[-1]
        self.logits, self.predict = self.predictor.logits, self.predictor.predict
        self.w = np.concatenate([self.auto.w, np.zeros(self.layer.size, np.float32)])
        self.auto.w, self.sample, self.loss = self.w[: self.auto.net.size], self.auto.sample, self.auto.loss
        self.fitted = False

    @property
    def progress(self) -> float:
        return (self.auto.done + self.fitted) / (self.auto.config.updates + 1)

    def update(self) -> dict[str, float]:
        if self.auto.progress < 1:
            return self.auto.update()
        z = self.auto.encode(self.w, self.splits.x_train[subset(len(self.splits.x_train), FITTED)])
        self.w[self.auto.net.size :] = self.model.fit(z, self.clusters, int(self.auto.rng.integers(1 << 31)))
        self.fitted = True
        some = self.sample(np.random.default_rng(0), self.auto.epochs.batch)
        return {"loss": self.loss(self.w, some), "examples": 0, "answers": 0}

    def evaluate(self) -> dict[str, float]:
        """information chooses; val_accuracy, where there are labels, is for the observer alone."""
        y, t = self.logits(self.w, self.splits.x_val), self.splits.t_val
        seen = {"val_accuracy": hungarian_accuracy(y.argmax(-1), t)} if t.size else {}
        return {"information": information(y), **self.auto.evaluate(), **seen}

    def report(self, w: Array, folder: Path | None) -> Report:
        report = cluster_report(
            lambda x: softmax(self.logits(w, x)),
            self.splits,
            folder,
            given=self.given,
            net=self.net,
            w=w,
            code=partial(self.auto.encode, w),
            show=self.terms.show,
        )
        self.terms.tell(report, partial(self.predict, w), folder)
        return report
