"""What a fitted estimator has to show: its network, its weights by layer, what each layer says, and how it learnt.

The attributes that scikit-learn's own networks have are here by the same names. None of them is a copy: `coefs_` and
`intercepts_` are views of `w_`, and the curves are those of `history_`.
"""

import math
from typing import Any

import numpy as np

from core import Array, Layer
from core.lab.estimators import perceptron, widths

CHUNK = 1000  # rows that are judged at once; sparse ones are dense no longer than that


def dense(x: Any) -> Array:
    return x if isinstance(x, np.ndarray) else x.toarray()


def chunks(N: int) -> list[slice]:
    return [slice(a, a + CHUNK) for a in range(0, N, CHUNK)]


class Inside:
    """A network of widths `hidden` with weights `w_`, fitted to rows of `n_features_in_`, and its `history_`."""

    hidden: Any
    activation: Any
    dropout: Any
    w_: Array
    n_features_in_: int
    n_outputs_: int
    history_: dict[str, list[float]]

    @property
    def net_(self) -> Layer:
        """The network as a layer of the core: y, back = model.net_(x, model.w_)."""
        return perceptron(self.n_features_in_, widths(self.hidden), self.n_outputs_, self.activation, self.dropout)

    @property
    def n_layers_(self) -> int:
        """The input, the hidden layers and the output."""
        return len(widths(self.hidden)) + 2

    def _linear(self, w: Array, name: str) -> list[Array]:
        """The "weight" or the "bias" of each linear map, as views of w."""
        views, last = self.net_.views(w), len(widths(self.hidden))
        return [views[f"{k}.0.{name}" if k < last else f"{k}.{name}"] for k in range(last + 1)]

    @property
    def coefs_(self) -> list[Array]:
        """The weights of each linear map, (I, O), from the input to the output; writing into them changes w_."""
        return self._linear(self.w_, "weight")

    @property
    def intercepts_(self) -> list[Array]:
        """The biases of each linear map, (O,)."""
        return self._linear(self.w_, "bias")

    @property
    def loss_curve_(self) -> list[float]:
        """The mean loss of each epoch, while it was learning."""
        return self.history_["loss"]

    @property
    def loss_(self) -> float:
        """The last of loss_curve_."""
        return self.loss_curve_[-1]

    @property
    def validation_scores_(self) -> list[float] | None:
        """The score of each epoch on the rows held out; None if there were none."""
        return [score for score in self.history_["val_score"] if not math.isnan(score)] or None

    @property
    def best_validation_score_(self) -> float | None:
        """The best of them; the weights are of its epoch."""
        scores = self.validation_scores_
        return max(scores) if scores else None

    @property
    def best_loss_(self) -> float | None:
        """The least of loss_curve_; None where rows were held out to stop by."""
        return None if self.validation_scores_ else min(self.loss_curve_)

    def _outputs(self, X: Any) -> Array:
        net = self.net_
        return np.concatenate([net(dense(X[part]), self.w_)[0] for part in chunks(X.shape[0])])

    def _new(self, X: Any) -> Any:
        raise NotImplementedError

    def activations(self, X: Any) -> list[Array]:
        """What each hidden layer says of X, (N, units) each, after its activation; last the outputs y (N, O)."""
        X, found = self._new(X), []
        for rows in chunks(X.shape[0]):
            h, said, at = dense(X[rows]), [], 0
            for part in self.net_.parts:
                h, _ = part(h, self.w_[at : at + part.size])
                at += part.size
                said.append(h)
            found.append(said)
        return [np.concatenate(parts) for parts in zip(*found, strict=True)]
