"""What a study has found: a table of task x setting with intervals, results.json, and a page with curves.

All settings of a task are set against its first one, seed by seed. The figures are of the test part; the column
"validation" is there for choosing a setting, since one that was chosen on the test part has no honest figure left.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.lab.files import write_json
from core.lab.report.format import figure
from core.lab.report.page import Section, picture, write_page
from core.lab.runs import folder as folders
from core.lab.stats.intervals import (
    LEAST,
    Interval,
    interquartile_interval,
    mean_interval,
    on_grid,
    paired_difference,
    probability_of_improvement,
)
from core.lab.study.folder import RESULTS, RUNS, finished, why
from core.lab.study.spec import Planned

HEADER = (
    "task",
    "setting",
    "metric",
    "seeds",
    "mean",
    "95 % interval",
    "interquartile mean",
    "worst",
    "validation",
    "minus the first",
    "P(better than the first)",
    "seconds",
    "every seed",
)
BRIEF = ("task", "setting", "metric", "seeds", "mean", "validation", "minus the first", "P(better)")
SHOWN = 20  # seeds up to which every one is shown
DRAWN = 10  # settings in one picture


def conclude(planned: Sequence[Planned], folder: Path, command: str, as_json: bool) -> None:
    """Writes results.json and the page of all rows that are there, and prints the table."""
    from core.lab.report.format import table

    rows = finished(folder, [p.key for p in planned])
    groups: dict[tuple[str, str], list[Planned]] = {}
    for p in planned:
        groups.setdefault((p.task, p.label), []).append(p)
    found = summaries(groups, rows, folder)
    failures = {p.key: why(folder, p.key) for p in planned if p.key not in rows}
    overall = over_tasks(found)
    results = {
        "command": command,
        "settings": found,
        "over_tasks": overall,
        "failed": failures,
        "rows": [rows[p.key] for p in planned if p.key in rows],
    }
    write_json(folder / RESULTS, results)
    lines = [line(summary) for summary in found]
    kinds = {json.dumps(row["versions"], sort_keys=True) for row in rows.values()}
    mixed = f" The rows are of {len(kinds)} different sets of versions or kernels." if len(kinds) > 1 else ""
    sections = [
        Section(
            "The table",
            "Test figures. Intervals: Student's t of the mean; the interquartile mean has one "
            f'by stratified bootstrap from {LEAST} seeds on. "Minus the first" pairs equal seeds with '
            'the task\'s first setting; "P(better)" is the probability that one more run of each would be '
            "better. To choose a setting, read the validation column." + mixed,
            HEADER,
            lines,
        )
    ]
    if overall:
        lead = "Scores on the scale where 0 is chance and 1 the reference; seeds are drawn within each task."
        sections.append(Section("Over the tasks", lead, OVER, [over_line(each) for each in overall]))
    sections += [
        section
        for task in dict.fromkeys(p.task for p in planned)
        if (section := curves(task, found, groups, rows, folder))
    ]
    if failures:
        sections.append(Section("Failed", text="\n".join(f"{key}: {said}" for key, said in failures.items())))
    write_page(
        folder / folders.PAGE,
        f"Trivium: a study of {len(planned)} runs",
        f"{len(rows)} of {len(planned)} jobs are done. Repeat with: {command}",
        sections,
    )
    if as_json:
        print(json.dumps(results))
        return
    if lines:
        table(BRIEF, [brief(summary) for summary in found])
    print(f"page: {folder / folders.PAGE}")


def summaries(
    groups: Mapping[tuple[str, str], Sequence[Planned]], rows: Mapping[str, Mapping[str, Any]], folder: Path
) -> list[dict[str, Any]]:
    """Each setting's statistics; a setting without a finished job has none."""
    found: list[dict[str, Any]] = []
    first: dict[str, dict[int, float]] = {}
    for (task, label), group in groups.items():
        done = [(p.job.seed, rows[p.key]) for p in group if p.key in rows]
        if not done:
            continue
        score = done[0][1]["score"]
        sign = 1 if score["reference"] >= score["chance"] else -1
        values = {seed: float(row["score"]["value"]) for seed, row in done}
        base = first.setdefault(task, values)
        common = sorted(values.keys() & base.keys())
        listed = list(values.values())
        validation = [
            value
            for p in group
            if p.key in rows and (value := best_validation(folder / RUNS / p.key, score["metric"], sign)) is not None
        ]
        found.append(
            {
                "task": task,
                "label": label,
                "setting": group[0].setting,
                "preset": group[0].job.preset,
                "metric": score["metric"],
                "more_is_better": sign > 0,
                "seeds": list(values),
                "values": listed,
                "mean": bounds(mean_interval(listed)),
                "interquartile_mean": bounds(interquartile_interval([listed], np.random.default_rng(0)))
                if len(listed) >= LEAST
                else None,
                "worst": min(listed, key=lambda value: sign * value),
                "validation": sum(validation) / len(validation) if validation else None,
                "difference": None
                if base is values or not common
                else bounds(paired_difference([values[s] for s in common], [base[s] for s in common])),
                "probability": None
                if base is values
                else bounds(probability_of_improvement([sign * v for v in listed], [sign * v for v in base.values()])),
                "scaled": [float(row["score"]["scaled"]) for _, row in done],
                "seconds": sum(row["seconds"] for _, row in done) / len(done),
            }
        )
    return found


