"""What a study has found: a table of task x setting with intervals, results.json, and a page with curves.

All settings of a task are set against its first one, seed by seed. The figures are of the test part; the column
"validation" is there for choosing a setting, since one that was chosen on the test part has no honest figure left.
"""

import json
import math
from collections.abc import Mapping, Sequence
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from core import Array
from core.lab import write_json
from core.lab.report.format import figure, span, table
from core.lab.report.page import Section, picture, write_page
from core.lab.report.pictures import noting
from core.lab.report.plots import drawing
from core.lab.runs.folder import PAGE, read_log
from core.lab.stats.intervals import (
    LEAST,
    Interval,
    interquartile_interval,
    mean_interval,
    on_grid,
    paired_difference,
    probability_of_improvement,
)
from core.lab.study.folder import NOT_DONE, RESULTS, RUNS, failures, finished
from core.lab.study.spec import Planned, by

ALL_SEEDS = 20  # seeds up to which every one is shown
DRAWN = 10  # settings in one picture
OVER = ("setting", "tasks", "runs", "interquartile mean of the scaled scores")
Summary = dict[str, Any]  # the statistics of a setting, as results.json holds them


@noting()
def conclude(planned: Sequence[Planned], folder: Path, command: str, as_json: bool) -> None:
    """Writes results.json and the page of all rows that are there, and prints the table."""
    rows = finished(folder, [p.key for p in planned])
    groups = by(attrgetter("task", "label"), planned)
    found = summaries(groups, rows, folder)
    failed = dict.fromkeys((p.key for p in planned if p.key not in rows), NOT_DONE)
    failed |= failures(folder, failed)
    overall, done = over_tasks(found), list(rows.values())
    results = {"command": command, "settings": found, "over_tasks": overall, "failed": failed, "rows": done}
    write_json(folder / RESULTS, results)
    lines = [line(summary) for summary in found]
    kinds = {json.dumps(row["versions"], sort_keys=True) for row in done}
    mixed = f" The rows are of {len(kinds)} different sets of versions or kernels." if len(kinds) > 1 else ""
    sections = [
        Section(
            "The table",
            "Test figures. Intervals: Student's t of the mean; the interquartile mean has one "
            f'by stratified bootstrap from {LEAST} seeds on. "Minus the first" pairs equal seeds with '
            'the task\'s first setting; "P(better)" is the probability that one more run of each would be '
            "better. To choose a setting, read the validation column." + mixed,
            list(lines[0]) if lines else (),
            [list(row.values()) for row in lines],
        ),
        Section(
            "Over the tasks",
            "Scores on the scale where 0 is chance and 1 the reference; seeds are drawn within each task.",
            OVER,
            [[o["label"], " ".join(o["tasks"]), str(o["runs"]), said(o["interquartile_mean"])] for o in overall],
        ),
        *(curves(task, found, groups, rows, folder) for task in dict.fromkeys(p.task for p in planned)),
        Section("Failed", text="\n".join(f"{key}: {why}" for key, why in failed.items())),
    ]
    lead = f"{len(rows)} of {len(planned)} jobs are done. Repeat with: {command}"
    write_page(folder / PAGE, f"Trivium: a study of {len(planned)} runs", lead, sections)
    if as_json:
        print(json.dumps(results))
        return
    brief = [row | {"mean": said(s["mean"]), "P(better)": row[BETTER]} for row, s in zip(lines, found, strict=True)]
    if brief:
        table(BRIEF, [[row[name] for name in BRIEF] for row in brief])
    print(f"page: {folder / PAGE}")


def summaries(
    groups: Mapping[tuple[str, str], Sequence[Planned]], rows: Mapping[str, Mapping[str, Any]], folder: Path
) -> list[Summary]:
    """Each setting's statistics; a setting without a finished job has none."""
    found, first = list[Summary](), dict[str, dict[int, float]]()
    for (task, label), group in groups.items():
        if not (done := [(p, rows[p.key]) for p in group if p.key in rows]):
            continue
        score = done[0][1]["score"]
        sign = 1 if score["reference"] >= score["chance"] else -1
        values = {p.job.seed: float(row["score"]["value"]) for p, row in done}
        others = (base := first.setdefault(task, values)) is not values
        common = sorted(values.keys() & base.keys()) if others else []
        pairs = [values[seed] for seed in common], [base[seed] for seed in common]
        signed = [sign * value for value in values.values()], [sign * value for value in base.values()]
        listed = list(values.values())
        best = [best_validation(folder / RUNS / p.key, score["metric"], sign) for p, _ in done]
        validation = [value for value in best if value is not None]
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
                "interquartile_mean": interquartile([listed]) if len(listed) >= LEAST else None,
                "worst": min(listed, key=lambda value: sign * value),
                "validation": sum(validation) / len(validation) if validation else None,
                "difference": bounds(paired_difference(*pairs)) if common else None,
                "probability": bounds(probability_of_improvement(*signed)) if others else None,
                "scaled": [float(row["score"]["scaled"]) for _, row in done],
                "seconds": sum(row["seconds"] for _, row in done) / len(done),
            }
        )
    return found


