"""Fitting a network to whatever rows it is given, for `supervised.estimators`.

Epochs of minibatches over weighted rows, in the dtype of X, dense or sparse, with or without rows held out to stop by.
`supervised.learner.Supervised` counts minibatches over three fixed parts instead, and can be stopped at any of them.
"""

import math
import time
from copy import deepcopy
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from core import AdamW, Array, Layer, Loss, Optimizer, check_shapes, cross_entropy, difference, mse
from core.lab.estimators import perceptron, validate_data, widths
from supervised.learner import LossRule

CHUNK = 1000  # rows that are judged at once; sparse ones are dense no longer than that
LOGS = ("loss", "val_loss", "seconds", "step_size", "gradient_norm")  # of each epoch, in history_


def weighted(loss: LossRule, y: Array, t: Array, s: Array | None) -> Loss:
    """(1/B) sum_i s_i l_i, where l_i is the loss of row i alone, and its gradient at y (B, O); s (B,) or None for ones.

    A loss that has no formula here is called once for each distinct weight: it only has to be a mean over rows.
    """
    if s is None:
        return loss(y, t)
    check_shapes(y.shape[:1], sample_weight=s)
    if loss is cross_entropy:
        value, dy = cross_entropy(y, t, sample_weight=s)  # divides by the sum of s, not by B
        return value * float(s.mean()), dy * s.mean()
    if loss is mse:
        d = difference(y, t)
        sd = s[:, None] * d
        return float((sd * d).sum()) / d.size, (2 / d.size) * sd
    total, dy = 0.0, np.zeros_like(y)
    for k in np.unique(s):
        i = s == k
        value, d = loss(y[i], t[i])
        share = float(k) * float(i.mean())
        total += share * value
        dy[i] = share * d
    return total, dy


def row_weights(s: Any, X: Any) -> Array:
    """s as float64 (N,), ones for None. Raises ValueError for another shape, and for weights below 0."""
    checked: Array = _check_sample_weight(s, X, dtype=np.float64)
    if (checked < 0).any():
        raise ValueError(f"Negative values in data passed to `sample_weight`: the least is {checked.min()}")
    return checked


def _dense(x: Any) -> Array:
    return x if isinstance(x, np.ndarray) else x.toarray()


