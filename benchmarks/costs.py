"""What `trivium list` says of a task: how long `--quick` takes, how long `best` took, which files it needs.

    python benchmarks/costs.py            measures every task; some minutes
    python benchmarks/costs.py NAME ...   these alone; what is known of the others stays

`quick` is the processor's seconds of the whole command, the second time that it is given, in a new process with one
thread; `best` is the median of the record's rows. Result: core/lab/cli/costs.json, in the wheel.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from measured import unpinned

ROOT = Path(__file__).resolve().parents[1]
RECORDS = ROOT / "benchmarks" / "results"


def quick(task: str) -> float | None:
    """Seconds of the processor that `trivium run TASK --quick` takes; None where it cannot run here."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("first", "second"):
            words = [sys.executable, "-m", "trivium", "run", task, "--quick", "--json", "--out", f"{folder}/{name}"]
            before = os.times()
            ended = subprocess.run(words, env=unpinned() | {"OMP_NUM_THREADS": "1"}, cwd=folder, capture_output=True)
            after = os.times()
            if ended.returncode:
                print(f"{task}: {ended.stderr.decode()[-200:]}", flush=True)
                return None
    return round(after.children_user + after.children_system - before.children_user - before.children_system, 1)


def best(task: str) -> float | None:
    """Seconds that a seed of the record of its best preset took; None where there is no such record."""
    path = RECORDS / f"{task}_best.json"
    rows = json.loads(path.read_text())["rows"] if path.exists() else []
    seconds = [row["processor_seconds"] for row in rows if row.get("processor_seconds")]
    return round(statistics.median(seconds), 1) if seconds else None


def files(sets: tuple[str, ...]) -> dict[str, int]:
    """The files of data sets, and their bytes."""
    from core.lab.data.registry import lookup

    return {file.name: file.size for name in sets for file in lookup(name)[1].files}


def main() -> None:
    from core.lab.cli.list import COSTS
    from core.lab.runs.tasks import describe_all

    known: dict[str, Any] = json.loads(COSTS.read_text()) if COSTS.exists() else {}
    for info in describe_all():
        row = known.get(info.name, {}) | {"files": files(info.data)}
        if (seconds := best(info.name)) is not None:
            row["best"] = seconds
        if (not sys.argv[1:] or info.name in sys.argv[1:]) and (seconds := quick(info.name)) is not None:
            row["quick"] = seconds
        known[info.name] = {name: value for name, value in row.items() if value}
        COSTS.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
        print(info.name, known[info.name], flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
