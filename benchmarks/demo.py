"""The record of `trivium demo`: five seeds of its four tasks, as the command prints them with --json.

    python benchmarks/demo.py                     two jobs side by side; writes benchmarks/results/demo.json

Variables that pin BLAS's kernels or threads are left as they are, and `environment` names those that are set.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measured import PINS, provenance

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="one seed with small budgets, not for the record")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "demo.json")
    flags = parser.parse_args()
    words = ["--json", "--seeds", str(flags.seeds), "--jobs", str(flags.jobs), *(["--quick"] if flags.quick else [])]
    pins = {name: value for name, value in os.environ.items() if name.startswith(PINS)}
    with tempfile.TemporaryDirectory() as place:
        started = time.perf_counter()
        command = [sys.executable, "-m", "trivium", "demo", *words, "--out", Path(place) / "out"]
        printed = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout
        wall = round(time.perf_counter() - started, 1)
    results = json.loads(printed)
    record = {
        **provenance(
            seeds=sorted({row["seed"] for row in results}),
            versions=results[0]["versions"],
            data={name: sha for row in results for name, sha in row["data"].items()},
        ),
        "environment": pins,
        "wall": wall,
        "results": results,
    }
    flags.out.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    print(f"{len(results)} runs in {wall} seconds")


if __name__ == "__main__":
    main()