class Fitted(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """What both estimators have in common: building the network, descending, going on, looking inside."""

    def _network(self, I: int, O: int) -> Layer:
        return perceptron(I, widths(self.hidden), O, self.activation, self.dropout)

    def _new_optimizer(self, net: Layer) -> Optimizer:
        if self.optimizer is None:
            return AdamW(self.lr, net.layout, self.decay)
        if isinstance(self.optimizer, type):
            raise ValueError(
                f"optimizer is the class {self.optimizer.__name__}: pass an object, as in "
                f"{self.optimizer.__name__}(1e-3), or a function of the layout"
            )
        return deepcopy(self.optimizer) if hasattr(self.optimizer, "step") else self.optimizer(net.layout)

    def _check_params(self) -> None:
        if not (self.epochs >= 1 and self.batch >= 1 and self.lr > 0 and 0 <= self.validation < 1):
            raise ValueError(
                f"needs epochs and batch from 1, lr above 0 and validation in [0, 1), not {self.epochs}, "
                f"{self.batch}, {self.lr}, {self.validation}"
            )

    def _begin(self, dtype: Any) -> None:
        """Fresh parameters, optimizer and history."""
        self._rng = np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1))
        self.w_ = self.net_.init(self._rng, dtype)
        self.optimizer_ = self._new_optimizer(self.net_)
        self.history_: dict[str, list[float]] = {name: [] for name in LOGS}

    def _learn(self, X: Any, t: Array, s: Array | None, held: Any, fresh: bool, epochs: int | None = None) -> Self:
        """Fits: with weights s (N,) or None; with held = (X, t), or a share of the rows, to stop by. Or some epochs."""
        self._check_params()
        if s is not None:
            there = np.flatnonzero(s)  # a weight of 0 is a row that is not there
            if not len(there):
                raise ValueError("all rows have weight 0")
            X, t, s = X[there], t[there], s[there]
        if fresh:
            self._begin(X.dtype)
        elif self.w_.size != self.net_.size:
            raise ValueError("the parameters were changed since the last fit; set warm_start=False to begin anew")
        if s is not None:
            s = (s / s.mean()).astype(self.w_.dtype)
        weight = None
        if held is None and self.validation and epochs is None:
            order = self._rng.permutation(X.shape[0])
            n = max(round(self.validation * len(order)), 1)
            if n == len(order):
                raise ValueError(f"{n} row is too few to hold out validation={self.validation} of it")
            out, order = order[:n], order[n:]
            held, weight = (X[out], t[out]), None if s is None else s[out]
            X, t, s = X[order], t[order], None if s is None else s[order]
        with np.errstate(all="ignore"):  # what is not finite is told below, in words
            self._descend(X, t, s, epochs or self.epochs, held, weight)
        return self

    def _descend(
        self, X: Any, t: Array, s: Array | None, epochs: int, held: Any = None, weight: Array | None = None
    ) -> None:
        """Epochs of minibatches; with `held` the weights, and the optimizer, of the best epoch are put back."""
        net, w, g, optimizer, rng = self.net_, self.w_, np.empty_like(self.w_), self.optimizer_, self._rng
        N, n = X.shape[0], math.ceil(X.shape[0] / self.batch)
        least, stale, best, self.n_iter_ = math.inf, 0, None, 0
        for epoch in range(epochs):
            started, loss, norm = time.perf_counter(), 0.0, 0.0
            parts: list[Any] = np.array_split(rng.permutation(N), n) if n > 1 else [slice(None)]
            for k, i in enumerate(parts):
                rate = self.schedule((epoch + k / n) / epochs)
                y, back = net(_dense(X[i]), w, rng)  # B, O
                value, dy = weighted(self.loss, y, t[i], None if s is None else s[i])
                back(dy, g)
                optimizer.step(w, g, rate)
                loss += value * len(y) / N
                norm += math.sqrt(float(g @ g)) / n
            val = math.nan if held is None else weighted(self.loss, self._outputs(held[0]), held[1], weight)[0]
            watched = loss if held is None else val
            if not (math.isfinite(watched) and np.isfinite(w).all()):  # the loss is of before the last step
                raise ValueError(f"the fit diverged in epoch {epoch + 1}: scale X, or take a smaller lr than {self.lr}")
            for name, log in zip(
                LOGS, (loss, val, time.perf_counter() - started, optimizer.lr * rate, norm), strict=True
            ):
                self.history_[name].append(log)
            self.n_iter_ += 1
            stale = 0 if watched < least - self.tol else stale + 1
            if watched < least:
                least, best = watched, None if held is None else (w.copy(), deepcopy(optimizer.state))
            if self.patience is not None and stale >= self.patience:
                break
        if best is not None:
            w[:], optimizer.state = best

    def _outputs(self, X: Any) -> Array:
        net = self.net_
        return np.concatenate([net(_dense(X[a : a + CHUNK]), self.w_)[0] for a in range(0, X.shape[0], CHUNK)])

    def _checked(self, X: Any, y: Any = "no_validation", reset: bool = False, **options: Any) -> Any:
        """Rows, dense or sparse, and their targets where there are any."""
        return validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32], reset=reset, **options)

    def _new(self, X: Any) -> Any:
        """Checked rows to be judged."""
        check_is_fitted(self, "w_")
        return self._checked(X)

    @property
    def net_(self) -> Layer:
        """The network as a layer of the core: y, back = model.net_(x, model.w_)."""
        return self._network(self.n_features_in_, self.n_outputs_)

    def activations(self, X: Any) -> list[Array]:
        """What each hidden layer says of X, (N, units) each, after its activation; last the outputs y (N, O)."""
        X, found = self._new(X), []
        for a in range(0, X.shape[0], CHUNK):
            h, said, at = _dense(X[a : a + CHUNK]), [], 0
            for part in self.net_.parts:
                h, _ = part(h, self.w_[at : at + part.size])
                at += part.size
                said.append(h)
            found.append(said)
        return [np.concatenate(parts) for parts in zip(*found, strict=True)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
