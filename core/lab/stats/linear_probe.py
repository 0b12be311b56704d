"""How much a straight line can read out of features, whoever made them."""

import math
import warnings
from typing import NamedTuple

import numpy as np

from core import Array, Layer, chain
from core.lab import Splits

PENALTIES = (0.003, 0.03, 0.3)  # of the probe, as C of scikit-learn; the validation part chooses


class Probe(NamedTuple):
    """How well a linear classifier reads the label from features."""

    val: float  # accuracy on the validation part, with the penalty that is best there
    test: float  # of the same classifier, on the test part


def probe(parts: Splits) -> Probe:
    """Logistic regression on standardised features x (N, F) (Alain and Bengio 2016, arXiv:1610.01644).

    It cannot bend space itself, so what it reads was laid out by whoever made the features.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    mean, std = parts.x_train.mean(0), parts.x_train.std(0)
    scale = 1 / np.where(std > 1e-6, std, math.inf)  # a feature that never moves says nothing

    def z(x: Array) -> Array:
        return np.asarray((x - mean) * scale, np.float32)

    x_train, x_val, fitted = z(parts.x_train), z(parts.x_val), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # close is close enough: the third digit is noise
        for C in PENALTIES:
            readout = LogisticRegression(C=C, max_iter=200, tol=1e-3).fit(x_train, parts.t_train)
            fitted.append((readout.score(x_val, parts.t_val), readout))
    val, best = max(fitted, key=lambda pair: pair[0])
    return Probe(float(val), float(best.score(z(parts.x_test), parts.t_test)))


def first_hidden(net: Layer, w: Array, x: Array) -> Array | None:
    """What the first hidden layer says of x (N, I), its activation included: (N, H); None where a net is no chain."""
    learnt = False
    for layer, v in chain(net, w):
        if layer.size and learnt:
            return x
        if layer.size and not any(len(shape) == 2 and shape[0] == x.shape[-1] for shape in layer.layout.values()):
            return None
        learnt = learnt or layer.size > 0
        x = layer(x, v)[0]
    return None
