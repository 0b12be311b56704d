"""`trivium compare PROBLEM`: the same data, the same network shape, several teachers; one table and one page."""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.lab.errors import Refusal
from core.lab.folder import PAGE, create, free_name, read_log, write_json

if TYPE_CHECKING:
    from core.lab.report import Section
    from core.lab.run import Run

TEACHER = {"supervised": "a label", "unsupervised": "nothing", "reinforcement": "a reward"}
HEADER = ("task", "teacher gives", "metric", "mean", "95 % interval", "every seed", "examples", "answers", "seconds",
          "parameters")  # fmt: skip


@dataclass(frozen=True)
class CompareFlags:
    """One problem, three teachers: runs all tasks of a problem with the same seeds, and sets them side by side."""

    problem: str  # such as digits; trivium list shows the problems
    seeds: int = 5  # seeds 0, 1, ... of each task
    jobs: int = 2  # how many processes learn side by side
    preset: Literal["quick", "default", "best"] = "default"  # budgets of all tasks
    quick: bool = False  # short for --preset quick --seeds 2
    data: Path | None = None  # where data sets lie; else TRIVIUM_DATA, else a cache folder
    out: Path | None = None  # the folder for runs and page; runs/compare-PROBLEM-1, -2, ... if none is named
    force: bool = False  # moves aside what the folder holds already
    json: bool = False  # prints the results as JSON and nothing else


def common_metric(results: Sequence[dict[str, Any]]) -> str:
    """The test figure that all results have; the one that most have as their score. Refusal when there is none."""
    shared: set[str] = set.intersection(*(set(result["metrics"]) for result in results))
    if not shared:
        names = {result["task"]: sorted(result["metrics"]) for result in results}
        raise Refusal(f"these tasks cannot be compared: no test figure is common to all of {names}")
    scores: list[str] = [result["score"]["metric"] for result in results]
    return max(sorted(shared), key=scores.count)


def row(results: Sequence[dict[str, Any]], metric: str) -> list[str]:
    """One line of the table out of the results of one task's seeds."""
    from core.lab.display import figure
    from core.lab.stats import mean_interval

    first, values = results[0], [result["metrics"][metric] for result in results]
    mean, low, high = mean_interval(values)
    return [first["task"], TEACHER[first["paradigm"]], metric, f"{mean:.4f}",
            f"{low:.4f} to {high:.4f}" if len(values) > 1 else "one seed",
            " ".join(f"{value:.3f}" for value in values),
            *(figure(sum(r[name] for r in results) / len(results)) for name in ("examples", "answers", "seconds")),
            str(first["parameters"])]  # fmt: skip


def curves(path: Path, groups: dict[str, list[tuple[Path, dict[str, Any]]]], metric: str) -> None:
    """Draws the metric against examples, seconds and answers.

    Lines are validation figures during the run, points the test figures at its end: the test part is opened once.
    """
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(12, 3.6), layout="constrained")
    validation = "val_" + metric.removeprefix("test_")
    axes = drawn.subplots(1, 3, sharey=True)
    for axis, name in zip(axes, ("examples", "seconds", "answers"), strict=True):
        for k, (task, runs) in enumerate(groups.items()):
            for folder, result in runs:
                rows = [r for r in read_log(folder) if validation in r]
                axis.plot([max(r[name], 1e-2) for r in rows], [r[validation] for r in rows], color=f"C{k}", alpha=0.5)
                axis.plot([max(result[name], 1e-2)], [result["metrics"][metric]], "o", color=f"C{k}",
                          label=task if folder == runs[0][0] else None)  # fmt: skip
        axis.set_xscale("symlog" if name == "answers" else "log")
        axis.set_xlabel(
            {"examples": "examples seen", "seconds": "seconds", "answers": "answers from the teacher"}[name]
        )
        axis.grid(alpha=0.3)
    axes[0].set_ylabel(f"{validation} (lines), {metric} (points)", fontsize=8)
    axes[0].legend()
    drawn.savefig(path, dpi=100)


