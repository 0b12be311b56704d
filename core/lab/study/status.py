"""How far a study is, and how long it will take: `trivium status DIR`, and `trivium study SPEC --dry-run`.

What a job takes is the mean of the finished jobs of its setting, else of its task, else of all. Where none has
finished, a dry run measures: it builds the learner, updates it for half a second and evaluates it once; a run is then
build + updates / progress + 20 evaluations. The report at its end is not in it.
"""

import json
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from core.lab import lock
from core.lab.files import Locked
from core.lab.runs import folder as folders
from core.lab.runs.loop import EVALUATIONS
from core.lab.study.folder import RUNS, SESSION, TIMED, failures, finished, read_session, read_spec
from core.lab.study.job import Job
from core.lab.study.runner import one_thread
from core.lab.study.spec import Planned, by

MEASURED = 0.5  # seconds of updates that a dry run measures of a setting
LONGEST = 5.0  # seconds, if there is no progress yet
SETTINGS = 12  # that are measured; the others take the mean of their task


def progress(folder: Path) -> dict[str, Any]:
    """Numbers of jobs, and seconds to go: each unfinished job as long as those that are done, less what it has done."""
    jobs = read_spec(folder)["jobs"]
    rows = finished(folder, jobs, TIMED)
    failed = failures(folder, (key for key in jobs if key not in rows))
    left = [key for key in jobs if key not in rows and key not in failed]
    logs = {key: folders.read_log(folder / RUNS / key, form={"progress": float}) for key in left}
    shares = {key: log[-1]["progress"] if log else 0.0 for key, log in logs.items()}
    workers = read_session(folder)["workers"] if (folder / SESSION).exists() else 1
    expected = seconds(jobs, rows)
    return {
        "jobs": len(jobs),
        "done": len(rows),
        "failed": len(failed),
        "left": len(left),
        "begun": sum(map(bool, logs.values())),
        "running": locked(folder),
        "workers": workers,
        "seconds_to_go": expected and wall([expected[key] * (1 - shares[key]) for key in left], workers),
        "failures": failed,
    }


def seconds(jobs: Mapping[str, Mapping[str, Any]], rows: Mapping[str, Mapping[str, Any]]) -> dict[str, float] | None:
    """What each job takes, by those that are done; None where none is."""
    if not rows:
        return None
    names = {key: ((job["task"], job["label"]), job["task"], None) for key, job in jobs.items()}
    groups = by(itemgetter(0), ((name, row["job_seconds"]) for key, row in rows.items() for name in names[key]))
    means = {name: statistics.fmean(seconds for _, seconds in group) for name, group in groups.items()}
    return {key: next(means[name] for name in each if name in means) for key, each in names.items()}


def wall(each: Sequence[float], workers: int) -> float:
    """Seconds for jobs side by side: all of them shared out, but never less than the longest."""
    return max(sum(each) / max(workers, 1), max(each, default=0.0))


def locked(folder: Path) -> bool:
    """Is a process at work in the folder? In one that cannot be written none is."""
    try:
        with lock(folder, needed=False):
            return False
    except Locked:
        return True


def clock(amount: float) -> str:
    """'1 h 5 min', '3 min 20 s', '12 s'."""
    minutes, seconds = divmod(round(amount), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def forecast(planned: Sequence[Planned], folder: Path, workers: int, as_json: bool) -> int:
    """Prints the jobs, each with the seconds that it will take, and the time of all; returns the exit code."""
    from core.lab.report.format import table

    rows = finished(folder, [p.key for p in planned], TIMED)
    jobs = {p.key: {"task": p.task, "label": p.label} for p in planned}
    known, source = seconds(jobs, rows), f"the {len(rows)} jobs that are done"
    if known is None:
        known, source = _measured(planned), f"{MEASURED} s of updates of up to {SETTINGS} settings, without reports"
    workers = min(workers, os.cpu_count() or 1)
    total = wall([known[p.key] for p in planned if p.key not in rows], workers)
    if as_json:
        own = {p.key: {"key": p.key, **jobs[p.key], "seed": p.job.seed} for p in planned}
        each = [{**said, "done": key in rows, "seconds": known[key]} for key, said in own.items()]
        print(json.dumps({"jobs": each, "seconds": total, "source": source}))
        return 0
    lines = [[p.task, p.label, str(p.job.seed), "done" if p.key in rows else f"{known[p.key]:.1f}"] for p in planned]
    table(("task", "setting", "seed", "seconds"), lines)
    print(f"{len(planned)} jobs, {len(rows)} done; about {clock(total)} on {workers} at once, measured by {source}")
    return 0


def _measured(planned: Sequence[Planned]) -> dict[str, float]:
    """Seconds of each job by short runs of its setting, or of others of its task."""
    first = {(p.task, p.label): p.job for p in reversed(planned)}
    every = max(1, -(-len(first) // SETTINGS))
    per_task = {p.task: (p.task, p.label) for p in reversed(planned)}
    chosen = dict.fromkeys([*per_task.values(), *list(first)[::-1][::every]])
    found = {group: measure(first[group]) for group in chosen}
    means = {task: statistics.fmean(s for (t, _), s in found.items() if t == task) for task in per_task}
    return {p.key: found.get((p.task, p.label), means[p.task]) for p in planned}


def measure(job: Job) -> float:
    """Seconds that a run will take, by half a second of it. Writes nothing, and opens no test part."""
    from core.lab.runs.run import prepare

    with one_thread():
        began = time.perf_counter()
        learner, _ = prepare(job.task, job.preset, dict(job.config), job.seed, job.data).build()
        built = time.perf_counter()
        learner.update()  # the first pays for what is loaded late
        start, before, spent = time.perf_counter(), learner.progress, 0.0
        while learner.progress < 1 and (spent < MEASURED or (learner.progress <= before and spent < LONGEST)):
            learner.update()
            spent = time.perf_counter() - start
        gained, judged = learner.progress - before, time.perf_counter()
        learner.evaluate()
        ended = time.perf_counter()
    training = spent / gained if gained > 0 else start - built
    return built - began + training + EVALUATIONS * (ended - judged)
