"""Statistics of several seeds: hand-computed, against independent functions, and by simulation."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from core.lab.stats.intervals import (
    interquartile_interval,
    interquartile_mean,
    mean_interval,
    on_grid,
    paired_difference,
    probability_of_improvement,
)


def test_mean_by_hand():
    mean, low, high = mean_interval([1.0, 2.0, 3.0])  # s = 1, t(2) = 4.302653, so 2 +- 4.302653 / sqrt(3)
    assert mean == 2
    assert (low, high) == pytest.approx((2 - 2.484138, 2 + 2.484138), abs=1e-6)
    assert mean_interval([0.5, 0.5]) == (0.5, 0.5, 0.5)
    assert mean_interval([0.7]) == (0.7, float("-inf"), float("inf"))
    with pytest.raises(ValueError, match="at least one"):
        mean_interval([])


def test_mean_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = sum(low <= 3 <= high for _, low, high in (mean_interval(3 + rng.standard_normal(5)) for _ in range(1000)))
    assert 930 <= hits <= 970


def test_pairs_by_hand_and_against_the_paired_t_test():
    a, b = [3.0, 5.0, 8.0], [1.0, 4.0, 4.0]  # differences 2, 1, 4: mean 7/3, s^2 = 7/3
    value, low, high = paired_difference(a, b)
    assert value == pytest.approx(7 / 3)
    assert (low, high) == pytest.approx((7 / 3 - 4.302653 * 7**0.5 / 3, 7 / 3 + 4.302653 * 7**0.5 / 3), abs=1e-6)
    assert (low, high) == pytest.approx(tuple(scipy_stats.ttest_rel(a, b).confidence_interval()))
    with pytest.raises(ValueError, match="equally many values, not 3 and 2"):
        paired_difference(a, b[:2])


def test_pairs_cancel_what_seeds_share():
    rng = np.random.default_rng(0)
    shared = 10 * rng.standard_normal(8)
    a, b = shared + 1 + 0.1 * rng.standard_normal(8), shared + 0.1 * rng.standard_normal(8)
    value, low, high = paired_difference(a, b)
    assert 0.8 < low < value < high < 1.2


def test_interquartile_mean_by_hand():
    assert interquartile_mean([range(1, 13)]) == 6.5  # three of twelve fall away at either end: the mean of 4..9
    assert interquartile_mean([[100, 1, 2], [3, 4, 5, -50, 6]]) == 3.5  # of all together: the mean of 2, 3, 4, 5
    with pytest.raises(ValueError, match="at least 10 seeds"):
        interquartile_interval([range(10), range(9)], np.random.default_rng(0))
    with pytest.raises(ValueError, match="at least 10 seeds"):
        interquartile_interval([], np.random.default_rng(0))


def test_bootstrap_draws_within_each_stratum():
    """A slow twin with loops; drawn over strata together, the interval of these two would be ten times as wide."""
    rng = np.random.default_rng(1)
    strata = [rng.standard_normal(12), 100 + rng.standard_normal(16)]
    value, low, high = interquartile_interval(strata, np.random.default_rng(2))

    def middle(values):
        values = np.sort(values)
        cut = len(values) // 4
        return values[cut : len(values) - cut].mean()

    drawn = [middle(np.concatenate([rng.choice(s, len(s)) for s in strata])) for _ in range(2000)]
    assert value == pytest.approx(middle(np.concatenate(strata)))
    assert (low, high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.05)
    together = np.concatenate(strata)
    apart = np.quantile([middle(rng.choice(together, len(together))) for _ in range(500)], [0.025, 0.975])
    assert np.ptp(apart) > 10 * (high - low)
    assert interquartile_interval(strata, np.random.default_rng(2)) == (value, low, high)


def test_probability_by_hand_and_by_a_search_of_all_thetas():
    a, b = [3.0, 4.0], [1.0, 3.0]  # of four pairs three are won, one is drawn
    value, low, high = probability_of_improvement(a, b)
    assert value == 3.5 / 4
    theta, n, m = np.linspace(0, 1, 200_001), 2, 2
    q = (1 - theta) / (2 - theta) + theta / (1 + theta)
    inside = theta[(theta - value) ** 2 <= 1.959964**2 * theta * (1 - theta) * (1 + ((n + m) / 2 - 1) * q) / (n * m)]
    assert (low, high) == pytest.approx((inside.min(), inside.max()), abs=1e-5)
    turned = probability_of_improvement(b, a)
    assert turned == pytest.approx((1 - value, 1 - high, 1 - low), abs=1e-6)


def test_probability_has_a_width_where_all_are_won():
    value, low, high = probability_of_improvement([5, 6, 7, 8, 9], [0, 1, 2, 3, 4])
    assert (value, high) == (1, 1)
    assert 0.5 < low < 0.9
    assert probability_of_improvement([1, 1], [1, 1]).value == 0.5
    value, low, high = probability_of_improvement([0, 1, 2, 3, 4], [5, 6, 7, 8, 9])
    assert (value, low) == (0, 0)
    assert 0.1 < high < 0.5
    with pytest.raises(ValueError, match="at least one value"):
        probability_of_improvement([], [1.0])


def test_probability_covers():
    rng = np.random.default_rng(0)
    truth, hits = scipy_stats.norm.cdf(1 / 2**0.5), 0
    for _ in range(400):
        _, low, high = probability_of_improvement(rng.standard_normal(5) + 1, rng.standard_normal(5))
        hits += low <= truth <= high
    assert 0.92 < hits / 400 < 0.99


def test_curves_of_unequal_length_by_hand():
    grid, values = on_grid([([0, 10], [0.0, 1.0]), ([5, 10, 20], [2.0, 4.0, 8.0])], points=4)
    assert grid.tolist() == [5, 10, 15, 20]
    assert values.tolist() == [[0.5, 1, 1, 1], [2, 4, 6, 8]]  # the first run's last value is carried
    for runs in ([], [([], [])], [([1, 2], [1])]):
        with pytest.raises(ValueError, match="at least one"):
            on_grid(runs)
    with pytest.raises(ValueError, match="must not fall"):
        on_grid([([2, 1], [0, 0])])
