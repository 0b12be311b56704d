"""A study of forty short jobs on one process and on two: how much faster, and what a job costs beside its run.

    python benchmarks/study.py                     three rounds of each, taking turns
    python benchmarks/study.py --rounds 1 --jobs 1 2 4

`digits`: 40 seeds of the task; `speed` is the wall time of the whole command with one process over that with two.
`empty`: 40 jobs that learn next to nothing (a toy of forty small updates, without baselines); `overhead` is what one
worker needs from one row to the next, after its first. Both need a quiet machine: `load` is written beside them.
On a busy one `processor` is left, the processor seconds of the command and its workers: what two processes spend more
than one is what a second process costs.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measured import load, provenance, unpinned

ROOT = Path(__file__).resolve().parents[1]
DIGITS = 'seeds = 40\n[[study]]\ntask = "digits"\n'
EMPTY = f'seeds = 40\npreset = "quick"\n[[study]]\ntask = "{ROOT / "tests" / "toy_task.py"}"\n'


def once(name: str, spec: str, jobs: int) -> dict[str, Any]:
    """One study in a new process."""
    code = "import sys; import trivium; from core.lab.cli.study import study; sys.exit(study(sys.argv[1:]))"
    with tempfile.TemporaryDirectory() as place:
        path, out = Path(place) / "spec.toml", Path(place) / "out"
        path.write_text(spec, "utf-8")
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", code, path, "--out", out, "--jobs", str(jobs), "--json"],
            check=True,
            cwd=ROOT,
            env=unpinned(),
            stdout=subprocess.DEVNULL,
        )
        wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        rows = [json.loads(row.read_text("utf-8")) for row in (out / "rows").iterdir()]
        ends = sorted(row.stat().st_mtime for row in (out / "rows").iterdir())
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "study": name,
        "jobs": jobs,
        "wall": round(wall, 2),
        "processor": round(spent, 2),
        "from_row_to_row": round(jobs * (ends[-1] - ends[jobs - 1]) / (len(ends) - jobs), 3),
        "load": load(),
        "w_sha256": sorted(row["w_sha256"] for row in rows),
        "seeds": sorted(row["seed"] for row in rows),
        "data": rows[0]["data"],
        "versions": rows[0]["versions"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "study.json")
    flags = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for _ in range(flags.rounds):
        for name, spec in (("empty", EMPTY), ("digits", DIGITS)):
            for jobs in flags.jobs:
                rows.append(once(name, spec, jobs))
                print({key: rows[-1][key] for key in ("study", "jobs", "wall", "processor", "load")}, flush=True)
    weights = {(row["study"], *row.pop("w_sha256")) for row in rows}

    def middle(name: str, key: str, jobs: int) -> float:
        return statistics.median(row[key] for row in rows if row["study"] == name and row["jobs"] == jobs)

    one = middle("digits", "wall", flags.jobs[0])
    same = {key: rows[-1][key] for key in ("seeds", "data", "versions")}  # of digits
    rows = [{key: value for key, value in row.items() if key not in same} for row in rows]
    record = {
        **provenance(**same),
        "same_weights": len(weights) == 2,
        "speed": {jobs: round(one / middle("digits", "wall", jobs), 2) for jobs in flags.jobs},
        "overhead": {jobs: middle("empty", "from_row_to_row", jobs) for jobs in flags.jobs},
        "rows": rows,
    }
    print({key: value for key, value in record.items() if key != "rows"})
    flags.out.write_text(json.dumps(record, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
