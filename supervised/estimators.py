"""The network as scikit-learn estimators: they work in Pipeline, GridSearchCV, cross_val_score and clone.

model = NetworkClassifier(hidden=(64, 32), dropout=0.2, early_stopping=True)
model.fit(x, t, sample_weight=s)                    # or fit(x, t, X_val=x_val, y_val=t_val)
model.predict_proba(x_new), model.activations(x_new), model.validation_scores_
"""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from scipy.special import expit
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from core import (
    Array,
    Schedule,
    binary_cross_entropy,
    constant,
    cross_entropy,
    hinge,
    huber,
    log_softmax,
    mse,
    pinball,
    poisson,
    softmax,
)
from core.lab import check
from core.lab.former import renamed
from supervised.estimator_base import FORMER, Fitted, Held, given, has_epochs, row_weights
from supervised.learner import LossRule

Callback = Callable[[Any, dict[str, float]], Any]  # of a model and a row of its history


class NetworkClassifier(ClassifierMixin, Fitted):  # type: ignore[misc]
    """A multi-layer perceptron that says a class, of labels of any type; or several, of y (N, K) of 0 and 1.

    hidden          widths of the hidden layers; () is logistic regression
    activation      a name or a layer of core.layers, or a list, one for each hidden layer
    dropout         the share of hidden units silenced while learning, or a list, one for each hidden layer
    loss            "log_loss", "hinge", or a mean over rows (y, t) -> (value, gradient at y): logits y (B, C), t (B,)
    lr, decay       step size and weight decay of AdamW, which is used if `optimizer` is None
    optimizer       one of core.optimizers, copied and never changed; or a function of the layout that makes one; or
                    "lbfgs", which takes all rows at once and no step size: for small tables
    schedule        progress in [0, 1) -> the factor of the step size
    epochs, batch   passes over the rows (iterations of "lbfgs"); rows in a minibatch, at most
    early_stopping  holds out rows, of each class alike, stops by them, and puts the weights of the best epoch back
    validation_fraction     the share of the rows held out, where fit is given no X_val
    scoring         what the rows held out are judged by: None for `score`, "loss", or a scorer of scikit-learn
    n_iter_no_change, tol   it stops after more epochs than that in which the score (without rows held out the loss) did
                    not get better by tol; math.inf: never
    warm_start      fit goes on from the weights and the optimizer as they are
    callback        called as callback(model, row) after each epoch, with what history_ gets; it stops if that is true
    class_weight    {class: weight}, or "balanced" for each class to weigh the same
    Raises ValueError for data or parameters that cannot be learnt from, and when the loss is no longer finite.
    """

    losses: ClassVar = {"log_loss": cross_entropy, "hinge": hinge}

    @renamed(**FORMER)
    def __init__(
        self,
        hidden: Any = (100,),
        *,
        activation: Any = "relu",
        dropout: Any = 0.0,
        loss: str | LossRule = "log_loss",
        lr: float = 1e-3,
        decay: float = 0.0,
        optimizer: Any = None,
        schedule: Schedule = constant,
        epochs: int = 200,
        batch: int = 200,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        scoring: Any = None,
        n_iter_no_change: float = 10,
        tol: float = 1e-4,
        warm_start: bool = False,
        callback: Callback | None = None,
        class_weight: Any = None,
        random_state: Any = None,
    ) -> None:
        self.hidden, self.activation, self.dropout, self.loss = hidden, activation, dropout, loss
        self.lr, self.decay, self.optimizer, self.schedule = lr, decay, optimizer, schedule
        self.epochs, self.batch, self.early_stopping = epochs, batch, early_stopping
        self.validation_fraction, self.scoring = validation_fraction, scoring
        self.n_iter_no_change, self.tol, self.warm_start, self.callback = n_iter_no_change, tol, warm_start, callback
        self.class_weight, self.random_state = class_weight, random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None) -> Self:
        """Learns from X (N, I), dense or sparse, and y (N,) or (N, K); with X_val and y_val it stops by those."""
        fresh = not (self.warm_start and hasattr(self, "w_"))
        X, y = self._data(X, y, fresh)
        classes = np.unique(y) if y.ndim == 1 else np.arange(y.shape[1])
        if len(classes) < 2 and y.ndim == 1:
            raise ValueError(f"needs at least 2 classes, but y holds one class alone, {classes[0]!r}")
        if fresh:
            self.classes_, self.n_outputs_ = classes, len(classes)
        elif not np.array_equal(classes, self.classes_):
            raise ValueError(f"warm_start goes on with the classes {self.classes_}, but y holds {classes}")
        t, held = self._labels(X, y), None
        if given(X_val, y_val):
            X_val, y_val = self._data(X_val, y_val, False)
            held = Held(X_val, y_val, self._labels(X_val, y_val), None)
        return self._learn(X, y, t, self._weights(X, t, sample_weight), held, fresh, False)

    @available_if(has_epochs)  # type: ignore[untyped-decorator]
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
        t = self._labels(X, y)
        return self._learn(X, y, t, self._weights(X, t, sample_weight), None, fresh, True)

    def _data(self, X: Any, y: Any, reset: bool) -> tuple[Any, Array]:
        """X, and y (N,), or y (N, K) where there are several labels a row."""
        X, y = self._checked(X, y, reset, multi_output=True)
        check_classification_targets(y)
        several = type_of_target(y) == "multilabel-indicator"
        y = y if several else column_or_1d(y, warn=True)
        if reset:
            self._several = several
        elif several != self._several:
            raise ValueError(f"y {y.shape} is not of the kind of before: one label a row, or an indicator of several")
        return X, y

    def _labels(self, X: Any, y: Array) -> Array:
        """Labels from 0 to C - 1; of several labels a row y itself, in the dtype of X."""
        if self._several:
            if y.shape[1] != len(self.classes_):
                raise ValueError(f"y has {y.shape[1]} labels a row, but the network says {len(self.classes_)}")
            return y.astype(X.dtype)
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(f"y holds {unknown[0]!r}, which is none of the classes {self.classes_}")
        return np.searchsorted(self.classes_, y)

    def _rule(self) -> LossRule:
        if not self._several or callable(self.loss):
            return super()._rule()
        if self.loss != "log_loss":
            raise ValueError(f"of several labels a row the loss is 'log_loss' or a function, not {self.loss!r}")
        return binary_cross_entropy

    def _weights(self, X: Any, t: Array, sample_weight: Any) -> Array | None:
        """The weight of each row times that of its class."""
        if sample_weight is None and self.class_weight is None:
            return None
        s = row_weights(sample_weight, X)
        if self.class_weight is None:
            return s
        if self._several:
            raise ValueError("class_weight is of rows with one label each; weigh the rows with sample_weight")
        if isinstance(self.class_weight, str) and self.class_weight == "balanced":
            sums = np.bincount(t, s, len(self.classes_))  # so that a weight of 2 stays a row that is there twice
            return s / np.where(sums > 0, sums, 1)[t]
        return s * compute_class_weight(self.class_weight, classes=self.classes_, y=self.classes_[t])[t]

    @property
    def out_activation_(self) -> str:
        """What turns outputs into probabilities."""
        return "logistic" if self._several else "softmax"

    def decision_function(self, X: Any) -> Array:
        """The logits (N, C); of two classes the difference (N,)."""
        y = self._outputs(self._new(X))
        return y[:, 1] - y[:, 0] if len(self.classes_) == 2 and not self._several else y

    def predict_log_proba(self, X: Any) -> Array:
        """log of what predict_proba says, stable at logits of any size: (N, C)."""
        y = self._outputs(self._new(X))
        return -np.logaddexp(0, -y) if self._several else log_softmax(y)

    def predict_proba(self, X: Any) -> Array:
        """softmax of the logits, (N, C), or sigmoid of several labels: probabilities if the loss is log_loss."""
        y = self._outputs(self._new(X))
        return expit(y) if self._several else softmax(y)

    def predict(self, X: Any) -> Array:
        """The likeliest class of each row, (N,), or of several labels those above one half, (N, K) of 0 and 1."""
        y = self._outputs(self._new(X))  # first, since it tells what was never fitted
        return (y > 0).astype(int) if self._several else self.classes_[y.argmax(-1)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class NetworkRegressor(RegressorMixin, Fitted):  # type: ignore[misc]
    """A multi-layer perceptron that says values, one or several a row; parameters as in NetworkClassifier.

    loss            "squared_error", "huber", "quantile", "poisson" (counts: the network's output is the log of what is
                    said), or (y, t) -> (value, gradient at y), both (B, O), a mean over rows
    quantile        which one loss="quantile" is of; 0.5 is the median
    Values far from 0 to 1 are learnt slowly: put it into scikit-learn's TransformedTargetRegressor, with a
    StandardScaler; counts need none. Raises ValueError as the classifier does.
    """

    losses: ClassVar = {"squared_error": mse, "huber": huber, "quantile": pinball, "poisson": poisson}

    @renamed(**FORMER)
    def __init__(
        self,
        hidden: Any = (100,),
        *,
        activation: Any = "relu",
        dropout: Any = 0.0,
        loss: str | LossRule = "squared_error",
        quantile: float = 0.5,
        lr: float = 1e-3,
        decay: float = 0.0,
        optimizer: Any = None,
        schedule: Schedule = constant,
        epochs: int = 200,
        batch: int = 200,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        scoring: Any = None,
        n_iter_no_change: float = 10,
        tol: float = 1e-4,
        warm_start: bool = False,
        callback: Callback | None = None,
        random_state: Any = None,
    ) -> None:
        self.hidden, self.activation, self.dropout, self.loss = hidden, activation, dropout, loss
        self.quantile, self.lr, self.decay, self.optimizer, self.schedule = quantile, lr, decay, optimizer, schedule
        self.epochs, self.batch, self.early_stopping = epochs, batch, early_stopping
        self.validation_fraction, self.scoring = validation_fraction, scoring
        self.n_iter_no_change, self.tol, self.warm_start, self.callback = n_iter_no_change, tol, warm_start, callback
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None) -> Self:
        """Learns from X (N, I), dense or sparse, and values y (N,) or (N, O); X_val and y_val are to stop by."""
        fresh = not (self.warm_start and hasattr(self, "w_"))
        X, y, t = self._data(X, y, fresh)
        held = Held(*self._data(X_val, y_val, False), None) if given(X_val, y_val) else None
        s = None if sample_weight is None else row_weights(sample_weight, X)
        return self._learn(X, y, t, s, held, fresh, False)

    @available_if(has_epochs)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One epoch over these rows."""
        fresh = not hasattr(self, "w_")
        X, y, t = self._data(X, y, fresh)
        s = None if sample_weight is None else row_weights(sample_weight, X)
        return self._learn(X, y, t, s, None, fresh, True)

    def _data(self, X: Any, y: Any, reset: bool) -> tuple[Any, Array, Array]:
        """X, y as it was given, and t (N, O), in the dtype of X."""
        X, y = self._checked(X, y, reset, multi_output=True, y_numeric=True)
        if reset:
            self._flat, self.n_outputs_ = y.ndim == 1, y[0].size
        t = y.reshape(len(y), -1).astype(X.dtype)
        if t.shape[1] != self.n_outputs_:
            raise ValueError(f"y has {t.shape[1]} values a row, but the network says {self.n_outputs_}")
        if self.out_activation_ == "exp" and t.min() < 0:
            raise ValueError(f"loss='poisson' is of counts, but y holds {t.min()}")
        return X, y, t

    def _rule(self) -> LossRule:
        rule = super()._rule()
        if rule is not pinball:
            return rule
        check(self, share=("quantile",), positive=("quantile",))
        return partial(pinball, quantile=self.quantile)

    @property
    def out_activation_(self) -> str:
        """What turns the outputs of the network into values."""
        return "exp" if super()._rule() is poisson else "identity"

    def predict(self, X: Any) -> Array:
        """The values, in the shape of the y of fit: (N,) or (N, O)."""
        y = self._outputs(self._new(X))
        y = np.exp(y) if self.out_activation_ == "exp" else y
        return y[:, 0] if self._flat else y

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
