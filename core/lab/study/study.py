"""`trivium study SPEC`: tasks x settings x seeds, on this machine or on a cluster.

A study's folder holds spec.json (written first), rows/KEY.json (one a finished job, written whole or not at all),
failed/KEY.json (why a job has no row), runs/KEY (the run folders), session.json (who is at work), then results.json
and report.html. A row is a file of its own since that needs neither a lock nor a repair: whichever process ends a job
renames its row into place. So what was finished is never lost; given again, the command goes on with the rest.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any

from core.lab.errors import Refusal, Stopped, refusing
from core.lab.files import LOCK, Locked, is_leftover, lock, sweep, write_json
from core.lab.interrupt import handling
from core.lab.runs.loop import Row, Watch
from core.lab.study.folder import FAILED, ROWS, RUNS, SESSION, SPEC, failure, read_row, read_session, read_spec, row
from core.lab.study.job import Job, Outcome
from core.lab.study.runner import followed, work
from core.lab.study.spec import Planned, differences

ASK = 0.5  # seconds between two looks of a job at its session
GRACE = 60.0  # seconds that a study which was told to stop waits for its jobs
WAIT = 10.0  # seconds that a job waits for another process to leave its run folder


@contextmanager
def opened(out: Path, spec: dict[str, Any], planned: Sequence[Planned]) -> Iterator[Path]:
    """The study's folder, made or gone on with, and locked. Raises Refusal where it is not of these jobs."""
    content = json.loads(json.dumps({"spec": spec, "jobs": {p.key: p.kept() for p in planned}}))
    with refusing(f"cannot make the folder {out}", OSError):
        there = {entry.name for entry in out.iterdir()} if out.exists() else set()
        if SPEC not in there and {name for name in there if not is_leftover(name)} - {ROWS, FAILED, RUNS, LOCK}:
            raise Refusal(f"{out} holds something that is not a study: name another folder with --out")
        for part in (ROWS, FAILED, RUNS):
            (out / part).mkdir(parents=True, exist_ok=True)
    with lock(out):
        if (out / SPEC).exists():
            before = read_spec(out)
            changed = list(differences(before["spec"], content["spec"]))
            if not changed and before["jobs"] != content["jobs"]:  # a task or its presets are other ones
                changed = list(differences(_by_name(before["jobs"]), _by_name(content["jobs"])))
            if changed:
                how = "Put the spec back, or name another folder with --out"
                raise Refusal(f"{out} was begun with another spec: {'; '.join(changed[:8])}. {how}")
        else:
            write_json(out / SPEC, content)
        for place in (out, out / ROWS, out / FAILED):
            sweep(place)
        for marks in (out / RUNS).glob("*.tries"):  # of a study that was killed itself
            marks.unlink()
        yield out


def _by_name(jobs: dict[str, Any]) -> dict[str, Any]:
    return {
        f"{job['task']} {job['label']}": {k: job.get(k) for k in ("config", "task_sha256")} for job in jobs.values()
    }


def run_jobs(
    planned: Sequence[Planned], folder: Path, workers: int, engine_name: str, scheduler: str | None, quiet: bool
) -> int | None:
    """Does every job without a row; returns the number of the signal that stopped it, if one did."""
    left = [p.job for p in planned if not row(folder, p.key).exists()]
    if not left:
        return None
    from core.lab.study.engines import cluster, end_workers, local

    token, caught, here = f"{os.getpid()}-{time.time_ns()}", list[int](), nullcontext((local(workers), workers))
    with cluster(scheduler, folder / SPEC) if scheduler else here as (engine, workers):
        said = {"token": token, "workers": workers, "engine": engine_name, "scheduler": scheduler}
        with _session(folder, said, caught):
            jobs = (job for job in left if not caught)
            for job, outcome in followed(engine(partial(settle, folder, token), jobs), left, quiet):
                if isinstance(outcome, int):
                    caught.append(outcome)
                    continue
                with refusing(f"cannot write to {folder}", OSError):
                    if isinstance(outcome, str):
                        write_json(failure(folder, job.folder.name), {"why": outcome})
                    else:
                        failure(folder, job.folder.name).unlink(missing_ok=True)
            if workers > 1 and not scheduler:
                end_workers()
    return caught[0] if caught else None


@contextmanager
def _session(folder: Path, said: dict[str, Any], caught: list[int]) -> Iterator[None]:
    """While session.json holds the token, its jobs run; SIGINT and SIGTERM take it out, and each job saves and ends."""

    over = threading.Event()

    def end(signum: int, frame: Any) -> None:  # no more than this: a signal may come while a lock is held
        if caught:  # asked twice: at once, and the runs go on from their last checkpoints
            raise Stopped(caught[0])
        caught.append(signum)

    def heed() -> None:
        while not caught:
            if over.wait(ASK / 5):
                return
        with suppress(OSError):
            write_json(folder / SESSION, {**said, "token": None})
        what = f"jobs save what they have learnt, within {GRACE:.0f} s; once more ends at once"
        print(f"stopping: {what}", file=sys.stderr, flush=True)
        if not over.wait(GRACE):  # no worker is left to answer
            os.kill(os.getpid(), signal.SIGTERM)
            if not over.wait(GRACE / 6):
                os._exit(128 + caught[0])

    write_json(folder / SESSION, said)
    with handling(end):
        heeding = threading.Thread(target=heed, daemon=True)
        heeding.start()
        try:
            yield
        finally:
            over.set()
            write_json(folder / SESSION, {**said, "token": None})


def settle(folder: Path, token: str, job: Job) -> tuple[Job, Outcome]:
    """Does one job of a study in whatever process this is, and puts its row into the folder."""
    import multiprocessing

    child, path = multiprocessing.parent_process() is not None, row(folder, job.folder.name)
    if child and sys.platform != "win32":
        with suppress(ValueError):  # a thread of a Dask worker may not, and hears nothing anyway
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the study itself hears it, and tells by its session
    if path.exists():
        return job, read_row(path)
    if not _lasts(folder, token):
        return job, int(signal.SIGTERM)
    began = time.perf_counter()
    try:
        _await(job.folder)
    except Refusal as refusal:
        return job, str(refusal)
    _, outcome = work(job, _heeding(folder, token))
    if isinstance(outcome, int) and child:
        time.sleep(ASK)  # a terminal tells all processes at once, and this one may have been the first to hear
        if _lasts(folder, token):  # this process was told to end, and not the study: another goes on with the job
            os._exit(128 + outcome)
    if isinstance(outcome, dict):
        said = {"key": job.folder.name, "setting": dict(job.config), "task_sha256": job.task_sha256}
        outcome = {**said, **outcome, "job_seconds": round(time.perf_counter() - began, 3)}
        try:
            write_json(path, outcome)
        except OSError as error:
            return job, f"cannot write {path}: {error.strerror or error}"
    return job, outcome


def _await(run: Path) -> None:
    """Waits until a process that an earlier session left behind has ended. Raises Refusal after ten seconds."""
    end = time.monotonic() + WAIT
    while run.exists():
        try:
            with lock(run):
                return
        except Locked:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def _lasts(folder: Path, token: str) -> bool:
    try:
        return bool(read_session(folder)["token"] == token)
    except Refusal:
        return False


def _heeding(folder: Path, token: str) -> Watch:
    """A watch that stops its run when the session is over: checkpoints are written, and nothing is lost."""
    asked = time.monotonic()

    def watch(progress: float, row: Row | None) -> None:
        nonlocal asked
        if time.monotonic() - asked > ASK:
            if not _lasts(folder, token):
                raise Stopped(signal.SIGTERM)
            asked = time.monotonic()

    return watch
