"""The tables of a comparison: what each row says of a group of runs, or of two."""

from collections.abc import Callable, Sequence
from itertools import combinations, takewhile
from typing import Any

import numpy as np

from core.lab.compare.groups import Group, better_low, scale
from core.lab.report.format import figure, span
from core.lab.runs.loop import Row
from core.lab.stats.intervals import (
    LEAST,
    interquartile_interval,
    mean_interval,
    paired_difference,
    probability_of_improvement,
)

WAY = 0.9  # of the way from chance to the reference

SCORE = ("task", "mean", "95 % interval", "every seed")
TOLD = ("task", "teacher gives", "given beside that")
COST = ("task", "examples", "seconds", "FLOPs", "answers", "bits at most", "parameters", "settings tried")
PAIRS = ("A", "B", "A - B", "95 % interval", "P(A better)", "95 % interval")


def score_row(group: Group, metric: str) -> list[str]:
    values = group.values(metric)
    mean, *ends = mean_interval(values)
    return [group.label, figure(mean), span(*ends) if len(values) > 1 else "one seed", " ".join(map(figure, values))]


def cost_row(group: Group) -> list[str]:
    costs, tried = group.costs(), group.cell.trials
    spent = [amount(costs[name]) for name in ("examples", "seconds", "flop", "answers", "bits")]
    return [group.label, *spent, amount(group.first["parameters"]), "-" if tried is None else str(tried)]


def other_figures(groups: Sequence[Group], metric: str) -> list[list[str]]:
    """The other figures that every run has: a heading, then a row a group with the means over its seeds."""
    figures = [result["metrics"] for group in groups for result in group.results]
    shared = [name for name in figures[0] if name != metric and all(name in found for found in figures)]
    rows = [[group.label, *(figure(mean_interval(group.values(name)).value) for name in shared)] for group in groups]
    return [["task", *shared], *(rows if shared else [])]


def told_row(group: Group) -> list[str]:
    return [group.label, group.teacher, group.given]


def amount(value: float | None) -> str:
    """A number of any size for people: 512,000; 1.2e+10; - where it is not known."""
    return "-" if value is None else f"{value:,.0f}" if 1e3 <= abs(value) < 1e7 else f"{value:.3g}"


def pair_rows(groups: Sequence[Group], metric: str) -> list[list[str]]:
    """Of each pair with the same seeds their difference; of any pair how likely a run of the one beats the other's."""
    rows, less = [], better_low(groups, metric)
    for a, b in combinations(groups, 2):
        x, y = a.values(metric), b.values(metric)
        if min(len(x), len(y)) < 2:
            continue
        difference = ["-", "-"]
        if [r["seed"] for r in a.results] == [r["seed"] for r in b.results]:
            mean, *ends = paired_difference(x, y)
            difference = [figure(mean), span(*ends)]
        chance, low, high = probability_of_improvement(*((y, x) if less else (x, y)))
        rows.append([a.label, b.label, *difference, f"{chance:.2f}", f"{low:.2f} to {high:.2f}"])
    return rows


REACH = ("task", "seeds that came there", "examples", "seconds", "FLOPs", "answers")


def reach_rows(groups: Sequence[Group], metric: str) -> list[list[str]]:
    """What it took until the validation figure had come nine tenths of the way from chance to the reference, to stay.

    The median over the seeds that came there; nothing where the scale of the metric is not known.
    """
    if (ends := scale(groups, metric)) is None:
        return []
    (chance, reference), rows, name = ends, [], "val_" + metric.removeprefix("test_")
    for group in groups:
        logs = [[row for row in log if name in row] for log in group.logs]
        there = [stayed(log, lambda row: (row[name] - chance) / (reference - chance)) for log in logs]
        came = [row for row in there if row is not None]
        costs = ("examples", "seconds", "flop", "answers")
        medians = [float(np.median([row[c] for row in came])) if came and c in came[0] else None for c in costs]
        rows.append([group.label, f"{len(came)} of {len(there)}", *map(amount, medians)])
    return rows


def stayed(log: Sequence[Row], way: Callable[[Row], float]) -> Row | None:
    """The row from which on the way that was come is WAY or more; None where the last is not."""
    return next(iter([*takewhile(lambda row: way(row) >= WAY, reversed(log))][::-1]), None)


def interquartile_rows(groups: Sequence[Group], metric: str) -> list[list[str]]:
    """The mean of the middle half of the seeds, with its bootstrap interval, where all groups have ten or more."""
    if min(len(group.results) for group in groups) < LEAST:
        return []
    found = [interquartile_interval([group.values(metric)], np.random.default_rng(0)) for group in groups]
    return [[group.label, figure(mean.value), span(*mean[1:])] for group, mean in zip(groups, found, strict=True)]


def summary(groups: Sequence[Group], metric: str) -> dict[str, Any]:
    """All figures of a comparison, for JSON."""

    def cell(group: Group) -> dict[str, Any]:
        first, values = group.first, group.values(metric)
        mean, low, high = mean_interval(values)
        return {
            "label": group.label,
            "task": first["task"],
            "paradigm": first["paradigm"],
            "teacher": group.teacher,
            "given": group.given,
            "trials": group.cell.trials,
            "parameters": first["parameters"],
            "seeds": [result["seed"] for result in group.results],
            "values": values,
            "mean": mean,
            **({"low": low, "high": high} if len(values) > 1 else {}),
            "costs": {name: value for name, value in group.costs().items() if value is not None},
            "validation": [result.get("validation", {}) for result in group.results],
            "w_sha256": [result["w_sha256"] for result in group.results],
            "data": first["data"],
            "versions": first.get("versions", {}),
        }

    return {"metric": metric, "cells": [cell(group) for group in groups]}
