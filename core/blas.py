"""Products and sums in the form in which NumPy's BLAS does them fastest."""

from functools import lru_cache
from typing import Any

import numpy as np

from core.initializers import Array

SMALL = 1 << 13  # entries of a matrix that is turned in less time than a product takes longer with it unturned
LARGE = 1 << 20  # entries of a matrix that fits no cache, and should be read along its rows


def read_only(array: Array) -> Array:
    """The array itself, which nobody can write into from now on."""
    array.setflags(write=False)
    return array


@lru_cache(maxsize=16)
def ones(n: int, dtype: Any) -> Array:
    """n ones, shared and read-only."""
    return read_only(np.ones(n, dtype))


@lru_cache(maxsize=8)
def zeros(shape: tuple[int, ...], dtype: Any) -> Array:
    """Zeros, shared and read-only."""
    return read_only(np.zeros(shape, dtype))


def row_sum(x: Array) -> Array:
    """The sums along the last axis, as a product with ones: BLAS does not go through a loop row by row."""
    return x.dot(ones(x.shape[-1], x.dtype))


def dot_transposed(D: Array, W: Array) -> Array:
    """D W^T, D (B, O) and W (I, O) -> (B, I): a fifth faster than D.dot(W.T) where W is small or large."""
    return D.dot(W.T.copy()) if W.size <= SMALL else W.dot(D.T).T if W.size >= LARGE else D.dot(W.T)
