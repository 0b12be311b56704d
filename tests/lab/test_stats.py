"""Intervals of several seeds: hand-computed, and by simulation."""

import numpy as np
import pytest

from core.lab.stats import mean_interval


def test_hand_computed():
    mean, low, high = mean_interval([1.0, 2.0, 3.0])  # s = 1, t(2) = 4.302653, so 2 +- 4.302653 / sqrt(3)
    assert mean == 2
    assert (low, high) == pytest.approx((2 - 2.484138, 2 + 2.484138), abs=1e-6)
    assert mean_interval([0.5, 0.5]) == (0.5, 0.5, 0.5)
    assert mean_interval([0.7]) == (0.7, float("-inf"), float("inf"))
    with pytest.raises(ValueError, match="at least one"):
        mean_interval([])


def test_covers_the_true_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = sum(low <= 3 <= high for _, low, high in (mean_interval(3 + rng.standard_normal(5)) for _ in range(1000)))
    assert 930 <= hits <= 970
