"""Learning without a teacher as scikit-learn estimators: they work in Pipeline, GridSearchCV and clone.

heaps = make_pipeline(StandardScaler(), NetworkClusterer(n_clusters=3)).fit(x)
heaps.predict(x_new), heaps[-1].labels_, heaps[-1].predict_proba(z_new)
codes = make_pipeline(StandardScaler(), NetworkAutoEncoder(n_components=2)).fit_transform(x)
make_pipeline(StandardScaler(), NetworkAutoEncoder(n_components=5), KMeans(3))      # clusters of the code
"""

import math
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from core import AdamW, Array, Layer, Rng, Schedule, Sequential, cosine, mse, softmax
from core.lab import check
from core.lab.estimators import perceptron, validate_data, widths
from unsupervised.clustering.clusterer import hold_then_fall
from unsupervised.clustering.mutual_information import agreement_loss, information

DTYPES = [np.float64, np.float32]  # w has that of X
ROWS = 1000  # rows that are judged at once


def descend(
    model: Any, w: Array, step: Callable[[Array, Array], float], N: int, rng: Rng, schedule: Schedule
) -> list[float]:
    """AdamW on `updates` minibatches out of permutations of N rows; `step(i, g)` gives the loss of the rows i, and g.

    How many, of how many rows, with which rate and weight decay, the estimator `model` says.

    Returns the losses. Raises ValueError when one of them, or w in the end, is no longer finite.
    """
    optimizer, batch = AdamW(model.lr, model.net_.layout, model.decay), min(model.batch, N)
    g, losses, order = np.empty_like(w), list[float](), np.empty(0, int)
    for k in range(model.updates):
        if len(order) < batch:
            order = np.concatenate([order, rng.permutation(N)])
        i, order = order[:batch], order[batch:]
        with np.errstate(all="ignore"):  # what is not finite is told here, in words
            losses.append(step(i, g))
            optimizer.step(w, g, schedule(k / model.updates))
        last = k == model.updates - 1  # the loss is of before the step
        if not math.isfinite(losses[-1]) or (last and not np.isfinite(w).all()):
            raise ValueError(f"the fit diverged in minibatch {k + 1}: scale X, or take a smaller lr than {model.lr}")
    return losses