def code_section(runs: Sequence[Run]) -> Section:
    """The update of each learner: the lines where the gradient at the output comes from differ, the rest does not."""
    from core.lab.report import Section

    texts = []
    for run in runs:
        kind = type(run.learner)
        source = "\n".join(textwrap.dedent(inspect.getsource(getattr(kind, part)))
                           for part in ("update", "loss") if hasattr(kind, part))  # fmt: skip
        texts.append(f"# {run.setup.task.name}: {kind.__module__}.{kind.__qualname__}\n{source}")
    lead = "One update of each learner. Network, loss signature and optimizer are shared; what differs is where the " \
           "gradient at the output comes from."  # fmt: skip
    return Section("The lines that differ", lead, text="\n".join(texts))


def first_layers(runs: Sequence[Run], out: Path) -> list[dict[str, str]]:
    """A picture an image task: the weights into each hidden unit, where the input is a square image."""
    from core.lab.plots import weight_sheet
    from core.lab.report import picture

    pictures = []
    for run in runs:
        W = next((W for W in run.learner.net.views(run.w).values() if W.ndim == 2), None)
        if W is not None and round(W.shape[0] ** 0.5) ** 2 == W.shape[0]:
            path = out / f"weights-{run.setup.task.name}.png"
            weight_sheet(path, W)
            pictures.append(picture(path, f"{run.setup.task.name}: taught by {TEACHER[run.setup.task.paradigm]}"))
    return pictures


def compare(args: Sequence[str]) -> int:
    """Runs the comparison; returns the exit code."""
    from core.lab.flags import parse
    from core.lab.tasks import describe, installed, nearest

    flags = parse(CompareFlags, args, "trivium compare")
    seeds, preset = (2, "quick") if flags.quick else (flags.seeds, flags.preset)
    if seeds < 1 or flags.jobs < 1:
        raise Refusal("--seeds and --jobs must be at least 1")
    infos = [describe(name, module) for name, module in installed().items()]
    known = [info for info in infos if info.problem == flags.problem and info.paradigm in TEACHER]
    tasks = [info.name for info in sorted(known, key=lambda info: list(TEACHER).index(info.paradigm))]
    if not tasks:
        raise Refusal(
            f"no task is of the problem {flags.problem!r}{nearest(flags.problem, {i.problem for i in infos})}"
        )
    out = create(flags.out or free_name(Path("runs") / f"compare-{flags.problem}"), flags.force)

    from core.lab.display import table
    from core.lab.jobs import Job, launch
    from core.lab.report import Section, picture, write_page
    from core.lab.run import open_run

    jobs = [Job(task, seed, preset, out / f"{task}-{seed}", flags.data, pictures=False)
            for seed in range(seeds) for task in tasks]  # fmt: skip
    results = launch(jobs, flags.jobs, quiet=flags.json)
    metric = common_metric([result for _, result in results])
    groups = {task: [(job.folder, result) for job, result in results if job.task == task] for task in tasks}
    rows = [row([result for _, result in group], metric) for group in groups.values()]
    write_json(out / "results.json", {"problem": flags.problem, "metric": metric, "seeds": seeds, "preset": preset,
                                      "results": [result for _, result in results]})  # fmt: skip
    runs = [open_run(out / f"{task}-0", data=flags.data) for task in tasks]
    curves(out / "curves.png", groups, metric)
    write_page(out / PAGE, f"Trivium: {flags.problem}, one network, {len(tasks)} teachers",
               f"Seeds 0 to {seeds - 1}, preset {preset}. Intervals: Student's t. An answer is one label or one "
               "reward; each label counts once.",
               [Section("The table", header=HEADER, rows=rows),
                Section("The curves", "Lines: the validation part while learning. Points: the test part, opened once, "
                        "at the end.", pictures=[picture(out / "curves.png", f"{metric} of every seed")]),
                Section("What the first layers have learnt", "Seed 0; each tile is the weights into one hidden unit.",
                        pictures=first_layers(runs, out)),
                code_section(runs)])  # fmt: skip
    if flags.json:
        print(json.dumps([result for _, result in results]))
        return 0
    table(HEADER, rows, f"{flags.problem}: {metric}, {seeds} seeds, preset {preset}")
    print(f"page: {out / PAGE}")
    return 0
