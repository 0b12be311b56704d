"""How probable models of pictures find new ones, `--preset best`: every seed, on the test part, opened once for each.

    python benchmarks/image_models.py mnist_images                      three seeds; one in the record is not run again
    python benchmarks/image_models.py digit_images --seeds 0 1 2 3 4
    python benchmarks/image_models.py fashion_images --preset quick

Training is `trivium run TASK --preset PRESET --seed SEED`, loop and all: 20 evaluations on the validation part, whose
best weights go to the task's report, baselines with it. Pictures of the first seed go to --work. A run that was ended
goes on from the checkpoint there when the command is given again; the record, results/image_models_TASK_PRESET.json,
has a row for each seed that is finished.
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
LOWER = "nats", "pixels"  # how the names of figures begin of which less is better


def setup_of(task: str, preset: str, seed: int) -> Any:
    from core.lab.run import prepare

    return prepare(str(ROOT / "unsupervised" / "tasks" / f"{task}.py"), preset, {}, seed, None)


def one_seed(setup: Any, work: Path) -> dict[str, Any]:
    """Trains one seed, and has its best weights judged on the test part."""
    folder = work / f"{setup.task.name}_{setup.preset}_{setup.seed}"
    learner, loop, best, seconds = train(setup, folder)
    trained = time.process_time()
    report = learner.report(best, folder)
    return {"seed": setup.seed, **report.metrics, "val_nats_elbo": -loop.best_value, "baselines": report.baselines,
            "how": report.texts["How it was measured"], "parameters": learner.net.size, "examples": loop.examples,
            "seconds": round(loop.seconds, 1), "processor_seconds": seconds,
            "processor_seconds_of_report": round(time.process_time() - trained, 1), "load": load()}  # fmt: skip


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean and worst seed of each figure."""
    names = [name for name in rows[0] if name.startswith((*LOWER, "accuracy"))]
    worst = {name: max if name.startswith(LOWER) else min for name in names}
    return {name: {"mean": round(float(np.mean([row[name] for row in rows])), 4),
                   "worst": round(worst[name](row[name] for row in rows), 4)} for name in names}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("task", choices=("digit_images", "mnist_images", "fashion_images"))
    parser.add_argument("--preset", default="best", choices=("quick", "default", "best"))
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "image_models", help="where checkpoints are kept")
    options = parser.parse_args()

    from core.lab.folder import write_json
    from core.lab.machine import versions

    out = RESULTS / f"image_models_{options.task}_{options.preset}.json"
    config, old = begun(out, setup_of(options.task, options.preset, 0))
    rows = old.get("rows", [])
    for seed in options.seeds:
        if any(row["seed"] == seed for row in rows):
            continue
        rows.append(one_seed(setup_of(options.task, options.preset, seed), options.work))
        print(json.dumps(rows[-1]), flush=True)
        seeds = " ".join(str(seed) for seed in sorted(row["seed"] for row in rows))
        command = f"python benchmarks/image_models.py {options.task} --preset {options.preset} --seeds {seeds}"
        record = {"command": command, "task": options.task, "preset": options.preset, "config": config,
                  "processor": processor(), "versions": versions(), "summary": summary(rows), "rows": rows}  # fmt: skip
        write_json(out, record)
    print(json.dumps(summary(rows), indent=1))


if __name__ == "__main__":
    main()
