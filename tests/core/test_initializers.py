"""Starting weights have the variance their papers ask for; orthogonal ones are orthogonal."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core import glorot, he, orthogonal, zeros

SHAPES = [(300, 500), (500, 300), (784, 10)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("gain", [1.0, 0.5])
def test_he_and_glorot_are_normal_with_their_variance(shape: tuple[int, int], dtype: type, gain: float) -> None:
    for init, variance in (he, 2 / shape[0]), (glorot, 2 / sum(shape)):
        W = np.empty(shape, dtype)
        init(np.random.default_rng(0), W, gain)
        z = W.astype(np.float64) / (gain * math.sqrt(variance))
        error = 4 / math.sqrt(z.size)  # four standard errors of a mean
        assert abs(z.mean()) < error
        assert abs((z**2).mean() - 1) < error * math.sqrt(2)
        assert abs((z**4).mean() - 3) < error * math.sqrt(96)  # as heavy-tailed as a normal, not a uniform (1.8)
        assert W.dtype == dtype


@pytest.mark.parametrize("shape", [*SHAPES, (6, 6), (1, 4), (4, 1)])
@pytest.mark.parametrize("gain", [1.0, 0.5])
def test_orthogonal_has_orthonormal_rows_or_columns(shape: tuple[int, int], gain: float) -> None:
    W = np.empty(shape)
    orthogonal(np.random.default_rng(0), W, gain)
    product = W.T @ W if shape[0] >= shape[1] else W @ W.T
    np.testing.assert_allclose(product, gain**2 * np.eye(min(shape)), atol=1e-12)


def test_orthogonal_is_uniform_over_the_orthogonal_matrices() -> None:
    rng, W = np.random.default_rng(0), np.empty((2, 2))
    angles = []
    for _ in range(2000):
        orthogonal(rng, W)
        angles.append(math.atan2(W[1, 0], W[0, 0]))
    counts, _ = np.histogram(angles, 8, (-math.pi, math.pi))
    assert ((counts - 250) ** 2 / 250).sum() < 24.3  # chi-squared, 7 degrees of freedom, 0.1 %


def test_zeros() -> None:
    W = np.full((3, 4), np.nan)
    zeros(np.random.default_rng(0), W)
    assert not W.any()
