"""A wake word: does a sound hold it or not, at the price of how many false alarms?

Each sound has a score, log p(word); a threshold above which the device wakes trades one kind of error for the other.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from core import Array, log_softmax
from core.lab.report.plots import drawing

ALLOWED = 0.01  # the share of other sounds that may wake the device


class Curve(NamedTuple):
    """What each threshold gives, from one that nothing passes to one that everything does."""

    threshold: Array  # falling; a sound passes with score >= threshold
    alarms: Array  # share of the other sounds that pass, rising from 0 to 1
    detected: Array  # share of the words that pass, rising from 0 to 1


def curve(score: Array, word: Array) -> Curve:
    """All thresholds that differ, of scores (N,), where `word` (N,) says which sounds hold the word.

    Raises ValueError unless there are both words and other sounds.
    """
    if not 0 < word.sum() < len(word):
        raise ValueError(f"a curve needs sounds with the word and without it, not {word.sum()} of {len(word)}")
    order = np.argsort(-score, kind="stable")
    score, word = score[order], word[order]
    last = np.append(score[1:] != score[:-1], True)  # equal scores pass together
    detected, alarms = np.cumsum(word)[last] / word.sum(), np.cumsum(~word)[last] / (~word).sum()
    return Curve(np.append(np.inf, score[last]), np.append(0.0, alarms), np.append(0.0, detected))


def area(c: Curve) -> float:
    """The area under detected over alarms: how often a word scores above another sound, equal scores counting half."""
    return float(np.sum(np.diff(c.alarms) * (c.detected[1:] + c.detected[:-1]) / 2))


def threshold(c: Curve, allowed: float = ALLOWED) -> tuple[float, float]:
    """The lowest threshold with at most this share of false alarms, and the share of words it detects."""
    at = int(np.flatnonzero(c.alarms <= allowed)[-1])
    return float(c.threshold[at]), float(c.detected[at])


def alarms_an_hour(alarms: int, hours: float) -> tuple[float, float]:
    """So many false alarms in so many hours: how many an hour, and the upper end of the 95 % interval.

    It is the exact one of a Poisson process (Garwood 1936), one-sided: without any alarm it is 3 / hours, about.
    """
    from scipy.stats import chi2

    return alarms / hours, float(chi2.ppf(0.95, 2 * alarms + 2)) / 2 / hours


def wake_figures(
    y: Array, t: Array, word: int, y_val: Array, t_val: Array, seconds: Array | None = None
) -> dict[str, float]:
    """Figures of the word on the test part, y (N, C) logits and t (N,), the lengths of the sounds (N,) if known.

    The detection at 1 % false alarms is read off the test part's own curve. A device has no such curve: its threshold
    was set before, on the validation part, and what that one gives on the test part stands beside it.
    """
    score, hit = log_softmax(y)[:, word], t == word
    c = curve(score, hit)
    set_before, _ = threshold(curve(log_softmax(y_val)[:, word], t_val == word))
    passed = score >= set_before
    figures = {
        "wake_area": area(c),
        "wake_detected_at_1_percent": threshold(c)[1],
        "wake_detected_threshold_of_val": float(passed[hit].mean()),
        "wake_alarms_threshold_of_val": float(passed[~hit].mean()),
    }
    if seconds is not None:
        hours = float(seconds[~hit].sum()) / 3600  # of all that is not the word
        rate, high = alarms_an_hour(int(passed[~hit].sum()), hours)
        figures |= {"wake_hours": hours, "wake_alarms_an_hour": rate, "wake_alarms_an_hour_high": high}
    return figures


def draw_wake(path: Path, y: Array, t: Array, word: int, names: tuple[str, ...], seconds: Array | None = None) -> None:
    """The curve of the word, and in grey those of all others, false alarms from 0.1 % on; an axis above by the hour."""
    with drawing(path, (5.6, 4.2)) as axis:
        for k in [*(k for k in np.unique(t) if k != word), word]:
            c = curve(log_softmax(y)[:, k], t == k)
            color, width = ("C0", 2.5) if k == word else ("0.75", 1)
            axis.step(c.alarms * 100, c.detected * 100, where="post", color=color, lw=width)
        axis.axvline(100 * ALLOWED, color="0.4", ls=":", lw=1)
        axis.set_xscale("symlog", linthresh=0.5, linscale=0.5)
        axis.set_xticks([0, 0.5, 1, 2, 5, 10, 20, 50, 100], ["0", "0.5", "1", "2", "5", "10", "20", "50", "100"])
        axis.set(xlim=(0, 100), ylim=(0, 102), ylabel="detected: words that wake it, %")
        axis.set_xlabel("false alarms: other words that wake it, %")
        if seconds is not None:
            others = t != word
            an_hour = float(others.sum() / seconds[others].sum() * 36)  # false alarms an hour for each percent
            above = axis.secondary_xaxis("top", functions=(lambda k: k * an_hour, lambda k: k / an_hour))
            above.set_xlabel("false alarms an hour of such sounds")
        axis.plot([], [], color="C0", lw=2.5, label=names[word])
        axis.plot([], [], color="0.75", lw=1, label="the other words")
        axis.legend(loc="lower right")
        axis.grid(alpha=0.3)
