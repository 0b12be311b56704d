"""What anyone would try first, out of scikit-learn, fitted on the same training part as it comes."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from core import Array
from core.lab import Splits

SVM = "support vector machine"
BOOSTING = "gradient boosting"


def accuracy(said: Array, t: Array) -> float:
    """The share of right answers."""
    return float((said == t).mean())


def predictions(methods: Mapping[str, Any], x: Array, t: Array, x_test: Array) -> dict[str, Array]:
    """What each of these methods of scikit-learn says of x_test, given x (N, I) and the targets t."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of iterations that end before they converge
        return {name: method.fit(x, t).predict(x_test) for name, method in methods.items()}


def classifiers(splits: Splits, most: int) -> dict[str, float]:
    """Test accuracy by name, each given the first `most` training examples; SVM: Gaussian kernel, C = 10.

    A baseline has one class to learn where the training labels have but one: then all of them say it.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import NearestCentroid
    from sklearn.neural_network import MLPClassifier
    from sklearn.svm import SVC

    x, t = splits.x_train[:most].reshape(min(most, len(splits.x_train)), -1), splits.t_train[:most]
    common = np.bincount(t).argmax()
    methods: dict[str, Any] = {
        "nearest centroid": NearestCentroid(),
        "logistic regression": LogisticRegression(max_iter=300),
        "scikit-learn's MLP": MLPClassifier(random_state=0),
        SVM: SVC(C=10),
    }
    said, rows = {"majority": np.full(len(splits.t_test), common)}, splits.x_test.reshape(len(splits.x_test), -1)
    one = (t == common).all()
    said |= dict.fromkeys(methods, said["majority"]) if one else predictions(methods, x, t, rows)
    return {name: accuracy(answers, splits.t_test) for name, answers in said.items()}


def regressors(splits: Splits, most: int) -> dict[str, Array]:
    """What each method says of the test part, (N, O), given the first `most` training examples."""
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
    said = predictions(methods, x, t[:, 0] if t.shape[1] == 1 else t, rows)
    said |= predictions({BOOSTING: MultiOutputRegressor(HistGradientBoostingRegressor(random_state=0))}, x, t, rows)
    return {name: y.reshape(splits.t_test.shape) for name, y in said.items()}
