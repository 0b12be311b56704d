"""`trivium study SPEC`: does every job of a spec once, and sets the results side by side."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from core.lab import Refusal, Stopped, check
from core.lab.cli.flags import JOBS, Imports, parse
from core.lab.runs.imports import load
from core.lab.study.engines import check_trusted
from core.lab.study.folder import NOT_DONE, RUNS, failures, row
from core.lab.study.spec import load_spec, plan
from core.lab.study.study import opened, run_jobs
from core.lab.terminal import one_line, printable


@dataclass(frozen=True)
class StudyFlags:
    """Tasks x settings x seeds: does every job of a spec once, and sets the results side by side."""

    spec: Path  # a TOML file; trivium explain studies says what it holds
    out: Path | None = None  # the study's folder, gone on with if it was begun; runs/NAME-OF-SPEC if none is named
    jobs: int = 2  # how many processes learn side by side, with --engine joblib
    engine: Literal["joblib", "dask"] = "joblib"  # processes of this machine, or a cluster
    scheduler: str | None = None  # the address of Dask's scheduler: tcp:// on a loopback interface, or tls://
    data: Path | None = None  # where data sets lie; else TRIVIUM_DATA, else a cache folder
    dry_run: bool = False  # prints the jobs and an estimate of the time, and does nothing
    json: bool = False  # prints the results as JSON and nothing else
    import_: Imports = ()  # a file or module to import in every job, which executes it; may be given several times

    def __post_init__(self) -> None:
        check(self, span={"jobs": JOBS})


def study(args: Sequence[str]) -> int:
    """Does the jobs that are left and reports; returns the exit code: 0, or 1 where a job failed."""
    flags = parse(StudyFlags, args, "trivium study")
    if (flags.engine == "dask") != bool(flags.scheduler):
        raise Refusal("--engine dask and --scheduler ADDRESS go together")
    if flags.scheduler:
        check_trusted(flags.scheduler)  # before all else: also where nothing is left to do
    spec, imports = load_spec(flags.spec), load(flags.import_)
    out = (flags.out or Path("runs") / flags.spec.stem).resolve()
    planned, faults = plan(spec, flags.spec.resolve().parent, out / RUNS, flags.data and flags.data.resolve())
    planned = [replace(p, job=replace(p.job, imports=imports)) for p in planned]
    if faults:
        for fault in faults:
            print(one_line(f"{flags.spec}: {fault}"), file=sys.stderr)
        raise Refusal(f"{flags.spec} has {len(faults)} fault{'s' * (len(faults) > 1)} (above); nothing was started")
    if flags.dry_run:
        from core.lab.study.status import forecast

        return forecast(planned, out, flags.jobs, flags.json)
    with opened(out, spec, planned) as folder:
        try:
            stopped = run_jobs(
                planned, folder, min(flags.jobs, len(planned)), flags.engine, flags.scheduler, flags.json
            )
        except Stopped as stop:
            stopped = stop.signum
        again = shlex.join(["trivium", "study", *args])
        missing = [p for p in planned if not row(folder, p.key).exists()]
        if stopped:
            done = f"{len(planned) - len(missing)} of {len(planned)} jobs are done"
            print(printable(f"stopped; {done}, and those that ran are saved. Go on with: {again}"), file=sys.stderr)
            return 128 + stopped
        from core.lab.study.report import conclude

        conclude(planned, folder, again, flags.json)
    failed = failures(folder, (p.key for p in missing))
    for p in missing:
        said = f"failed: {p.task} {p.label}, seed {p.job.seed}: {failed.get(p.key, NOT_DONE)}"
        print(one_line(said), file=sys.stderr)
    return 1 if missing else 0
