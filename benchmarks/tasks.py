"""Seeds of a task with a preset, on its test part: a row for each in the record, the mean and the worst of its score.

    python benchmarks/tasks.py taxi                            five seeds of --preset best
    python benchmarks/tasks.py blackjack --seeds 0 1 2 --preset default

A row is `trivium run TASK --preset PRESET --seed SEED`, without its page. A seed that is in the record,
results/TASK_PRESET.json, is not run again, so a command that was ended goes on when it is given again.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
KEPT = ("seed", "metrics", "score", "baselines", "config", "parameters", "examples", "answers", "seconds", "w_sha256",
        "versions", "data")  # fmt: skip


def one_seed(task: str, preset: str, seed: int) -> dict[str, Any]:
    """`processor_seconds` holds everything from reading the data to the report."""
    from core.lab.run import prepare, start

    setup, started = prepare(task, preset, {}, seed, None), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        result = start(setup, Path(folder) / "run", pictures=False).result
    return {**{name: result[name] for name in KEPT}, "load": round(os.getloadavg()[0], 1),
            "processor_seconds": round(time.process_time() - started, 1)}  # fmt: skip


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    scores = [row["score"] for row in rows]
    worst = min if scores[0]["reference"] > scores[0]["chance"] else max
    values = [score["value"] for score in scores]
    return {"metric": scores[0]["metric"], "seeds": len(rows), "mean": statistics.fmean(values),
            "worst": worst(values), "reference": statistics.fmean(score["reference"] for score in scores),
            "chance": statistics.fmean(score["chance"] for score in scores),
            "processor_seconds": statistics.fmean(row["processor_seconds"] for row in rows)}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--preset", default="best", choices=["quick", "default", "best"])
    flags = parser.parse_args()
    path = ROOT / "benchmarks" / "results" / f"{flags.task}_{flags.preset}.json"
    rows = json.loads(path.read_text("utf-8"))["rows"] if path.exists() else []
    for seed in flags.seeds:
        if seed not in [row["seed"] for row in rows]:
            rows = sorted([*rows, one_seed(flags.task, flags.preset, seed)], key=lambda row: row["seed"])
            command = f"python benchmarks/tasks.py {flags.task} --preset {flags.preset}"
            record = {"command": command, **summary(rows), "rows": rows}
            path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
            print(f"seed {seed}: {summary(rows)}", flush=True)
    print(json.dumps(summary(rows), indent=1))


if __name__ == "__main__":
    main()
