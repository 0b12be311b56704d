"""The network as scikit-learn estimators: they work in Pipeline, GridSearchCV, cross_val_score and clone.

model = NetworkClassifier(hidden=(64, 32), dropout=0.2, patience=10)
model.fit(x, t, sample_weight=s, X_val=x_val, y_val=t_val)
model.predict_proba(x_new), model.activations(x_new), model.history_["val_loss"]
"""

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

from core import Array, Schedule, constant, cross_entropy, log_softmax, mse, softmax
from supervised.estimator_base import Fitted, row_weights
from supervised.learner import LossRule


class NetworkClassifier(ClassifierMixin, Fitted):  # type: ignore[misc]
    """A multi-layer perceptron that says classes, of labels of any type.

    hidden          widths of the hidden layers; () is logistic regression
    activation      a name or a layer of core.layers, or a list, one for each hidden layer
    dropout         the share of hidden units silenced while learning, or a list, one for each hidden layer
    loss            (y, t) -> (value, gradient at y): logits y (B, C), labels t (B,), a mean over rows
    lr, decay       step size and weight decay of AdamW, which is used if `optimizer` is None
    optimizer       one of core.optimizers, copied and never changed, or a function of the layout that makes one
    schedule        progress in [0, 1) -> the factor of the step size
    epochs, batch   passes over the rows; rows in a minibatch, at most
    validation      the share of the rows held out to stop by, where fit is given no X_val
    patience, tol   epochs without the loss (of the rows held out, if any) falling by tol until it stops; None: never
    warm_start      fit goes on from the weights and the optimizer as they are
    class_weight    {class: weight}, or "balanced" for each class to weigh the same
    Raises ValueError for data or parameters that cannot be learnt from, and when the loss is no longer finite.
    """

    def __init__(
        self,
        hidden: Any = (100,),
        *,
        activation: Any = "relu",
        dropout: Any = 0.0,
        loss: LossRule = cross_entropy,
        lr: float = 1e-3,
        decay: float = 0.0,
        optimizer: Any = None,
        schedule: Schedule = constant,
        epochs: int = 200,
        batch: int = 200,
        validation: float = 0.0,
        patience: int | None = 10,
        tol: float = 1e-4,
        warm_start: bool = False,
        class_weight: Any = None,
        random_state: Any = None,
    ) -> None:
        self.hidden, self.activation, self.dropout, self.loss = hidden, activation, dropout, loss
        self.lr, self.decay, self.optimizer, self.schedule = lr, decay, optimizer, schedule
        self.epochs, self.batch, self.validation = epochs, batch, validation
        self.patience, self.tol, self.warm_start = patience, tol, warm_start
        self.class_weight, self.random_state = class_weight, random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None) -> Self:
        """Learns from X (N, I), dense or sparse, and labels y (N,); with X_val and y_val it stops by those."""
        fresh = not (self.warm_start and hasattr(self, "w_"))
        X, y = self._data(X, y, fresh)
        classes = np.unique(y)
        if len(classes) < 2:
            raise ValueError(f"needs at least 2 classes, but y holds one class alone, {classes[0]!r}")
        if fresh:
            self.classes_, self.n_outputs_ = classes, len(classes)
        elif not np.array_equal(classes, self.classes_):
            raise ValueError(f"warm_start goes on with the classes {self.classes_}, but y holds {classes}")
        t, held = self._labels(y), None
        if X_val is not None:
            X_val, y_val = self._data(X_val, y_val, False)
            held = X_val, self._labels(y_val)
        return self._learn(X, t, self._weights(X, t, sample_weight), held, fresh)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """One epoch over these rows; the first call names all classes that will ever come."""
        fresh = not hasattr(self, "w_")
        if fresh and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if classes is not None and not fresh and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"classes={classes} are not those of the first fit, {self.classes_}: name them all there")
        X, y = self._data(X, y, fresh)
        if fresh:
            self.classes_ = np.unique(classes)
            self.n_outputs_ = len(self.classes_)
        t = self._labels(y)
        return self._learn(X, t, self._weights(X, t, sample_weight), None, fresh, 1)

    def _data(self, X: Any, y: Any, reset: bool) -> tuple[Any, Array]:
        X, y = self._checked(X, y, reset)
        check_classification_targets(y)
        return X, y

    def _labels(self, y: Array) -> Array:
        """Labels from 0 to C - 1."""
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(f"y holds {unknown[0]!r}, which is none of the classes {self.classes_}")
        return np.searchsorted(self.classes_, y)

    def _weights(self, X: Any, t: Array, sample_weight: Any) -> Array | None:
        """The weight of each row times that of its class."""
        if sample_weight is None and self.class_weight is None:
            return None
        s = row_weights(sample_weight, X)
        if isinstance(self.class_weight, str) and self.class_weight == "balanced":
            sums = np.bincount(t, s, len(self.classes_))  # so that a weight of 2 stays a row that is there twice
            s = s / np.where(sums > 0, sums, 1)[t]
        elif self.class_weight is not None:
            s = s * compute_class_weight(self.class_weight, classes=self.classes_, y=self.classes_[t])[t]
        return s

    def decision_function(self, X: Any) -> Array:
        """The logits (N, C); of two classes the difference (N,)."""
        y = self._outputs(self._new(X))
        return y[:, 1] - y[:, 0] if len(self.classes_) == 2 else y

    def predict_log_proba(self, X: Any) -> Array:
        """log softmax of the logits, (N, C)."""
        return log_softmax(self._outputs(self._new(X)))

    def predict_proba(self, X: Any) -> Array:
        """softmax of the logits, (N, C): probabilities if the loss is cross-entropy."""
        return softmax(self._outputs(self._new(X)))

    def predict(self, X: Any) -> Array:
        """The likeliest class of each row, (N,)."""
        said = self._outputs(self._new(X)).argmax(-1)  # first, since it tells what was never fitted
        return self.classes_[said]


