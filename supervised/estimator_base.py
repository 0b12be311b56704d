"""Fitting a network to whatever rows it is given, for `supervised.estimators`.

Epochs of minibatches over weighted rows, in the dtype of X, dense or sparse, with or without rows held out to stop by.
`supervised.learner.Supervised` counts minibatches over three fixed parts instead, and can be stopped at any of them.
"""

import math
import reprlib
import time
from collections.abc import Callable
from copy import copy, deepcopy
from functools import wraps
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from core import AdamW, Array, Layer, Loss, weighted
from core.lab import check, nearest
from core.lab.estimators import validate_data
from supervised.estimator_inside import Inside, chunks, dense
from supervised.learner import LossRule

LOGS = ("loss", "val_loss", "val_score", "seconds", "step_size", "gradient_norm")  # of each epoch, in history_
FORMER: dict[str, Callable[[Any], dict[str, Any]]] = {  # keywords of before, and what they are now
    "patience": lambda n: {"n_iter_no_change": math.inf if n is None else n},
    "validation": lambda share: {"early_stopping": bool(share), **({"validation_fraction": share} if share else {})},
}
NUMBERS = {"epochs": Integral, "batch": Integral} | dict.fromkeys(
    ("lr", "decay", "validation_fraction", "n_iter_no_change", "tol"), Real
)
QUASI_NEWTON = "lbfgs"  # the one optimizer that goes by name: it takes no minibatches


class Held(NamedTuple):
    """Rows held out to stop by: X (N, I), y as the user gave it, t as the loss takes it, weights s (N,) or None."""

    X: Any
    y: Array
    t: Array
    s: Array | None


def row_weights(s: Any, X: Any) -> Array:
    """s as float64 (N,), ones for None. Raises ValueError for another shape, and for weights below 0."""
    weights: Array = _check_sample_weight(s, X, dtype=np.float64)
    if (weights < 0).any():
        raise ValueError(f"Negative values in data passed to `sample_weight`: the least is {weights.min()}")
    return weights


def given(X_val: Any, y_val: Any) -> bool:
    """Whether there are rows of the user's own to stop by. Raises ValueError for targets without rows."""
    if X_val is None and y_val is not None:
        raise ValueError("y_val are the targets of X_val: pass both")
    return X_val is not None


def checked(loss: LossRule) -> LossRule:
    """The same loss. It raises ValueError where it does not give a value, and a gradient of the shape of y."""

    @wraps(loss)
    def call(y: Array, t: Array, **options: Any) -> Loss:
        found = loss(y, t, **options)
        if not isinstance(found, tuple) or len(found) != 2 or np.shape(found[1]) != y.shape:
            raise ValueError(f"loss must give (value, gradient at y {y.shape}), but it gave {reprlib.repr(found)}")
        return found

    return call


def has_epochs(model: Any) -> bool:
    """Whether it learns in epochs, so that `partial_fit` can be one of them."""
    return not isinstance(model.optimizer, str)


