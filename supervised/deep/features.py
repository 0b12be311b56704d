"""Features made by hand, and how much a straight line can read out of any features: probes and neighbours."""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple

import numpy as np

from core.initializers import Array
from core.lab.learner import Splits

PENALTIES = (0.003, 0.03, 0.3)  # of the probe, as C of scikit-learn; the validation part chooses
BINS = 9  # directions of an edge


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

    x_train, x_val = z(parts.x_train), z(parts.x_val)
    fitted = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # close is close enough: the third digit is noise
        for C in PENALTIES:
            readout = LogisticRegression(C=C, max_iter=200, tol=1e-3).fit(x_train, parts.t_train)
            fitted.append((readout.score(x_val, parts.t_val), readout))
    val, best = max(fitted, key=lambda pair: pair[0])
    return Probe(float(val), float(best.score(z(parts.x_test), parts.t_test)))


def neighbours_agree(code: Array, t: Array, k: int = 10) -> float:
    """The share of the k nearest codes, over all examples (N, F), that have the example's own label."""
    from sklearn.neighbors import NearestNeighbors

    k = min(k, len(code) - 1)
    near = NearestNeighbors(n_neighbors=k + 1).fit(code).kneighbors(code, return_distance=False)[:, 1:]  # N, k
    return float((t[near] == t[:, None]).mean())


def flat(code: Array) -> Array:
    """A code (N, ..., F) as features (N, F): one with places, as windows on a picture have, is averaged over them."""
    return code.reshape(len(code), -1, code.shape[-1]).mean(1) if code.ndim > 2 else code


def hog(images: Array) -> Array:
    """Histograms of oriented gradients: images (N, H, W) -> (N, F) (Dalal and Triggs 2005).

    In each cell of a few pixels every pixel votes for the direction of its edge, 0 to 180 degrees in 9 bins, by its
    strength; each 2 x 2 cells are scaled to length 1 together, so that light does not count.
    """
    N, H, W = images.shape
    cell = max(2, min(H, W) // 7)
    rows, columns = H // cell, W // cell
    dr, dc = np.gradient(images, axis=(1, 2))
    strength, at = np.hypot(dr, dc), np.arctan2(dr, dc) % math.pi * (BINS / math.pi)  # N, H, W
    cells = np.empty((N, rows, columns, BINS), np.float32)
    for k in range(BINS):
        away = np.abs(at - k)
        votes = strength * np.maximum(0, 1 - np.minimum(away, BINS - away))  # shared by the two nearest bins
        votes = votes[:, : rows * cell, : columns * cell]
        cells[..., k] = votes.reshape(N, rows, cell, columns, cell).sum((2, 4))
    corners = (cells[:, :-1, :-1], cells[:, :-1, 1:], cells[:, 1:, :-1], cells[:, 1:, 1:])
    squares = np.concatenate(corners, -1)  # N, rows - 1, columns - 1, 4 BINS
    squares /= np.sqrt((squares**2).sum(-1, keepdims=True) + 1e-4)
    return squares.reshape(N, -1)


def pca(x_train: Array, *others: Array, share: float = 0.95) -> list[Array]:
    """The parts in the fewest principal components that hold this share of the variance of x_train (N, P)."""
    from sklearn.decomposition import PCA

    axes = PCA(n_components=share, svd_solver="full").fit(x_train)
    return [axes.transform(x) for x in (x_train, *others)]
