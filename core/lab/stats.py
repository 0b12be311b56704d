"""Figures of several seeds: a mean with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Interval(NamedTuple):
    """An estimate, and the bounds that hold the true value in 95 % of repetitions."""

    mean: float
    low: float
    high: float


def mean_interval(values: Sequence[float], level: float = 0.95) -> Interval:
    """mean +- t s / sqrt(n), with Student's t at n - 1 degrees of freedom and s the sample's standard deviation.

    Student 1908. One value has no interval: its bounds are infinite. (The percentile bootstrap covers too
    little at so few seeds.) Raises ValueError for no values.
    """
    from scipy import stats

    if not len(values):
        raise ValueError("an interval needs at least one value")
    mean = sum(values) / len(values)
    if len(values) == 1:
        return Interval(mean, float("-inf"), float("inf"))
    spread = float(stats.sem(values))
    if spread == 0:
        return Interval(mean, mean, mean)
    low, high = stats.t.interval(level, len(values) - 1, loc=mean, scale=spread)
    return Interval(mean, float(low), float(high))
