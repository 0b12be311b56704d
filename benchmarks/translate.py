"""How well English is put into French with `--preset best`: every seed, on the test part, opened once for each.

    python benchmarks/translate.py                 three seeds; one that is in the record is not run again
    python benchmarks/translate.py --seeds 3 4

Each row is a run `trivium run translate --preset best --seed SEED`, report and pictures included. The record,
results/translate.json, has a row for each seed that is finished, the means, and for each figure the worst seed. A run
that was ended goes on from its folder in --work when the command is given again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
RECORD = ROOT / "benchmarks" / "results" / "translate.json"
LESS_IS_BETTER = ("test_language_told", "test_language_told_by_network", "test_language_told_raw",
                  "test_language_told_unturned_by_network", "test_written_in_training")  # fmt: skip


def one_seed(seed: int, work: Path) -> dict[str, Any]:
    """A run to the end; `processor_seconds` holds everything from reading the data to the pictures."""
    from core.lab.run import Run, prepare, resume, start

    setup = prepare(str(ROOT / "supervised" / "tasks" / "translate.py"), "best", {}, seed, None)
    folder, started = work / f"translate_{seed}", time.process_time()
    fresh = not (folder / "config.json").exists()
    result = (start(setup, folder) if fresh else resume(Run(folder, setup))).result
    return {"seed": seed, **result["metrics"], **{f"baseline: {k}": v for k, v in result["baselines"].items()},
            "chance": result["score"]["chance"], "people": result["score"]["reference"],
            "training_seconds": result["seconds"],
            "processor_seconds": round(time.process_time() - started, 1) if fresh else None,
            "load": round(os.getloadavg()[0], 1), "parameters": result["parameters"], "examples": result["examples"],
            "config": result["config"], "versions": result["versions"]}  # fmt: skip


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    names = [name for name in rows[0] if name.startswith("test_")]
    worst = {name: max if name in LESS_IS_BETTER else min for name in names}
    return {
        "mean": {name: float(np.mean([row[name] for row in rows])) for name in names},
        "worst": {name: worst[name](row[name] for row in rows) for name in names},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--work", type=Path, default=Path("runs"))
    flags = parser.parse_args()
    rows = json.loads(RECORD.read_text("utf-8"))["rows"] if RECORD.exists() else []
    for seed in flags.seeds:
        if seed in [row["seed"] for row in rows]:
            continue
        rows = sorted([*rows, one_seed(seed, flags.work)], key=lambda row: row["seed"])
        record = {"command": "python benchmarks/translate.py", **summary(rows), "rows": rows}
        RECORD.parent.mkdir(exist_ok=True)
        RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
        print(json.dumps({name: rows[[row["seed"] for row in rows].index(seed)][name] for name in record["mean"]}))
    print(json.dumps(summary(rows), indent=1))


if __name__ == "__main__":
    main()
