"""What anyone would try first, out of scikit-learn, fitted on the same training part as it comes."""

import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from core import Array
from core.lab import Splits

SVM = "support vector machine"
BOOSTING = "gradient boosting"


class Weights(NamedTuple):
    """How much each example of a part counts, (N,); None: all alike."""

    train: Array | None = None
    val: Array | None = None
    test: Array | None = None


ALIKE = Weights()


def accuracy(said: Array, t: Array, s: Array | None = None) -> float:
    """The share of right answers among t (N, ...), examples weighted by s (N,)."""
    return float(np.average(said == t, 0, s).mean())


def predictions(
    methods: Mapping[str, Any], x: Array, t: Array, x_test: Array, s: Array | None = None
) -> dict[str, Array]:
    """What each of these methods of scikit-learn says of x_test, given x (N, I), the targets t and weights s (N,).

    A method that knows no weights is given none.
    """
    from sklearn.utils.validation import has_fit_parameter

    said = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of iterations that end before they converge
        for name, method in methods.items():
            knows = s is not None and has_fit_parameter(method, "sample_weight")
            said[name] = method.fit(x, t, **({"sample_weight": s} if knows else {})).predict(x_test)
    return said


def classifiers(splits: Splits, most: int, weights: Weights = ALIKE) -> dict[str, float]:
    """Test accuracy by name, each given the first `most` training examples; SVM: Gaussian kernel, C = 10.

    A baseline has one class to learn where the training labels have but one: then all of them say it. So it is, too,
    where examples of one class alone have a weight above 0.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import NearestCentroid
    from sklearn.neural_network import MLPClassifier
    from sklearn.svm import SVC

    x, t = splits.x_train[:most].reshape(min(most, len(splits.x_train)), -1), splits.t_train[:most]
    s = None if weights.train is None else weights.train[:most]
    common = np.bincount(t, s).argmax()
    methods: dict[str, Any] = {
        "nearest centroid": NearestCentroid(),
        "logistic regression": LogisticRegression(max_iter=300),
        "scikit-learn's MLP": MLPClassifier(random_state=0),
        SVM: SVC(C=10),
    }
    said, rows = {"majority": np.full(len(splits.t_test), common)}, splits.x_test.reshape(len(splits.x_test), -1)
    one = (np.bincount(t, s) > 0).sum() < 2
    said |= dict.fromkeys(methods, said["majority"]) if one else predictions(methods, x, t, rows, s)
    return {name: accuracy(answers, splits.t_test, weights.test) for name, answers in said.items()}


def regressors(splits: Splits, most: int, s: Array | None = None) -> dict[str, Array]:
    """What each method says of the test part, (N, O), given the first `most` training examples, weighted by s (N,)."""
    from sklearn.dummy import DummyRegressor
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import Ridge
    from sklearn.multioutput import MultiOutputRegressor
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.neural_network import MLPRegressor

    n = min(most, len(splits.x_train))
    x, t = splits.x_train[:n].reshape(n, -1), splits.t_train[:n]
    rows = splits.x_test.reshape(len(splits.x_test), -1)
    methods: dict[str, Any] = {
        "mean": DummyRegressor(),
        "ridge": Ridge(),
        "nearest neighbours": KNeighborsRegressor(min(5, n)),
        "scikit-learn's MLP": MLPRegressor(random_state=0),
    }
    s = None if s is None else s[:n]
    said = predictions(methods, x, t[:, 0] if t.shape[1] == 1 else t, rows, s)
    said |= predictions({BOOSTING: MultiOutputRegressor(HistGradientBoostingRegressor(random_state=0))}, x, t, rows, s)
    return {name: y.reshape(splits.t_test.shape) for name, y in said.items()}
