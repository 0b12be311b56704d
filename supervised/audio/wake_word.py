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


def wake_figures(y: Array, t: Array, word: int, y_val: Array, t_val: Array) -> dict[str, float]:
    """Figures of the word on the test part, y (N, C) logits and t (N,).

    The detection at 1 % false alarms is read off the test part's own curve. A device has no such curve: its threshold
    was set before, on the validation part, and what that one gives on the test part stands beside it.
    """
    score, hit = log_softmax(y)[:, word], t == word
    c = curve(score, hit)
    set_before, _ = threshold(curve(log_softmax(y_val)[:, word], t_val == word))
    passed = score >= set_before
    return {
        "wake_area": area(c),
        "wake_detected_at_1_percent": threshold(c)[1],
        "wake_detected_threshold_of_val": float(passed[hit].mean()),
        "wake_alarms_threshold_of_val": float(passed[~hit].mean()),
    }


def draw_wake(path: Path, y: Array, t: Array, word: int, names: tuple[str, ...]) -> None:
    """The curve of the word, and in grey those of all others, false alarms from 0.1 % on."""
    with drawing(path, (5.6, 4.2)) as axis:
        for k in [*(k for k in range(len(names)) if k != word), word]:
            c = curve(log_softmax(y)[:, k], t == k)
            color, width = ("C0", 2.5) if k == word else ("0.75", 1)
            axis.step(c.alarms * 100, c.detected * 100, where="post", color=color, lw=width)
        axis.axvline(100 * ALLOWED, color="0.4", ls=":", lw=1)
        axis.set_xscale("symlog", linthresh=0.5, linscale=0.5)
        axis.set_xticks([0, 0.5, 1, 2, 5, 10, 20, 50, 100], ["0", "0.5", "1", "2", "5", "10", "20", "50", "100"])
        axis.set(xlim=(0, 100), ylim=(0, 102), ylabel="detected: words that wake it, %")
        axis.set_xlabel("false alarms: other words that wake it, %")
        axis.plot([], [], color="C0", lw=2.5, label=names[word])
        axis.plot([], [], color="0.75", lw=1, label="the other words")
        axis.legend(loc="lower right")
        axis.grid(alpha=0.3)