def best_validation(run: Path, metric: str, sign: int) -> float | None:
    """The best value of the validation figure of that name while a run learnt; None where it logged none."""
    name = "val_" + metric.removeprefix("test_")
    return max((row[name] for row in read_log(run) if name in row), key=lambda v: sign * v, default=None)


def bounds(interval: Interval) -> dict[str, float | None]:
    """An interval as JSON can say it: no bounds where they are infinite."""
    return {name: value if math.isfinite(value) else None for name, value in interval._asdict().items()}


def interquartile(strata: Sequence[Sequence[float]]) -> dict[str, float | None]:
    return bounds(interquartile_interval(strata, np.random.default_rng(0)))


def said(interval: Mapping[str, float | None] | None) -> str:
    """'0.93 (0.91 to 0.95)', or a dash."""
    if interval is None or (value := interval["value"]) is None:
        return "-"
    low, high = interval["low"], interval["high"]
    return figure(value) + (f" ({span(low, high)})" if low is not None and high is not None else "")


def line(summary: Summary) -> dict[str, str]:
    """One row of the table, by the names of its columns."""
    mean, values, validation = summary["mean"], summary["values"], summary["validation"]
    return {
        "task": summary["task"],
        "setting": summary["label"],
        "metric": summary["metric"],
        "seeds": str(len(values)),
        "mean": figure(mean["value"]),
        "95 % interval": "one seed" if mean["low"] is None else span(mean["low"], mean["high"]),
        "interquartile mean": said(summary["interquartile_mean"]),
        "worst": figure(summary["worst"]),
        "validation": "-" if validation is None else figure(validation),
        "minus the first": said(summary["difference"]),
        BETTER: said(summary["probability"]),
        "seconds": f"{summary['seconds']:.1f}",
        "every seed": " ".join(map(figure, values)) if len(values) < ALL_SEEDS else "-",
    }


BETTER = "P(better than the first)"
BRIEF = ("task", "setting", "metric", "seeds", "mean", "validation", "minus the first", "P(better)")  # for a terminal


def over_tasks(found: Sequence[Summary]) -> list[dict[str, Any]]:
    """Settings that stand with two tasks or more, of ten seeds or more: one interquartile mean over all their runs."""
    overall = []
    for label, group in by(itemgetter("label"), found).items():
        tasks, scaled = [summary["task"] for summary in group], [summary["scaled"] for summary in group]
        if len(group) > 1 and min(map(len, scaled)) >= LEAST:
            middle = interquartile(scaled)
            overall.append(
                {"label": label, "tasks": tasks, "runs": sum(map(len, scaled)), "interquartile_mean": middle}
            )
    return overall


def curves(
    task: str,
    found: Sequence[Summary],
    groups: Mapping[tuple[str, str], Sequence[Planned]],
    rows: Mapping[str, Mapping[str, Any]],
    folder: Path,
) -> Section:
    """The validation figure against the examples seen: a line and its t interval for each setting of a task."""
    mine = [summary for summary in found if summary["task"] == task]
    shown = sorted(mine, key=lambda s: s["mean"]["value"], reverse=bool(mine) and mine[0]["more_is_better"])[:DRAWN]
    lines: dict[str, tuple[Array, Array]] = {}
    for summary in (s for s in mine if s in shown):
        name = "val_" + summary["metric"].removeprefix("test_")
        logs = [read_log(folder / RUNS / p.key) for p in groups[task, summary["label"]] if p.key in rows]
        rated = [[row for row in log if name in row] for log in logs]
        if runs := [([row["examples"] for row in log], [row[name] for row in log]) for log in rated if log]:
            lines[summary["label"]] = on_grid(runs)
    if not lines:
        return Section()
    extremes = [end for _, values in lines.values() for end in (values.min(), values.max())]
    low, high = min(extremes), max(extremes)  # an interval of few seeds may be wider than what they can reach
    path, room = folder / f"curves-{task}.png", (high - low) / 20 + 1e-9
    with drawing(path, (8, 3.8)) as axis:
        for k, (label, (grid, values)) in enumerate(lines.items()):
            means, lows, highs = zip(*(mean_interval(column.tolist()) for column in values.T), strict=True)
            axis.plot(grid, means, color=f"C{k}", label=label)
            if len(values) > 1:
                axis.fill_between(grid, lows, highs, color=f"C{k}", alpha=0.15, linewidth=0)
        axis.set(xlabel="examples seen", ylabel=name, ylim=(low - room, high + room))
        axis.grid(alpha=0.3)
        axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
    left_out = f" The {DRAWN} settings with the best means are drawn." if len(mine) > DRAWN else ""
    return Section(
        f"How {task} learnt",
        "Means over the seeds and their 95 % intervals, on the validation part. A run "
        f"that was over before the longest one carries its last value.{left_out}",
        pictures=[picture(path, f"{name} of {len(lines)} settings")],
    )
