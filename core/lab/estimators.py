"""What the scikit-learn estimators of two packages share: checked rows, and a network out of widths and names."""

from itertools import pairwise
from typing import Any

import numpy as np

from core import Dropout, Layer, Linear, Sequential, glorot, layers
from core.lab.errors import nearest

try:
    from sklearn.utils.validation import validate_data as validate_data
except ImportError:  # scikit-learn 1.5 had it as a method

    def validate_data(estimator: Any, *args: Any, **options: Any) -> Any:
        return estimator._validate_data(*args, **options)


ACTIVATIONS = {name: getattr(layers, name) for name in ("relu", "gelu", "tanh", "sigmoid", "softplus", "identity")}
ACTIVATIONS["logistic"] = layers.sigmoid  # as scikit-learn calls it


def widths(hidden: Any) -> tuple[int, ...]:
    """64, (64, 32) or [64, 32] as a tuple."""
    return (int(hidden),) if isinstance(hidden, int | np.integer) else tuple(map(int, hidden))


def perceptron(I: int, hidden: tuple[int, ...], O: int, activation: Any, dropout: Any = 0.0) -> Layer:
    """Linear, activation and dropout for each hidden layer, and a last Linear.

    `activation`, a name or a layer, and `dropout` are for all hidden layers, or lists, one for each. Tables have few
    features: with He's start the first weights are so large that the network learns less of them. Raises ValueError
    for widths below 1, lists of another length and unknown names.
    """
    activations, dropouts = (
        list(v) if isinstance(v, list | tuple) else [v] * len(hidden) for v in (activation, dropout)
    )
    if len(activations) != len(hidden) or len(dropouts) != len(hidden) or min(hidden, default=1) < 1:
        raise ValueError(f"hidden {hidden} needs positive widths, and an activation and a dropout for each of them")
    unknown = [f for f in activations if isinstance(f, str) and f not in ACTIVATIONS]
    if unknown:
        raise ValueError(f"there is no activation {unknown[0]!r}{nearest(unknown[0], ACTIVATIONS)}")
    sizes = (I, *hidden, O)
    blocks = [
        Sequential(Linear(a, b, init=glorot), ACTIVATIONS[f] if isinstance(f, str) else f, Dropout(p))
        for (a, b), f, p in zip(pairwise(sizes[:-1]), activations, dropouts, strict=True)
    ]
    return Sequential(*blocks, Linear(sizes[-2], O, init=glorot))
