"""Records: a spec as of a study (tasks x settings x seeds), and a row for each of its jobs, kept in one file.

A row holds the figures of its run, data sums, versions, kernels and processor.
"""

import contextlib
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from core.lab import Refusal, Stopped, nearest, read_json, write_json
from core.lab.runs.tasks import is_file
from core.lab.study.job import Ended, Job
from core.lab.study.spec import Planned, by, plan

KEPT = (  # of a result
    *("validation", "metrics", "score", "baselines", "config", "parameters"),
    *("examples", "answers", "seconds", "w_sha256", "versions", "data"),
)
LEVEL = 0.001  # how unlikely a difference has to be before a check calls it one


def measured(job: Job) -> Ended:
    """A job, as `trivium run` without pictures: what a row keeps of its result.

    `processor_seconds` holds all from reading the data to the report; None where a run went on from what an earlier
    process left.
    """
    from core.lab.runs.folder import CONFIG
    from core.lab.study.runner import work

    fresh, started = not (job.folder / CONFIG).exists(), time.process_time()
    _, result = work(job)
    if not isinstance(result, dict):
        return job, result
    spent = round(time.process_time() - started, 1) if fresh else None
    load = {"load": round(os.getloadavg()[0], 1)} if hasattr(os, "getloadavg") else {}
    return job, {**{name: result[name] for name in KEPT}, **load, "processor_seconds": spent}


def rows_of(planned: Sequence[Planned], jobs: int) -> Iterator[dict[str, Any]]:
    """The row of each job, as soon as it has finished. Raises Refusal where one fails, Stopped where one is stopped."""
    from core.lab.study.engines import local

    of = {p.job.folder: p for p in planned}
    for job, outcome in local(min(jobs, len(planned) or 1))(measured, [p.job for p in planned]):
        p = of[job.folder]
        if isinstance(outcome, int):
            raise Stopped(outcome)
        if isinstance(outcome, str):
            raise Refusal(f"{p.task} {p.label}, seed {job.seed}: {outcome}")
        shutil.rmtree(job.folder)
        print(f"{p.task}  {p.label}  seed {job.seed}  {outcome['score']['value']:.5g}", flush=True)
        said = {"key": p.key, "task": p.task, "label": p.label, "seed": job.seed}
        yield {
            **said,
            **outcome,
            "config": p.config,
        }  # paths as the spec has them, not this machine


