"""How often the intervals of core/lab/stats/intervals.py hold the true value: simulated.

    python benchmarks/coverage.py                  2,000 repetitions a cell, some three processor minutes
    python benchmarks/coverage.py --repetitions 400

Figures are drawn from distributions whose truth is known: normal; skewed (lognormal, sigma 1); near a bound (beta with
mean 0.95, as accuracies are); and at a bound (the least of 1 and a normal figure, so that half the seeds are exactly
1, as returns of an environment with a limit are). Asked for are 95 %. A cell is the share of repetitions whose interval
holds the truth; the standard error of that share is about 0.005. The percentile bootstrap of the mean is there to show
why it is not used at few seeds.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from measured import provenance
from scipy import integrate, stats

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.lab.stats import intervals as ours  # noqa: E402

SEEDS = 3, 5, 10, 20, 50
NAMES = "t", "pairs", "improvement", "interquartile mean", "percentile bootstrap"
SHIFT = 1.0  # the better side of a comparison, in standard deviations; for a bounded one, of what lies below the bound


class AtBound:
    """min(1, z / 10 + 1), z standard normal: half of the figures are 1."""

    def rvs(self, size, random_state):
        return np.minimum(1, 1 + random_state.standard_normal(size) / 10)

    def mean(self):
        return 1 - 1 / (10 * math.sqrt(2 * math.pi))

    def ppf(self, p):
        return np.minimum(1, 1 + stats.norm.ppf(p) / 10)


DRAWN = {
    "normal": stats.norm(0, 1),
    "skewed": stats.lognorm(1),
    "near a bound": stats.beta(19, 1),
    "at a bound": AtBound(),
}


def middle(distribution) -> float:
    """The interquartile mean of a distribution: 2 times the integral of its quantile function over the middle half."""
    return 2 * integrate.quad(distribution.ppf, 0.25, 0.75)[0]


def percentile(values: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """The percentile bootstrap of the mean, 2000 resamples."""
    means = rng.choice(values, (2000, len(values))).mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def improvement(distribution) -> tuple[Callable, float]:
    """A second side, larger than the first, and the true probability that it is: half of the ties are counted."""
    if isinstance(distribution, AtBound):
        other = AtBound()
        other.rvs = lambda size, rng: np.minimum(1, 0.9 + rng.standard_normal(size) / 10)
        z, w = np.random.default_rng(1).standard_normal((2, 4_000_000))
        a, b = np.minimum(1, 1 + z / 10), np.minimum(1, 0.9 + w / 10)
        return other.rvs, float((a > b).mean() + (a == b).mean() / 2)
    scale = SHIFT * float(distribution.std())
    truth = integrate.quad(lambda p: distribution.cdf(distribution.ppf(p) + scale), 0, 1)[0]
    return lambda size, rng: distribution.rvs(size, random_state=rng) - scale, truth


def cell(distribution, n: int, repetitions: int, rng: np.random.Generator) -> dict[str, float | None]:
    """The coverage of every interval at n seeds."""
    mean, centre = float(distribution.mean()), middle(distribution)
    second, likely = improvement(distribution)
    hits = dict.fromkeys(NAMES, 0)
    for _ in range(repetitions):
        a, b = distribution.rvs(n, random_state=rng), distribution.rvs(n, random_state=rng)
        shared, worse = rng.standard_normal(n), second(n, rng)
        held = {
            "t": (ours.mean_interval(a.tolist()), mean),
            "pairs": (ours.paired_difference((a + shared).tolist(), (b + shared).tolist()), 0.0),
            "improvement": (ours.probability_of_improvement(a.tolist(), worse.tolist()), likely),
        }
        if n >= ours.LEAST:
            held["interquartile mean"] = ours.interquartile_interval([a], rng), centre
        for name, (interval, truth) in held.items():
            hits[name] += interval.low - 1e-12 <= truth <= interval.high + 1e-12
        low, high = percentile(a, rng)
        hits["percentile bootstrap"] += low <= mean <= high
    return {
        name: None if name == "interquartile mean" and n < ours.LEAST else round(count / repetitions, 4)
        for name, count in hits.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "coverage.json")
    flags = parser.parse_args()
    warnings.simplefilter("ignore")  # SciPy warns of a bootstrap of equal values; its interval has no width then
    started, rows, seeds = time.process_time(), [], []
    for name, distribution in DRAWN.items():
        for n in SEEDS:
            seed = [len(name), n]
            seeds.append(seed)
            found = cell(distribution, n, flags.repetitions, np.random.default_rng(seed))
            rows.append({"distribution": name, "seeds": n, **found})
            print(rows[-1], flush=True)
    record = {
        **provenance(seeds=seeds),
        "repetitions": flags.repetitions,
        "level": 0.95,
        "processor_seconds": round(time.process_time() - started, 1),
        "rows": rows,
    }
    flags.out.write_text(json.dumps(record, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
