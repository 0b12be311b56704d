"""Figures of several seeds: means, differences and probabilities with their intervals; curves on a common grid.

An interval holds the true value in 95 % of repetitions - where its assumptions hold. How often each one does, at which
number of seeds, for normal, skewed and bounded figures, is simulated by benchmarks/coverage.py and tabled in
docs/studies.md. SciPy does the arithmetic.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from core import Array, Rng

LEAST = 10  # seeds; a bootstrap from fewer covers too little
RESAMPLES = 2000


class Interval(NamedTuple):
    """An estimate, and the bounds that hold the true value in 95 % of repetitions."""

    value: float
    low: float
    high: float


def mean_interval(values: Sequence[float], level: float = 0.95) -> Interval:
    """mean +- t s / sqrt(n), with Student's t at n - 1 degrees of freedom and s the sample's standard deviation.

    Student 1908. One value has no interval: its bounds are infinite. Equal values have one of no width, which is too
    good to be true where a figure has an upper bound that all seeds reach. Raises ValueError for no values.
    """
    from scipy import stats

    if not len(values):
        raise ValueError("an interval needs at least one value")
    mean = sum(values) / len(values)
    if len(values) == 1:
        return Interval(mean, float("-inf"), float("inf"))
    if (spread := float(stats.sem(values))) == 0:
        return Interval(mean, mean, mean)
    low, high = stats.t.interval(level, len(values) - 1, loc=mean, scale=spread)
    return Interval(mean, float(low), float(high))


def paired_difference(a: Sequence[float], b: Sequence[float], level: float = 0.95) -> Interval:
    """The mean of a - b and its t interval, where a[i] and b[i] are of the same seed: what they share cancels.

    Raises ValueError for unequal numbers, and for none.
    """
    if len(a) != len(b):
        raise ValueError(f"pairs need equally many values, not {len(a)} and {len(b)}")
    return mean_interval([x - y for x, y in zip(a, b, strict=True)], level)


def interquartile_mean(strata: Sequence[Sequence[float]]) -> float:
    """The mean of the middle half of all values of all strata (tasks, each with its seeds) together.

    int(n / 4) of the n values fall away at either end. Agarwal et al. 2021, https://arxiv.org/abs/2108.13264.
    """
    from scipy import stats

    return float(stats.trim_mean(np.concatenate(strata), 0.25))


def interquartile_interval(strata: Sequence[Sequence[float]], rng: Rng, level: float = 0.95) -> Interval:
    """The interquartile mean with its percentile interval by stratified bootstrap: seeds are drawn within each task.

    One task is one stratum: [values]. Raises ValueError where a stratum has fewer than ten seeds.
    """
    from scipy import stats

    if not strata or min(map(len, strata)) < LEAST:
        raise ValueError(f"a bootstrap needs at least {LEAST} seeds of every task")

    def middle(*drawn: Array, axis: int) -> Any:  # each (resamples, seeds)
        return stats.trim_mean(np.concatenate(drawn, axis), 0.25, axis=axis)

    data, how = [np.asarray(values, float) for values in strata], {"method": "percentile", "confidence_level": level}
    found = stats.bootstrap(data, middle, n_resamples=RESAMPLES, vectorized=True, rng=rng, **how)
    low, high = found.confidence_interval
    return Interval(interquartile_mean(strata), float(low), float(high))


def probability_of_improvement(a: Sequence[float], b: Sequence[float], level: float = 0.95) -> Interval:
    """P(A > B) + P(A = B) / 2 for one more run of each: U / (n m), U of Mann and Whitney 1947; seeds are not paired.

    Bounds theta solve |theta - U / (n m)| = z sqrt(v(theta)), with
    v = theta (1 - theta) (1 + k ((1 - theta) / (2 - theta) + theta / (1 + theta))) / (n m), k = (n + m) / 2 - 1:
    Newcombe 2006, method 5. So they have a width even where every a is above every b. Raises ValueError for no values.
    """
    from scipy import optimize, stats

    n, m = len(a), len(b)
    if not n or not m:
        raise ValueError("a probability of improvement needs at least one value of either side")
    value = float(stats.mannwhitneyu(a, b, method="asymptotic").statistic) / (n * m)
    z, k = float(stats.norm.ppf(0.5 + level / 2)), (n + m) / 2 - 1

    def excess(theta: float) -> float:
        v = theta * (1 - theta) * (1 + k * ((1 - theta) / (2 - theta) + theta / (1 + theta))) / (n * m)
        return abs(theta - value) - z * math.sqrt(v)  # below 0 inside, above 0 outside

    tiny = 1e-12  # at 0 and 1 the variance vanishes, and an end of [0, 1] is never the bound that faces it
    low = optimize.brentq(excess, 0.0, min(value, 1 - tiny)) if value > tiny else 0.0
    high = optimize.brentq(excess, max(value, tiny), 1.0) if value < 1 - tiny else 1.0
    return Interval(value, float(low), float(high))


def on_grid(runs: Sequence[tuple[Sequence[float], Sequence[float]]], points: int = 100) -> tuple[Array, Array]:
    """Curves (x, y) of finished runs of unequal length as grid (P,), values (runs, P), by linear interpolation.

    The grid begins where the last run has its first point, since nothing is known before. It ends where the longest run
    ends, and a run that was over earlier carries its last value: its network stays what it was, and costs no more. (Cut
    at the shortest run, the slow ones lose their end; with a mean over those still running, the curve jumps.)
    Raises ValueError for no runs, an empty run, or x that falls.
    """
    if not runs or any(not len(x) or len(x) != len(y) for x, y in runs):
        raise ValueError("curves need at least one run, and each at least one point")
    if any((np.diff(x) < 0).any() for x, _ in runs):
        raise ValueError("the x of a curve must not fall")
    grid = np.linspace(max(x[0] for x, _ in runs), max(x[-1] for x, _ in runs), points)
    return grid, np.stack([np.interp(grid, x, y) for x, y in runs])