def summary(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Mean and worst seed of the score of rows of one setting, and what stands beside them."""
    scores, values = [row["score"] for row in rows], [row["score"]["value"] for row in rows]
    worst = min if scores[0]["reference"] >= scores[0]["chance"] else max
    spent = [row["processor_seconds"] for row in rows if row["processor_seconds"] is not None]
    return {
        "metric": scores[0]["metric"],
        "seeds": len(rows),
        "mean": statistics.fmean(values),
        "worst": worst(values),
        **{name: statistics.fmean(score[name] for score in scores) for name in ("reference", "chance")},
        "processor_seconds": statistics.fmean(spent) if spent else None,
    }


def by_setting(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    """The rows of each task and label, in the order in which they come."""
    return by(itemgetter("task", "label"), rows)


def differs(a: Sequence[Mapping[str, Any]], b: Sequence[Mapping[str, Any]]) -> str:
    """Why rows `b` of a setting, measured now, do not come from where rows `a` of the record do; nothing if they may.

    The same weights for the same seeds are the same. Otherwise (other kernels, other versions) Welch's t-test on the
    score, two-sided, at .001: with five seeds of either side it finds a shift of about five standard deviations nine
    times in ten, and is wrong once in a thousand. Where neither side has any spread, the scores have to be equal.
    """
    from scipy import stats

    kept = {row["seed"]: row["w_sha256"] for row in a}
    if all(kept.get(row["seed"]) == row["w_sha256"] for row in b):
        return ""
    old, new = ([row["score"]["value"] for row in rows] for rows in (a, b))
    before, now = statistics.fmean(old), statistics.fmean(new)
    told = f"{now:.5g} over {len(new)} seeds, in the record {before:.5g} over {len(old)}"
    if max(old) - min(old) == max(new) - min(new) == 0:
        return told if old[0] != new[0] else ""
    p = float(stats.ttest_ind(old, new, equal_var=False).pvalue)
    return f"{told}; p = {p:.1g}, below {LEVEL}" if p < LEVEL else ""


def read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        names = [other.stem for other in path.parent.glob("*.json")]
        raise Refusal(f"there is no record {path.stem!r} in {path.parent}{nearest(path.stem, names)}")
    return read_json(path)


def is_ours(held: Mapping[str, Any]) -> bool:
    """Is this a record of `trivium results run`, with a spec and the rows of its jobs, and not a script's own?"""
    rows, needed = held.get("rows"), {"key", "task", "label", "seed", "score", "seconds", "processor_seconds"}
    whole = isinstance(rows, list) and bool(rows) and all(isinstance(row, dict) and needed <= set(row) for row in rows)
    return whole and isinstance(held.get("spec"), dict)


def ours(path: Path) -> dict[str, Any]:
    """A record of `trivium results run`. Raises Refusal where it is a script's, naming its command."""
    if not is_ours(held := read(path)):
        told = held.get("command") or held.get("commands") or "it does not say which"
        raise Refusal(f"the record {path.stem} is a script's: {told}")
    return held


def outsiders(spec: Mapping[str, Any]) -> list[Any]:
    """The tasks of a spec that are not installed ones by their names, and so would be code that a record names."""
    tables = spec.get("study")
    named = [table.get("task") for table in tables if isinstance(table, dict)] if isinstance(tables, list) else []
    return [name for name in named if not isinstance(name, str) or is_file(name)]


def write(path: Path, spec: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Mean and worst seed stand at the top where there is one setting; of several, in `settings`."""
    each = [{"task": task, "label": label, **summary(group)} for (task, label), group in by_setting(rows).items()]
    means = {"settings": each} if len(each) > 1 else summary(rows)
    write_json(path, {"command": f"trivium results run {path.stem}", "spec": spec, **means, "rows": list(rows)})


def planned_in(path: Path, spec: Mapping[str, Any], beside: Path, runs: Path, data: Path | None) -> list[Planned]:
    """The jobs of a record's spec. Raises Refusal with every fault."""
    planned, faults = plan(spec, beside, runs, data)
    if faults:
        raise Refusal(f"{path.stem}: {'; '.join(' '.join(fault.split()) for fault in faults)}")
    return planned


def again(
    path: Path, jobs: int, check: bool, data: Path | None, spec: Mapping[str, Any] | None = None, beside: Path = Path()
) -> bool:
    """Measures every job of a record anew and puts it in the record's place, or checks it; False if it differs.

    A record names only installed tasks: of one that came as a file, the spec has to be given again.
    """
    held = ours(path)
    if spec is None:
        spec = held["spec"]
        for name in outsiders(spec):
            raise Refusal(f"the record {path.stem} names no installed task but {name!r}: give it with --task or --spec")
    with tempfile.TemporaryDirectory() as runs:
        planned = planned_in(path, spec, beside, Path(runs), data)
        rows = _in_order(planned, list(rows_of(planned, jobs)))
    if not check:
        write(path, spec, rows)
        return True
    before, why = by_setting(held["rows"]), dict[tuple[str, str], str]()
    for setting, group in by_setting(rows).items():
        why[setting] = differs(before[setting], group) if setting in before else "not in the record"
        print(f"{path.stem}, {setting[1]}: {why[setting] or 'as in the record'}", flush=True)
    return not any(why.values())


def _in_order(planned: Sequence[Planned], rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    found = {row["key"]: row for row in rows}
    return [found[p.key] for p in planned if p.key in found]


def extend(path: Path, spec: Mapping[str, Any], beside: Path, jobs: int, data: Path | None) -> None:
    """Makes a record, or goes on with one: each job is written as soon as it has finished.

    Raises Refusal where the record is of another configuration: its mean would then be of two things.
    """
    rows: list[dict[str, Any]] = ours(path)["rows"] if path.exists() else []
    runs = (Path("runs") / "results").resolve()
    planned = planned_in(path, spec, beside, runs, data)
    done = {row.get("key") for row in rows}
    if done - {p.key for p in planned}:
        raise Refusal(f"the record {path.stem} is of another configuration: move {path} away")
    path.parent.mkdir(parents=True, exist_ok=True)
    for row in rows_of([p for p in planned if p.key not in done], jobs):
        rows = _in_order(planned, [*rows, row])
        write(path, spec, rows)
    with contextlib.suppress(OSError):  # what others do there goes on
        runs.rmdir()