class Fitted(Inside, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """What both estimators have in common: descending, stopping, going on."""

    losses: ClassVar[dict[str, LossRule]]  # by the names that scikit-learn gives them

    def _rule(self) -> LossRule:
        """The loss, by its name or as it was passed."""
        if callable(self.loss):
            return self.loss
        if self.loss not in list(self.losses):
            raise ValueError(f"there is no loss {self.loss!r}{nearest(str(self.loss), self.losses)}, or a function")
        return self.losses[self.loss]

    def _measure(self) -> Callable[[Array, Array, Array | None], Loss]:
        """(y, t, s) -> (1/B) sum_i s_i l_i, and its gradient at y (B, O)."""
        loss = checked(self._rule())
        by_weight = weighted(loss)
        return lambda y, t, s: loss(y, t) if s is None else by_weight(y, t, s)

    def _new_optimizer(self, net: Layer) -> Any:
        if not has_epochs(self):
            return None
        if self.optimizer is None:
            return AdamW(self.lr, net.layout, self.decay)
        if isinstance(self.optimizer, type):
            raise ValueError(
                f"optimizer is the class {self.optimizer.__name__}: pass an object, as in "
                f"{self.optimizer.__name__}(1e-3), or a function of the layout"
            )
        return deepcopy(self.optimizer) if hasattr(self.optimizer, "step") else self.optimizer(net.layout)

    def _check_params(self) -> None:
        for name, kind in NUMBERS.items():
            if not isinstance(value := getattr(self, name), kind):
                what = "a whole number" if kind is Integral else "a number"
                raise ValueError(f"{name} must be {what}, not {value!r}")
        check(self, positive=("epochs", "batch", "lr", "n_iter_no_change"), nonnegative=("decay", "tol"))
        check(self, share=("validation_fraction",), positive=("validation_fraction",))
        if not has_epochs(self) and self.optimizer != QUASI_NEWTON:
            raise ValueError(f"there is no optimizer {self.optimizer!r}: {QUASI_NEWTON!r}, or an object of the core")
        known = ("loss", None, *get_scorer_names())
        if not callable(self.scoring) and self.scoring not in known:
            raise ValueError(f"there is no scoring {self.scoring!r}: 'loss', or one of sklearn's get_scorer_names()")

    def _begin(self, dtype: Any) -> None:
        """Fresh parameters, optimizer and history."""
        self._rng = np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1))
        self._split = int(self._rng.spawn(1)[0].integers(2**31))  # a warm start holds out the same rows again
        self.w_ = self.net_.init(self._rng, np.float64).astype(dtype)  # so that both dtypes start alike
        self.optimizer_ = self._new_optimizer(self.net_)
        self.history_: dict[str, list[float]] = {name: [] for name in LOGS}
        self.t_ = 0

    def _learn(self, X: Any, y: Array, t: Array, s: Array | None, held: Held | None, fresh: bool, one: bool) -> Self:
        """Fits to targets t, which the user calls y, with weights s (N,) or None; `one` epoch alone, or until it stops.

        Where there is no `held`, early stopping holds out a share of the rows, of each class alike.
        """
        self._check_params()
        if one and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True: it is one epoch, over all its rows")
        if s is not None:
            there = np.flatnonzero(s)  # a weight of 0 is a row that is not there
            if not len(there):
                raise ValueError("all rows have weight 0")
            X, y, t, s = X[there], y[there], t[there], s[there]
        if fresh:
            self._begin(X.dtype)
        elif self.w_.size != self.net_.size:
            raise ValueError("the parameters were changed since the last fit; set warm_start=False to begin anew")
        elif self.optimizer_ is None:  # it goes on from where L-BFGS ended
            self.optimizer_ = self._new_optimizer(self.net_)
        if s is not None:
            s = (s / s.mean()).astype(self.w_.dtype)
        if held is None and self.early_stopping:
            out, order = self._divided(t)
            held = Held(X[out], y[out], t[out], None if s is None else s[out])
            X, t, s = X[order], t[order], None if s is None else s[order]
        whole = not has_epochs(self)
        if whole and (held or np.any(self.dropout)):
            raise ValueError(f"optimizer={self.optimizer!r} has no epochs: it takes no rows to stop by, and no dropout")
        with np.errstate(all="ignore"):  # what is not finite is told below, in words
            if whole:
                self._minimise(X, t, s)
            else:
                self._descend(X, t, s, 1 if one else self.epochs, held)
        return self

    def _divided(self, t: Array) -> tuple[Array, Array]:
        """Which rows are held out, and which are learnt from; of each class the same share."""
        strata = t if is_classifier(self) and t.ndim == 1 else None
        share = {"test_size": self.validation_fraction, "stratify": strata, "random_state": self._split}
        try:
            order, out = train_test_split(np.arange(len(t)), **share)
        except ValueError as error:
            raise ValueError(f"validation_fraction={self.validation_fraction} cannot be held out: {error}") from error
        if len(out) < 2:
            raise ValueError(f"The validation set is too small, {len(out)} row: increase validation_fraction")
        return out, order

    def _judge(self, held: Held) -> Callable[[], tuple[float, float]]:
        """Gives the loss of the rows held out, and their score: more is better."""
        judge = copy(self)  # shares w_; the names of the features were checked, and these rows have none
        judge.__dict__.pop("feature_names_in_", None)
        scorer = None if self.scoring == "loss" else check_scoring(judge, self.scoring)
        options, measure = {} if held.s is None else {"sample_weight": held.s}, self._measure()

        def judged() -> tuple[float, float]:
            loss = measure(self._outputs(held.X), held.t, held.s)[0]
            if scorer is None or not math.isfinite(loss):
                return loss, -loss
            if math.isnan(score := float(scorer(judge, held.X, held.y, **options))):
                raise ValueError(f"the {len(held.y)} rows held out are too few for that score: take more, or another")
            return loss, score

        return judged

    def _log(self, *values: float) -> bool:
        """Keeps what there is to know of an epoch; whether the user wants no other one."""
        row = dict(zip(LOGS, values, strict=True))
        for name, value in row.items():
            self.history_[name].append(value)
        self.n_iter_ += 1
        return self.callback is not None and bool(self.callback(self, row))

    def _descend(self, X: Any, t: Array, s: Array | None, epochs: int, held: Held | None) -> None:
        """Epochs of minibatches; with `held` the weights, and the optimizer, of the best epoch are put back."""
        net, w, g, optimizer, rng = self.net_, self.w_, np.empty_like(self.w_), self.optimizer_, self._rng
        N, n = X.shape[0], math.ceil(X.shape[0] / self.batch)
        measure, judged = self._measure(), self._judge(held) if held else None
        best, stale, kept, self.n_iter_ = -math.inf, 0, None, 0
        if judged and self.history_["loss"]:  # a warm start is not to end worse than it began
            best, kept = judged()[1], (w.copy(), deepcopy(optimizer.state))
        for epoch in range(epochs):
            started, loss, norm, val, score = time.perf_counter(), 0.0, 0.0, math.nan, math.nan
            parts: list[Any] = np.array_split(rng.permutation(N), n) if n > 1 else [slice(None)]
            for k, i in enumerate(parts):
                rate = self.schedule((epoch + k / n) / epochs)
                y, back = net(dense(X[i]), w, rng)  # B, O
                value, dy = measure(y, t[i], None if s is None else s[i])
                back(dy, g)
                optimizer.step(w, g, rate)
                loss += value * len(y) / N
                norm += math.sqrt(float(g @ g)) / n
            if judged and np.isfinite(w).all():
                val, score = judged()
            if not (math.isfinite(val if judged else loss) and np.isfinite(w).all()):  # the loss is of before the step
                raise ValueError(f"the fit diverged in epoch {epoch + 1}: scale X, or take a smaller lr than {self.lr}")
            self.t_ += N
            stop = self._log(loss, val, score, time.perf_counter() - started, optimizer.lr * rate, norm)
            watched = score if judged else -loss
            stale = 0 if watched >= best + self.tol else stale + 1
            if watched > best:
                best, kept = watched, (w.copy(), deepcopy(optimizer.state)) if judged else None
            if stop or stale > self.n_iter_no_change:
                break
        if kept is not None:
            w[:], optimizer.state = kept

    def _minimise(self, X: Any, t: Array, s: Array | None) -> None:
        """L-BFGS (Liu and Nocedal 1989) on the loss of all rows + decay/2 |W|^2, until no gradient is above `tol`."""
        from scipy.optimize import minimize

        net, w, g, measure = self.net_, self.w_, np.empty_like(self.w_), self._measure()
        N, self.n_iter_, started = X.shape[0], 0, time.perf_counter()
        fallen = {"loss": math.nan}

        def objective(v: Array) -> tuple[float, Array]:
            w[:] = v
            total = 0.0
            for part in chunks(N):
                y, back = net(dense(X[part]), w)
                value, dy = measure(y, t[part], None if s is None else s[part])
                back(dy * (len(y) / N), g, add=part.start > 0)
                total += value * len(y) / N
            fallen["loss"] = total
            for W, G in zip(self._linear(w, "weight"), self._linear(g, "weight"), strict=True):
                total += self.decay / 2 * float((W * W).sum())
                G += self.decay * W
            return total, g.astype(np.float64)

        def each(v: Array) -> None:
            nonlocal started
            now = time.perf_counter()
            self._log(fallen["loss"], math.nan, math.nan, now - started, math.nan, math.sqrt(float(g @ g)))
            started = now

        limits = {"maxiter": self.epochs, "maxfun": 100 * self.epochs, "gtol": self.tol}
        found = minimize(objective, w.astype(np.float64), jac=True, method="L-BFGS-B", callback=each, options=limits)
        if not self.n_iter_:  # it began where it ends
            each(found.x)
        w[:] = found.x
        self.t_ += N * int(found.nfev)
        if not np.isfinite(w).all() or not math.isfinite(found.fun):
            raise ValueError("the fit diverged: scale X")

    def _checked(self, X: Any, y: Any = "no_validation", reset: bool = False, **options: Any) -> Any:
        """Rows, dense or sparse, and their targets where there are any."""
        options |= {"accept_sparse": "csr", "dtype": [np.float64, np.float32], "reset": reset}
        if isinstance(y, str) and y == "no_validation":
            return validate_data(self, X, **options)
        X, y = validate_data(self, X, y, **options)
        return X, y.toarray() if hasattr(y, "toarray") else y

    def _new(self, X: Any) -> Any:
        """Checked rows to be judged."""
        check_is_fitted(self, "w_")
        return self._checked(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