def best_validation(run: Path, metric: str, sign: int) -> float | None:
    """The best value of the validation figure of that name while a run learnt; None where it logged none."""
    name = "val_" + metric.removeprefix("test_")
    return max((row[name] for row in folders.read_log(run) if name in row), key=lambda v: sign * v, default=None)


def bounds(interval: Interval) -> dict[str, float | None]:
    """An interval as JSON can say it: no bounds where they are infinite."""
    return {name: value if math.isfinite(value) else None for name, value in interval._asdict().items()}


def said(interval: Mapping[str, float | None] | None) -> str:
    """'0.93 (0.91 to 0.95)', or a dash."""
    if interval is None or interval["value"] is None:
        return "-"
    low, high = interval["low"], interval["high"]
    return figure(interval["value"]) + (
        f" ({figure(low)} to {figure(high)})" if low is not None and high is not None else ""
    )


def line(summary: Mapping[str, Any]) -> list[str]:
    """One row of the table."""
    mean, values = summary["mean"], summary["values"]
    span = f"{figure(mean['low'])} to {figure(mean['high'])}" if mean["low"] is not None else "one seed"
    return [
        summary["task"],
        summary["label"],
        summary["metric"],
        str(len(values)),
        figure(mean["value"]),
        span,
        said(summary["interquartile_mean"]),
        figure(summary["worst"]),
        "-" if summary["validation"] is None else figure(summary["validation"]),
        said(summary["difference"]),
        said(summary["probability"]),
        f"{summary['seconds']:.1f}",
        " ".join(figure(value) for value in values) if len(values) < SHOWN else "-",
    ]


def brief(summary: Mapping[str, Any]) -> list[str]:
    """The same for a terminal, which is not that wide."""
    task, label, metric, seeds, *_ = cells = line(summary)
    return [task, label, metric, seeds, said(summary["mean"]), *cells[8:11]]


OVER = ("setting", "tasks", "runs", "interquartile mean of the scaled scores")


def over_tasks(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Settings that stand with two tasks or more, of ten seeds or more: one interquartile mean over all their runs."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for summary in found:
        groups.setdefault(summary["label"], []).append(summary)
    return [
        {
            "label": label,
            "tasks": [s["task"] for s in group],
            "runs": sum(len(s["scaled"]) for s in group),
            "interquartile_mean": bounds(
                interquartile_interval([s["scaled"] for s in group], np.random.default_rng(0))
            ),
        }
        for label, group in groups.items()
        if len(group) > 1 and min(len(s["scaled"]) for s in group) >= LEAST
    ]


def over_line(each: Mapping[str, Any]) -> list[str]:
    return [each["label"], " ".join(each["tasks"]), str(each["runs"]), said(each["interquartile_mean"])]


def curves(
    task: str,
    found: Sequence[Mapping[str, Any]],
    groups: Mapping[tuple[str, str], Sequence[Planned]],
    rows: Mapping[str, Mapping[str, Any]],
    folder: Path,
) -> Section | None:
    """The validation figure against the examples seen: a line and its t interval for each setting of a task."""
    from matplotlib.figure import Figure

    mine = [summary for summary in found if summary["task"] == task]
    shown = sorted(mine, key=lambda s: s["mean"]["value"], reverse=bool(mine) and mine[0]["more_is_better"])[:DRAWN]
    drawn = Figure(figsize=(8, 3.8), layout="constrained")
    axis, lines, extremes = drawn.subplots(), 0, list[float]()
    for summary in (s for s in mine if s in shown):
        name = "val_" + summary["metric"].removeprefix("test_")
        logs = [folders.read_log(folder / RUNS / p.key) for p in groups[task, summary["label"]] if p.key in rows]
        runs = [
            ([row["examples"] for row in log if name in row], [row[name] for row in log if name in row]) for log in logs
        ]
        runs = [run for run in runs if run[0]]
        if not runs:
            continue
        grid, values = on_grid(runs)
        extremes += [values.min(), values.max()]
        intervals = [mean_interval(column.tolist()) for column in values.T]
        axis.plot(grid, [i.value for i in intervals], color=f"C{lines}", label=summary["label"])
        if len(runs) > 1:
            axis.fill_between(
                grid,
                [i.low for i in intervals],
                [i.high for i in intervals],
                color=f"C{lines}",
                alpha=0.15,
                linewidth=0,
            )
        lines += 1
    if not lines:
        return None
    low, high = min(extremes), max(extremes)  # an interval of few seeds may be wider than what they can reach
    axis.set(
        xlabel="examples seen", ylabel=name, ylim=(low - (high - low) / 20 - 1e-9, high + (high - low) / 20 + 1e-9)
    )
    axis.grid(alpha=0.3)
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
    path = folder / f"curves-{task}.png"
    drawn.savefig(path, dpi=100)
    left_out = f" The {DRAWN} settings with the best means are drawn." if len(mine) > DRAWN else ""
    return Section(
        f"How {task} learnt",
        "Means over the seeds and their 95 % intervals, on the validation part. A run "
        f"that was over before the longest one carries its last value.{left_out}",
        pictures=[picture(path, f"{name} of {lines} settings")],
    )
