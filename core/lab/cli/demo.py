"""`trivium demo`: four tasks learn from embedded data, before your eyes; then one table and one page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.lab.files import free_name
from core.lab.runs.folder import create

# Longest first, so that no worker is left with a long run at the end; the table has the order of the page.
TASKS = ("digit_clusters", "text", "cartpole", "digits")
SHOWN = ("digits", "digit_clusters", "text", "cartpole")


@dataclass(frozen=True)
class DemoFlags:
    """A classifier, a clusterer, a text generator and a cart-pole agent learn on the same NumPy network."""

    seeds: int = 5  # how many seeds of each task; the table shows their mean and the worst
    jobs: int = 2  # how many processes learn side by side
    quick: bool = False  # one seed with small budgets: some seconds
    out: Path | None = None  # the folder for runs and page; runs/demo-1, -2, ... if none is named
    force: bool = False  # moves aside what the folder holds already
    json: bool = False  # prints the results as JSON and nothing else


def summary(results: Sequence[dict[str, Any]]) -> list[str]:
    """A row of the table for one task out of the results of its seeds: means, and the worst seed."""
    from core.lab.report.format import figure
    from core.lab.runs.page import best_baseline

    def mean(values: Sequence[float]) -> float:
        return sum(values) / len(values)

    first, scores = results[0], [result["score"] for result in results]
    values = [score["value"] for score in scores]
    worst = min(values) if scores[0]["reference"] > scores[0]["chance"] else max(values)
    name = best_baseline(first)
    baseline = mean([result["baselines"][name] for result in results]) if name else float("nan")
    return [
        first["task"],
        first["paradigm"],
        scores[0]["metric"],
        figure(mean(values)) + (f" (worst {figure(worst)})" if len(values) > 1 else ""),
        figure(mean([score["chance"] for score in scores])),
        f"{figure(baseline)} ({name})" if name else "-",
        figure(mean([score["reference"] for score in scores])),
        f"{mean([result['seconds'] for result in results]):.1f}",
    ]


def demo(args: Sequence[str]) -> int:
    """Runs the demo; returns the exit code."""
    from core.lab.cli.flags import parse
    from core.lab.errors import Refusal

    flags = parse(DemoFlags, args, "trivium demo")
    seeds = 1 if flags.quick else flags.seeds
    if seeds < 1 or flags.jobs < 1:
        raise Refusal("--seeds and --jobs must be at least 1")
    out = create(flags.out or free_name(Path("runs") / "demo"), flags.force)

    from core.lab.files import read_json
    from core.lab.report.format import table
    from core.lab.report.page import Section, write_page
    from core.lab.runs.folder import PAGE
    from core.lab.runs.folder import SHOWN as CAPTIONS
    from core.lab.runs.page import SCORE_HEADER, run_sections
    from core.lab.study.job import Job
    from core.lab.study.runner import launch

    jobs = [
        Job(task, seed, "quick" if flags.quick else "default", out / f"{task}-{seed}", pictures=seed == 0)
        for seed in range(seeds)
        for task in TASKS
    ]
    results = launch(jobs, flags.jobs, quiet=flags.json)
    rows = [summary([result for job, result in results if job.task == task]) for task in SHOWN]
    references = "; ".join(f"{task}: {read_json(out / f'{task}-0' / CAPTIONS)['reference']}" for task in SHOWN)
    sections = [Section("Four tasks, one network", f"References: {references}.", SCORE_HEADER, rows)]
    for task in SHOWN:
        sections += run_sections(out / f"{task}-0")
    lead = (
        f"Means over {seeds} seed{'s' * (seeds > 1)}; the pictures are of seed 0. A label, the data itself, or a "
        "reward: only the gradient at the output differs."
    )
    write_page(out / PAGE, "Trivium: one network, three ways to learn", lead, sections)
    if flags.json:
        print(json.dumps([result for _, result in results]))
        return 0
    table(SCORE_HEADER, rows, f"Mean of {seeds} seed{'s' * (seeds > 1)}" + (" (quick: small budgets)" * flags.quick))
    print(f"page: {out / PAGE}")
    return 0
