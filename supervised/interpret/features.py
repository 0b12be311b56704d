"""Features made by hand, and how much a straight line can read out of any features: probes and neighbours."""

import math

import numpy as np

from core import Array

BINS = 9  # directions of an edge


def neighbours_agree(code: Array, t: Array, k: int = 10) -> float:
    """The share of the k nearest codes, over all examples (N, F), that have the example's own label."""
    from sklearn.neighbors import NearestNeighbors

    k = min(k, len(code) - 1)
    near = NearestNeighbors(n_neighbors=k + 1).fit(code).kneighbors(code, return_distance=False)[:, 1:]  # N, k
    return float((t[near] == t[:, None]).mean())


def flat(code: Array) -> Array:
    """A code (N, ..., F) as features (N, F): one with places, as a convolution has, is averaged over them."""
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
        cells[..., k] = votes[:, : rows * cell, : columns * cell].reshape(N, rows, cell, columns, cell).sum((2, 4))
    corners = (cells[:, :-1, :-1], cells[:, :-1, 1:], cells[:, 1:, :-1], cells[:, 1:, 1:])
    squares = np.concatenate(corners, -1)  # N, rows - 1, columns - 1, 4 BINS
    return (squares / np.sqrt((squares**2).sum(-1, keepdims=True) + 1e-4)).reshape(N, -1)


def pca(x_train: Array, *others: Array, share: float = 0.95) -> list[Array]:
    """The parts in the fewest principal components that hold this share of the variance of x_train (N, P)."""
    from sklearn.decomposition import PCA

    axes = PCA(n_components=share, svd_solver="full").fit(x_train)
    return [axes.transform(x) for x in (x_train, *others)]
