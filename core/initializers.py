"""How a weight matrix starts: a rule fills the array `W` (I, O) it is given, from the generator it is given.

The aim of all three is that the scale of the activations neither grows nor fades from layer to layer.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Initializer = Callable[[np.random.Generator, Array, float], None]


def _normal(rng: np.random.Generator, W: Array, std: float) -> None:
    if W.dtype in (np.float32, np.float64):
        rng.standard_normal(out=W, dtype=W.dtype.type)  # in place: a large matrix is never held twice
    else:
        W[:] = rng.standard_normal(W.shape)
    W *= std


def he(rng: np.random.Generator, W: Array, gain: float = 1.0) -> None:
    """W ~ N(0, 2 gain^2 / I): keeps the variance through ReLU (He et al. 2015, arXiv:1502.01852)."""
    _normal(rng, W, gain * math.sqrt(2 / W.shape[0]))


def glorot(rng: np.random.Generator, W: Array, gain: float = 1.0) -> None:
    """W ~ N(0, 2 gain^2 / (I + O)): a compromise between the two directions (Glorot and Bengio 2010)."""
    _normal(rng, W, gain * math.sqrt(2 / sum(W.shape)))


def orthogonal(rng: np.random.Generator, W: Array, gain: float = 1.0) -> None:
    """W = gain * Q with orthonormal rows or columns, whichever are fewer (Saxe et al. 2014, arXiv:1312.6120)."""
    Q, R = np.linalg.qr(rng.standard_normal((max(W.shape), min(W.shape))))
    Q *= np.sign(np.diag(R))  # makes Q uniform over the orthogonal matrices (Mezzadri 2007)
    W[:] = gain * (Q if W.shape[0] >= W.shape[1] else Q.T)


def zeros(rng: np.random.Generator, W: Array, gain: float = 1.0) -> None:
    """W = 0: a layer that starts by saying nothing, such as the last one of a residual branch."""
    W[:] = 0
