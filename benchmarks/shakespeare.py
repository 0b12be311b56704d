"""Nats per character of Tiny Shakespeare: every seed, all 111,540 places of the last 10 %, opened once for each.

    python benchmarks/shakespeare.py                       five seeds of the default preset
    python benchmarks/shakespeare.py --preset best --seeds 0 1 2
    python benchmarks/shakespeare.py --task text           the task `text` on its own corpus

Training is `trivium run TASK --preset PRESET --seed SEED`, loop and all, without its page: 20 evaluations on the
validation part, whose best weights go to the report, which counts and mixes anew for each seed. A run that was ended
goes on from the checkpoint in --work when the command is given again; the record, results/TASK_PRESET.json, has a row
for each seed that is finished. val_nats is of the validation part before it was learnt from. Processor seconds are of
the training with its evaluations; the report has its own.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from measured import begun, load, processor, train

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
RESULTS = ROOT / "benchmarks" / "results"
FIGURES = ("test_nats", "test_nats_with_counts", "val_nats")


def setup_of(task: str, preset: str, seed: int) -> Any:
    from core.lab.run import prepare

    return prepare(str(ROOT / "unsupervised" / "tasks" / f"{task}.py"), preset, {}, seed, None)


def one_seed(setup: Any, work: Path) -> dict[str, Any]:
    """Trains one seed and reports on its best weights."""
    learner, loop, best, seconds = train(setup, work / f"{setup.task.name}_{setup.preset}_{setup.seed}")
    trained = time.process_time()
    report = learner.report(best, None)
    return {"seed": setup.seed, **{name: round(report.metrics[name], 5) for name in FIGURES},
            "baselines": report.baselines,
            report.reference_name: report.reference, "parameters": learner.net.size, "examples": loop.examples,
            "processor_seconds": seconds,
            "report_processor_seconds": round(time.process_time() - trained, 1), "load": load()}  # fmt: skip


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    of = {name: [row[name] for row in rows] for name in FIGURES}
    return {name: {"mean": round(float(np.mean(values)), 4), "worst": max(values)} for name, values in of.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--task", default="shakespeare", choices=("shakespeare", "text"))
    parser.add_argument("--preset", default="default", choices=("quick", "default", "best"))
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2, 3, 4])
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "shakespeare", help="where checkpoints are kept")
    options = parser.parse_args()

    from core.lab.folder import write_json
    from core.lab.machine import versions

    out = RESULTS / f"{options.task}_{options.preset}.json"
    config, old = begun(out, setup_of(options.task, options.preset, 0))
    rows = old.get("rows", [])
    for seed in options.seeds:
        if any(row["seed"] == seed for row in rows):
            continue
        rows.append(one_seed(setup_of(options.task, options.preset, seed), options.work))
        print(json.dumps(rows[-1]), flush=True)
        seeds = " ".join(map(str, sorted(row["seed"] for row in rows)))
        command = f"python benchmarks/shakespeare.py --task {options.task} --preset {options.preset} --seeds {seeds}"
        write_json(out, {"command": command, "task": options.task, "preset": options.preset, "config": config,
                         "processor": processor(), "versions": versions(), "summary": summary(rows),
                         "rows": rows})  # fmt: skip
    print(json.dumps(summary(rows), indent=1))


if __name__ == "__main__":
    main()
