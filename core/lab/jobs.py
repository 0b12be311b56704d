"""Several runs side by side: jobs go to worker processes (loky), one BLAS thread each, while a person watches."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.lab.display import figures, spark
from core.lab.errors import Refusal
from core.lab.folder import read_log


@dataclass(frozen=True)
class Job:
    """One run: a task of an installed name, a seed and a preset, in a folder of its own."""

    task: str
    seed: int
    preset: str
    folder: Path
    data: Path | None = None
    pictures: bool = True


def work(job: Job) -> tuple[Job, dict[str, Any] | str]:
    """Runs a job, in whatever process this is; returns its result, or why it was refused."""
    from core.lab.run import prepare, start

    try:
        setup = prepare(job.task, job.preset, {}, job.seed, job.data)
        return job, start(setup, job.folder, pictures=job.pictures).result
    except Refusal as refusal:
        return job, str(refusal)


def launch(jobs: Sequence[Job], workers: int, quiet: bool = False) -> list[tuple[Job, dict[str, Any]]]:
    """Runs all jobs, `workers` at a time, and returns their results in the order of `jobs`.

    Raises Refusal, naming the job, when one was refused; results do not depend on the number of workers.
    """
    from joblib import Parallel, delayed, parallel_config

    done: dict[Job, dict[str, Any]] = {}
    with _watching(jobs, done, quiet), parallel_config("loky", inner_max_num_threads=1):
        calls = (delayed(work)(job) for job in jobs)
        parallel = Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1, pre_dispatch=workers)
        for job, result in parallel(calls):
            if isinstance(result, str):
                raise Refusal(f"{job.task}, seed {job.seed}: {result}")
            done[job] = result
            if not quiet and not sys.stderr.isatty():
                score = result["score"]
                print(f"{job.task}  seed {job.seed}  {score['metric']} {score['value']:.4f}  {result['seconds']:.1f} s",
                      file=sys.stderr, flush=True)  # fmt: skip
    return [(job, done[job]) for job in jobs]


def _watching(jobs: Sequence[Job], done: dict[Job, dict[str, Any]], quiet: bool) -> Any:
    """A live display on a terminal: a line a task, drawn from the logs that the runs write."""
    if quiet or not sys.stderr.isatty():
        return contextlib.nullcontext()
    from rich.console import Console
    from rich.live import Live

    return Live(get_renderable=lambda: _draw(jobs, done), console=Console(stderr=True), refresh_per_second=5)


def _draw(jobs: Sequence[Job], done: dict[Job, dict[str, Any]]) -> Any:
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1))
    for name in dict.fromkeys(job.task for job in jobs):
        mine = [job for job in jobs if job.task == name]
        logs = [read_log(job.folder) for job in mine]
        share = sum(log[-1]["progress"] if log else 0.0 for log in logs) / len(mine)
        latest = next((log for log in reversed(logs) if log), [])  # of the last seed that was started
        curve = [next((v for k, v in row.items() if k.startswith("val_")), 0.0) for row in latest]
        newest = Text(figures(latest[-1]) if latest else "", "dim", no_wrap=True, overflow="ellipsis")
        finished = sum(job in done for job in mine)
        grid.add_row(Text(name, "bold"), ProgressBar(1.0, share, width=20), Text(f"{finished}/{len(mine)} seeds"),
                     Text(spark(curve), "cyan"), newest)  # fmt: skip
    return grid
