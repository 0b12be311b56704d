"""`trivium demo`: four tasks learn from embedded data, before your eyes; then one table and one page."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from core.lab import check
from core.lab.cli.flags import JOBS, SEEDS, parse
from core.lab.report.format import figure, table
from core.lab.report.page import Section, write_page
from core.lab.runs.folder import PAGE, create, new_folder, read_shown
from core.lab.runs.page import SCORE_HEADER, best_baseline, run_sections
from core.lab.study.job import Job
from core.lab.study.runner import launch

# Longest first, so that no worker is left with a long run at the end; the table has the order of the page.
TASKS = ("digit_clusters", "text", "cartpole", "digits")
ON_PAGE = ("digits", "digit_clusters", "text", "cartpole")


@dataclass(frozen=True)
class DemoFlags:
    """A classifier, a clusterer, a text generator and a cart-pole agent learn on the same NumPy network."""

    seeds: int = 5  # how many seeds of each task; the table shows their mean and the worst
    jobs: int = 2  # how many processes learn side by side
    quick: bool = False  # one seed with small budgets: some seconds
    out: Path | None = None  # the folder for runs and page; runs/demo-1, -2, ... if none is named
    force: bool = False  # moves aside what the folder holds already
    json: bool = False  # prints the results as JSON and nothing else

    def __post_init__(self) -> None:
        check(self, span={"seeds": SEEDS, "jobs": JOBS})


def summary(results: Sequence[dict[str, Any]]) -> list[str]:
    """A row of the table for one task out of the results of its seeds: means, and the worst seed."""
    first, scores = results[0], [result["score"] for result in results]
    mean = {name: fmean(score[name] for score in scores) for name in ("value", "chance", "reference")}
    values = [score["value"] for score in scores]
    worst = min(values) if scores[0]["reference"] > scores[0]["chance"] else max(values)
    name = best_baseline(first)
    baseline = f"{figure(fmean(result['baselines'][name] for result in results))} ({name})" if name else "-"
    value = figure(mean["value"]) + (f" (worst {figure(worst)})" if len(values) > 1 else "")
    seconds = f"{fmean(result['seconds'] for result in results):.1f}"
    own = [first["task"], first["paradigm"], scores[0]["metric"]]
    return [*own, value, figure(mean["chance"]), baseline, figure(mean["reference"]), seconds]


def demo(args: Sequence[str]) -> int:
    """Runs the demo; returns the exit code."""
    flags = parse(DemoFlags, args, "trivium demo")
    seeds = 1 if flags.quick else flags.seeds
    out = create(flags.out or new_folder(Path("runs") / "demo"), flags.force)

    jobs = [
        Job(task, seed, "quick" if flags.quick else "default", out / f"{task}-{seed}", pictures=seed == 0)
        for seed in range(seeds)
        for task in TASKS
    ]
    results = launch(jobs, flags.jobs, quiet=flags.json)
    rows = [summary([result for job, result in results if job.task == task]) for task in ON_PAGE]
    references = "; ".join(f"{task}: {read_shown(out / f'{task}-0')['reference']}" for task in ON_PAGE)
    top = Section("Four tasks, one network", f"References: {references}.", SCORE_HEADER, rows)
    rest = [section for task in ON_PAGE for section in run_sections(out / f"{task}-0")]
    of_seeds = f"{seeds} seed{'s' * (seeds > 1)}"
    how = "A label, the data itself, or a reward: only the gradient at the output differs."
    lead = f"Means over {of_seeds}; the pictures are of seed 0. {how}"
    write_page(out / PAGE, "Trivium: one network, three ways to learn", lead, [top, *rest])
    if flags.json:
        print(json.dumps([result for _, result in results]))
        return 0
    table(SCORE_HEADER, rows, f"Mean of {of_seeds}" + " (quick: small budgets)" * flags.quick)
    print(f"page: {out / PAGE}")
    return 0