class NetworkClusterer(ClusterMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Clusters by information maximisation: a row and one of its nearest neighbours should be sure of one cluster.

    The loss is unsupervised.clustering.mutual_information.agreement_loss (Hu et al. 2017, arXiv:1702.08720).
    Clusters are numbered by size, cluster 0 being the largest. Columns should be of one scale: put a StandardScaler
    before it.

    n_clusters      how many clusters there may be; some can stay empty
    hidden          widths of the hidden layers; () is a linear map
    activation      a name or a layer of core.layers, or a list, one for each hidden layer
    neighbours      nearest rows that may stand in for a row
    noise           deviation of what is added to both
    balance         how much it matters that all clusters are used alike; below 1 most can stay empty
    starts          networks that learn one after another; the one with the most information is kept
    updates, batch  minibatches of each start; rows in one, at most
    lr, decay       step size of AdamW, held for half of a start, then falling to 0; weight decay
    Raises ValueError for data or parameters that cannot be learnt from, and when the loss is no longer finite.

    labels_ (N,), information_ (nats that a cluster tells of its row), w_, net_, loss_curve_ of the start that was kept
    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        hidden: Any = (64,),
        activation: Any = "relu",
        neighbours: int = 15,
        noise: float = 0.5,
        balance: float = 1.2,
        starts: int = 5,
        updates: int = 300,
        batch: int = 200,
        lr: float = 0.01,
        decay: float = 0.0,
        random_state: Any = None,
    ) -> None:
        self.n_clusters, self.hidden, self.activation, self.neighbours = n_clusters, hidden, activation, neighbours
        self.noise, self.balance, self.starts, self.updates, self.batch = noise, balance, starts, updates, batch
        self.lr, self.decay, self.random_state = lr, decay, random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Finds clusters of X (N, I); y is not looked at."""
        X = validate_data(self, X, dtype=DTYPES, ensure_min_samples=2)
        counts = "n_clusters", "neighbours", "starts", "updates", "batch"
        check(self, positive=(*counts, "lr", "balance"), nonnegative=("noise", "decay"))
        if self.n_clusters > len(X):
            raise ValueError(f"n_clusters={self.n_clusters} is more than there are rows: n_samples = {len(X)}")
        rng = np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1))
        k = min(self.neighbours, len(X) - 1)
        near = NearestNeighbors(n_neighbors=k).fit(X).kneighbors(return_distance=False)  # N, k: none its own
        net, best = self.net_, -math.inf
        for _ in range(self.starts):
            w = net.init(rng, X.dtype)

            def step(i: Array, g: Array, w: Array = w) -> float:
                x = X[np.concatenate([i, near[i, rng.integers(k, size=len(i))]])]
                y, back = net(x + self.noise * rng.standard_normal(x.shape, x.dtype), w, rng)  # 2B, C
                loss, dy = agreement_loss(y, self.balance)
                back(dy, g)
                return loss

            losses = descend(self, w, step, len(X), rng, hold_then_fall)
            told = information(self._outputs(X, w))
            if told > best:
                best, self.w_, self.loss_curve_ = told, w, losses
        said = self._outputs(X, self.w_).argmax(-1)
        order = np.argsort(-np.bincount(said, minlength=self.n_clusters), kind="stable")
        *_, W, b = net.views(self.w_).values()
        W[:], b[:] = W[:, order], b[order]
        self.labels_, self.information_ = np.argsort(order)[said], best
        return self

    @property
    def net_(self) -> Layer:
        """The network as a layer of the core: y, back = model.net_(x, model.w_)."""
        return perceptron(self.n_features_in_, widths(self.hidden), self.n_clusters, self.activation)

    def _outputs(self, X: Array, w: Array) -> Array:
        net = self.net_
        return np.concatenate([net(X[a : a + ROWS], w)[0] for a in range(0, len(X), ROWS)])

    def _said(self, X: Any) -> Array:
        check_is_fitted(self, "w_")
        return self._outputs(validate_data(self, X, dtype=DTYPES, reset=False), self.w_)

    def predict_proba(self, X: Any) -> Array:
        """The membership of each row in each cluster, (N, n_clusters); rows sum to 1."""
        return softmax(self._said(X))

    def predict(self, X: Any) -> Array:
        """The likeliest cluster of each row, (N,)."""
        return self._said(X).argmax(-1)

    def score(self, X: Any, y: Any = None) -> float:
        """Nats that a cluster tells of its row, at most ln n_clusters: the objective, without labels."""
        return information(self._said(X))


class NetworkAutoEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A network that says its input again, x -> code -> x, through a code narrower than x: a PCA that may bend.

    Minimises the mean square of what is lost (Hinton and Salakhutdinov 2006). The decoder mirrors the encoder.
    Columns should be of one scale: put a StandardScaler before it.

    n_components    the width of the code
    hidden          widths of the encoder's hidden layers; () is linear, and learns the span of PCA
    activation      a name or a layer of core.layers, or a list, one for each hidden layer of the encoder
    noise           deviation of what is added to x while learning, not to what is to be said (Vincent et al. 2008)
    updates, batch  minibatches; rows in one, at most
    lr, decay       step size of AdamW, falling to 0 as a cosine; weight decay
    Raises ValueError for data or parameters that cannot be learnt from, and when the loss is no longer finite.

    w_, encoder_, decoder_, net_, loss_curve_
    """

    def __init__(
        self,
        n_components: int = 2,
        *,
        hidden: Any = (64,),
        activation: Any = "tanh",
        noise: float = 0.0,
        updates: int = 1000,
        batch: int = 200,
        lr: float = 0.01,
        decay: float = 0.0,
        random_state: Any = None,
    ) -> None:
        self.n_components, self.hidden, self.activation, self.noise = n_components, hidden, activation, noise
        self.updates, self.batch, self.lr, self.decay, self.random_state = updates, batch, lr, decay, random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learns to say X (N, I) again; y is not looked at."""
        X = validate_data(self, X, dtype=DTYPES, ensure_min_samples=2)
        check(self, positive=("n_components", "updates", "batch", "lr"), nonnegative=("noise", "decay"))
        rng = np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1))
        net = self.net_
        self.w_, self._mean = net.init(rng, X.dtype), X.mean(0)

        def step(i: Array, g: Array) -> float:
            x = X[i] + self.noise * rng.standard_normal((len(i), X.shape[1]), X.dtype) if self.noise else X[i]
            y, back = net(x, self.w_, rng)
            loss, dy = mse(y, X[i])  # the gradient comes from what the network missed of its own input
            back(dy, g)
            return loss

        self.loss_curve_ = descend(self, self.w_, step, len(X), rng, cosine)
        return self

    @property
    def encoder_(self) -> Layer:
        """x (N, I) -> code (N, n_components), with the first `encoder_.size` numbers of w_."""
        return perceptron(self.n_features_in_, widths(self.hidden), self.n_components, self.activation)

    @property
    def decoder_(self) -> Layer:
        """code -> x, with the rest of w_."""
        bends = self.activation[::-1] if isinstance(self.activation, list | tuple) else self.activation
        return perceptron(self.n_components, widths(self.hidden)[::-1], self.n_features_in_, bends)

    @property
    def net_(self) -> Layer:
        """Both, one after the other: y, back = model.net_(x, model.w_)."""
        return Sequential(self.encoder_, self.decoder_)

    @property
    def _n_features_out(self) -> int:
        return self.n_components

    def transform(self, X: Any) -> Array:
        """The code of each row, (N, n_components)."""
        check_is_fitted(self, "w_")
        X, encoder = validate_data(self, X, dtype=DTYPES, reset=False), self.encoder_
        return encoder(X, self.w_[: encoder.size])[0]

    def inverse_transform(self, X: Any) -> Array:
        """Rows (N, n_features_in_) out of codes (N, n_components)."""
        check_is_fitted(self, "w_")
        return self.decoder_(X, self.w_[self.encoder_.size :])[0]

    def score(self, X: Any, y: Any = None) -> float:
        """1 - |x - said again|^2 / |x - mean of the fit|^2: the share of the variance that the code keeps."""
        again = self.inverse_transform(self.transform(X))
        X = validate_data(self, X, dtype=DTYPES, reset=False)
        return 1 - float(((X - again) ** 2).sum() / ((X - self._mean) ** 2).sum())

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
