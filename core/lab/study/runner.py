"""Several runs side by side: a job is one run in a folder of its own, done in whatever process an engine chooses."""

import contextlib
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from core.lab import Refusal, Stopped, printable
from core.lab.guard import theirs
from core.lab.runs import folder as folders
from core.lab.runs.loop import Watch, silent
from core.lab.runs.progress import figures, spark
from core.lab.study.job import Ended, Job, file_sha256
from core.lab.terminal import quiet


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """One thread in BLAS and OpenMP, in those loaded already and in those that are yet to be.

    Jobs share the processor, and so the bytes of a run do not depend on how many run beside it. SciPy's BLAS is loaded
    first: then it is limited too, and every row names the same libraries, whatever its process did before.
    """
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    from core.lab.environment import THREAD_VARIABLES

    names = {name for group in THREAD_VARIABLES.values() for name in group}
    before = {name: os.environ[name] for name in names if name in os.environ}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        with threadpool_limits(1):
            yield
    finally:
        for name in names:
            os.environ.pop(name, None)
        os.environ.update(before)


def perform(job: Job, watch: Watch = silent) -> dict[str, Any]:
    """Runs a job, or goes on with it where its folder holds a run, and returns its result. Raises Refusal, Stopped."""
    from core.lab.runs.run import Run, prepare, resume, start

    if job.task_sha256 and file_sha256(Path(job.task)) != job.task_sha256:
        raise Refusal(f"the task's file {job.task} is not what it was when the jobs were planned")
    with one_thread():
        setup = prepare(job.task, job.preset, dict(job.config), job.seed, job.data, job.imports)
        if (job.folder / folders.CONFIG).exists():
            return resume(Run(job.folder, setup), watch, pictures=job.pictures).result
        return start(setup, job.folder, force=True, watch=watch, pictures=job.pictures).result


def work(job: Job, watch: Watch = silent) -> Ended:
    """`perform`, but nothing is raised: what went wrong is a line of text, so one job does not end the others."""
    try:
        with quiet():
            return job, perform(job, watch)
    except Refusal as refusal:
        return job, str(refusal)
    except Stopped as stop:
        return job, stop.signum
    except BaseException as error:
        if not theirs(error):
            raise
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return job, f"{type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})"


def launch(jobs: Sequence[Job], workers: int, quiet: bool = False) -> list[tuple[Job, dict[str, Any]]]:
    """Runs all jobs, `workers` at a time, and returns their results in the order of `jobs`.

    Raises Refusal, naming the job, when one was refused, and Stopped when one was stopped; results do not depend on the
    number of workers.
    """
    from core.lab.study.engines import local

    done: dict[Job, dict[str, Any]] = {}
    for job, outcome in followed(local(min(workers, len(jobs) or 1))(work, jobs), jobs, quiet):
        if isinstance(outcome, str):
            raise Refusal(f"{job.task}, seed {job.seed}: {outcome}")
        if isinstance(outcome, int):
            raise Stopped(outcome)
        done[job] = outcome
    return [(job, done[job]) for job in jobs]


def followed(outcomes: Iterator[Ended], jobs: Sequence[Job], quiet: bool) -> Iterator[Ended]:
    """Passes outcomes on while a person watches: live on a terminal, a line a job elsewhere, in silence if `quiet`."""
    ended: set[Path] = set()
    with _watching(jobs, ended, quiet):
        for job, outcome in outcomes:
            if not isinstance(outcome, int):  # a job that was stopped is not done
                ended.add(job.folder)
            if not quiet and not sys.stderr.isatty() and not isinstance(outcome, int):
                words = [Path(job.task).stem, *(f"{name} {value}" for name, value in job.config), f"seed {job.seed}"]
                print(printable("  ".join([*words, _brief(outcome)])), file=sys.stderr, flush=True)
            yield job, outcome


def _brief(outcome: dict[str, Any] | str) -> str:
    if isinstance(outcome, str):
        return "failed: " + " ".join(outcome.split())
    return "{metric} {value:.4f}".format(**outcome["score"]) + f"  {outcome['seconds']:.1f} s"


def _watching(jobs: Sequence[Job], ended: set[Path], quiet: bool) -> Any:
    """A live display on a terminal: a line a task, drawn from the logs that the runs write."""
    if quiet or not sys.stderr.isatty():
        return contextlib.nullcontext()
    from rich.console import Console
    from rich.live import Live

    return Live(get_renderable=lambda: _draw(jobs, ended), console=Console(stderr=True), refresh_per_second=5)


def _draw(jobs: Sequence[Job], ended: set[Path]) -> Any:
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1))
    for name in dict.fromkeys(job.task for job in jobs):
        mine = [job for job in jobs if job.task == name]
        begun = [log for job in mine if job.folder not in ended and (log := folders.read_log(job.folder))]
        finished = sum(job.folder in ended for job in mine)
        share = (finished + sum(log[-1].get("progress", 0.0) for log in begun)) / len(mine)
        latest = begun[-1] if begun else folders.read_log(mine[-1].folder)  # of the last seed that was started
        curve = [next((v for k, v in row.items() if k.startswith("val_")), 0.0) for row in latest]
        task, runs = Text(Path(name).stem, "bold"), Text(f"{finished}/{len(mine)} runs")
        newest = Text(figures(latest[-1]) if latest else "", "dim", no_wrap=True, overflow="ellipsis")
        grid.add_row(task, ProgressBar(1.0, share, width=20), runs, Text(spark(curve), "cyan"), newest)
    return grid
