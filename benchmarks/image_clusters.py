"""How well pictures are sorted without a label, `--preset best`: every seed, on the test part, opened once for each.

    python benchmarks/image_clusters.py mnist_clusters fashion_clusters             three seeds of each, in turn
    python benchmarks/image_clusters.py digit_clusters --seeds 0 1 2 3 4
    python benchmarks/image_clusters.py digit_clusters --seeds 0 1 2 3 4 --preset default

Training is `trivium run TASK --preset PRESET --seed SEED`, loop and all, without its page; the starts are chosen
between by the information, without a label. A run that was ended goes on from its checkpoint in --work when the command
is given again; the record, results/image_clusters_TASK_PRESET.json, has a row for each seed that is finished. k-means,
a Gaussian mixture, spectral clustering and Ward are fitted once, and scored alike.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from measured import begun, load, processor, train

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
RESULTS = ROOT / "benchmarks" / "results"
TASKS = "digit_clusters", "mnist_clusters", "fashion_clusters"


def setup_of(task: str, preset: str, seed: int) -> Any:
    from core.lab.run import prepare

    return prepare(str(ROOT / "unsupervised" / "tasks" / f"{task}.py"), preset, {}, seed, None)


def one_seed(setup: Any, work: Path) -> dict[str, Any]:
    """Trains one seed, and judges the weights with the most information on the test part."""
    from unsupervised.evaluate_clusters import scores, stability

    learner, loop, best, seconds = train(setup, work / f"{setup.task.name}_{setup.preset}_{setup.seed}")
    splits = learner.splits
    figures = scores(learner.predict(best, splits.x_test), splits.x_test, splits.t_test)
    agreed = {"stability": round(stability(list(learner.said)), 4)} if len(learner.said) > 1 else {}
    return {"seed": setup.seed, **{name: round(value, 4) for name, value in figures.items()}, **agreed,
            "information": round(loop.best_value, 4), "parameters": learner.net.size, "examples": loop.examples,
            "processor_seconds": seconds, "load": load()}  # fmt: skip


def baselines(setup: Any) -> dict[str, Any]:
    """Each other method: the figures on the test part, and how many training examples it was fitted on."""
    from unsupervised.evaluate_clusters import other_methods, scores

    learner, _ = setup.build()
    s = learner.splits
    others = other_methods(s.x_train, s.x_test, setup.config.clusters)
    return {name: {"fitted_on": n, **{k: round(v, 4) for k, v in scores(said, s.x_test, s.t_test).items()}}
            for name, (n, said) in others.items()}  # fmt: skip


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    accuracy = [row["cluster_accuracy"] for row in rows]
    return {"cluster_accuracy": {"mean": round(float(np.mean(accuracy)), 4), "worst": min(accuracy)}}


class Record:
    """The file of one task's seeds."""

    def __init__(self, task: str, preset: str) -> None:
        self.task, self.preset = task, preset
        self.path = RESULTS / f"image_clusters_{task}_{preset}.json"
        self.config, old = begun(self.path, setup_of(task, preset, 0))
        self.rows, self.others = old.get("rows", []), old.get("baselines", {})

    def write(self) -> None:
        from core.lab.folder import write_json
        from core.lab.machine import versions

        seeds = " ".join(str(row["seed"]) for row in self.rows)
        command = f"python benchmarks/image_clusters.py {self.task} --preset {self.preset} --seeds {seeds}"
        write_json(self.path, {"command": command, "task": self.task, "preset": self.preset, "config": self.config,
                               "processor": processor(), "versions": versions(), "summary": summary(self.rows),
                               "baselines": self.others, "rows": self.rows})  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("tasks", nargs="+", choices=TASKS)
    parser.add_argument("--preset", default="best", choices=("quick", "default", "best"))
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument(
        "--work", type=Path, default=ROOT / "runs" / "image_clusters", help="where checkpoints are kept"
    )
    options = parser.parse_args()

    records = [Record(task, options.preset) for task in options.tasks]
    for seed in options.seeds:
        for record in records:
            if all(row["seed"] != seed for row in record.rows):
                record.rows.append(one_seed(setup_of(record.task, options.preset, seed), options.work))
                print(record.task, json.dumps(record.rows[-1]), flush=True)
                record.write()
    for record in records:
        record.others = record.others or baselines(setup_of(record.task, options.preset, 0))
        record.write()
        print(record.task, json.dumps(summary(record.rows)), json.dumps(record.others))


if __name__ == "__main__":
    main()
