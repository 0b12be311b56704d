"""The rows that a network got most wrong, each with where it stands, what was said of it, and what is true."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core import Array, softmax
from core.lab.report.format import figure
from supervised.metrics.classification import Classification
from supervised.metrics.labels import Labels

SHOWN = 20  # rows
WORD = 40  # characters of a class


def worst_rows(exam: Any, y: Array, t: Array, places: Sequence[str]) -> str:
    """A line for each of the SHOWN rows that are most wrong: y (N, O) outputs, t targets, `places` where they stand.

    Of classes and labels those that were told wrong, the surest mistake first: by the probability of the truth. Of
    values those with the largest error, in deviations of the value where there are several.
    """
    if isinstance(exam, Classification):
        k, lines = _classes(y, t, exam.names(y.shape[1]))
    elif isinstance(exam, Labels):
        k, lines = _labels(y, t, exam)
    else:
        k, lines = _values(y, t, exam)
    if not lines:
        return "None: every row of the test part is told right."
    wide = max(len(places[i]) for i in k)
    return "\n".join(f"{places[i]:{wide}}  {line}" for i, line in zip(k, lines, strict=True))


def _first(badness: Array, wrong: Array) -> list[int]:
    """The rows that are wrong, the worst first; of equals, the one that stands first."""
    order = np.argsort(-badness, kind="stable")
    return [int(i) for i in order if wrong[i]][:SHOWN]


def _classes(y: Array, t: Array, names: Sequence[str]) -> tuple[list[int], list[str]]:
    p = softmax(y)
    true, said = p[np.arange(len(t)), t], y.argmax(-1)
    k = _first(-true, said != t)
    return k, [f"said {names[said[i]][:WORD]} ({p[i].max():.0%}), true {names[t[i]][:WORD]} ({true[i]:.0%})" for i in k]


def _labels(y: Array, t: Array, exam: Labels) -> tuple[list[int], list[str]]:
    said = exam.answer(y)
    nats = (np.logaddexp(0, y) - t * y).sum(1)

    def named(row: Array) -> str:
        return ", ".join(name[:WORD] for name, holds in zip(exam.labels, row, strict=True) if holds) or "none"

    k = _first(nats, (said != t).any(1))
    return k, [f"said {named(said[i])}; true {named(t[i])}" for i in k]


def _values(y: Array, t: Array, exam: Any) -> tuple[list[int], list[str]]:
    said, true = (values * exam.std + exam.mean for values in (y, t))
    deviations = np.abs(said - true) / np.where((spread := true.std(0)) > 0, spread, 1)
    k, names = _first(deviations.max(1), np.ones(len(t), bool)), exam.targets if len(exam.targets) > 1 else ("",)

    def one(name: str, a: float, b: float) -> str:
        error = f"{'-' if a < b else '+'}{figure(abs(a - b))}"
        return f"{name[:WORD]}{': ' if name else ''}said {figure(a)}, true {figure(b)}, error {error}"

    return k, ["; ".join(map(one, names, said[i].tolist(), true[i].tolist())) for i in k]