class NetworkRegressor(RegressorMixin, Fitted):  # type: ignore[misc]
    """A multi-layer perceptron that says values, one or several a row; parameters as in NetworkClassifier.

    `loss` is called with y and t, both (B, O). Values far from 0 to 1 are learnt slowly: put it into scikit-learn's
    TransformedTargetRegressor, with a StandardScaler. Raises ValueError as the classifier does.
    """

    def __init__(
        self,
        hidden: Any = (100,),
        *,
        activation: Any = "relu",
        dropout: Any = 0.0,
        loss: LossRule = mse,
        lr: float = 1e-3,
        decay: float = 0.0,
        optimizer: Any = None,
        schedule: Schedule = constant,
        epochs: int = 200,
        batch: int = 200,
        validation: float = 0.0,
        patience: int | None = 10,
        tol: float = 1e-4,
        warm_start: bool = False,
        random_state: Any = None,
    ) -> None:
        self.hidden, self.activation, self.dropout, self.loss = hidden, activation, dropout, loss
        self.lr, self.decay, self.optimizer, self.schedule = lr, decay, optimizer, schedule
        self.epochs, self.batch, self.validation = epochs, batch, validation
        self.patience, self.tol, self.warm_start, self.random_state = patience, tol, warm_start, random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None) -> Self:
        """Learns from X (N, I), dense or sparse, and values y (N,) or (N, O); X_val and y_val are to stop by."""
        fresh = not (self.warm_start and hasattr(self, "w_"))
        X, t = self._data(X, y, fresh)
        held = None if X_val is None else self._data(X_val, y_val, False)
        return self._learn(X, t, None if sample_weight is None else row_weights(sample_weight, X), held, fresh)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One epoch over these rows."""
        fresh = not hasattr(self, "w_")
        X, t = self._data(X, y, fresh)
        return self._learn(X, t, None if sample_weight is None else row_weights(sample_weight, X), None, fresh, 1)

    def _data(self, X: Any, y: Any, reset: bool) -> tuple[Any, Array]:
        """X and t (N, O), both in the dtype of X."""
        X, y = self._checked(X, y, reset, multi_output=True, y_numeric=True)
        if reset:
            self._flat, self.n_outputs_ = y.ndim == 1, y[0].size
        t = y.reshape(len(y), -1).astype(X.dtype)
        if t.shape[1] != self.n_outputs_:
            raise ValueError(f"y has {t.shape[1]} values a row, but the network says {self.n_outputs_}")
        return X, t

    def predict(self, X: Any) -> Array:
        """The values, in the shape of the y of fit: (N,) or (N, O)."""
        y = self._outputs(self._new(X))
        return y[:, 0] if self._flat else y

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
