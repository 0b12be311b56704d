"""How well pictures are told apart with `--preset best`: every seed, on the test part, opened once for each.

    python benchmarks/images.py mnist                         three seeds; one that is in the record is not run again
    python benchmarks/images.py mnist_plain --seeds 0 1 2 3 4
    python benchmarks/images.py mnist_plain --preset quick    the figure of five seconds
    python benchmarks/images.py digits                        stratified 10-fold, repeated, beside scikit-learn's

Training is `trivium run TASK --preset PRESET --seed SEED`, loop and all, without its page and baselines: 20
evaluations on the validation part, whose best weights go to the test part. A run that was ended goes on from the
checkpoint in --work when the command is given again; the record, results/images_TASK_PRESET.json, has a row for each
seed that is finished. Each fold of `digits` trains the task's network on nine tenths and takes the weights of the
end, since there is no validation part to choose by.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from measured import load, processor, train

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
RESULTS = ROOT / "benchmarks" / "results"


def setup_of(task: str, preset: str, seed: int) -> Any:
    from core.lab.run import prepare

    return prepare(str(ROOT / "supervised" / "tasks" / f"{task}.py"), preset, {}, seed, None)


def one_seed(setup: Any, work: Path) -> dict[str, Any]:
    """Trains one seed, and judges its best weights on the test part: with the preset's looks, and with none."""
    from supervised.baselines import accuracy

    learner, loop, best, seconds = train(setup, work / f"{setup.task.name}_{setup.preset}_{setup.seed}")
    splits = learner.splits
    looks = {"test_error": learner.looks, "test_error_without_looks": 0}
    errors = {name: 1 - accuracy(learner.outputs(best, splits.x_test, k).argmax(-1), splits.t_test)
              for name, k in looks.items()}  # fmt: skip
    return {"seed": setup.seed, **errors, "val_error": 1 - loop.best_value, "parameters": learner.net.size,
            "examples": loop.examples, "seconds": round(loop.seconds, 1),
            "processor_seconds": seconds, "load": load()}  # fmt: skip


def fold(setup: Any, k: int, folds: int = 10) -> dict[str, Any]:
    """The errors of the network and of two classifiers of scikit-learn on fold k, trained on the others.

    The seed of the set-up decides how the folds are drawn.
    """
    from sklearn.model_selection import StratifiedKFold
    from sklearn.neural_network import MLPClassifier
    from sklearn.svm import SVC

    from core.lab.datasets import digits
    from core.lab.learner import Splits

    parts = digits()
    x, t = np.concatenate(parts[0::2]), np.concatenate(parts[1::2])
    a, b = list(StratifiedKFold(folds, shuffle=True, random_state=setup.seed).split(x, t))[k]
    splits = Splits(x[a], t[a], x[a], t[a], x[b], t[b])
    learner = setup.task.make(setup.config, np.random.default_rng([setup.seed, k]), lambda name: splits)
    started, cpu = time.perf_counter(), time.process_time()
    while learner.progress < 1:
        learner.update()
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    said = {"network": learner.outputs(learner.weights, x[b], learner.looks).argmax(-1)}
    warnings.simplefilter("ignore")  # of scikit-learn's iterations that end before they converge
    for name, method in {"SVC": SVC(C=10), "MLPClassifier": MLPClassifier(random_state=setup.seed)}.items():
        said[name] = method.fit(x[a], t[a]).predict(x[b])
    mistakes = {name: int((answers != t[b]).sum()) for name, answers in said.items()}
    return {"seed": setup.seed, "fold": k, "examples": len(b), "mistakes": mistakes, "seconds": round(seconds, 1),
            "processor_seconds": round(cpu, 1), "load": load()}  # fmt: skip


def mean_and_worst(errors: list[float]) -> dict[str, float]:
    return {"mean": round(float(np.mean(errors)), 6), "worst": round(max(errors), 6)}


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    if "fold" not in rows[0]:
        return {
            name: mean_and_worst([row[name] for row in rows]) for name in ("test_error", "test_error_without_looks")
        }
    seeds = sorted({row["seed"] for row in rows})
    of = {s: [row for row in rows if row["seed"] == s] for s in seeds}
    examples = {s: sum(row["examples"] for row in of[s]) for s in seeds}
    errors = {
        name: [sum(row["mistakes"][name] for row in of[s]) / examples[s] for s in seeds] for name in rows[0]["mistakes"]
    }
    return {"test_error": {name: mean_and_worst(values) for name, values in errors.items()},
            "network_minus_SVC": [round(a - b, 6) for a, b in zip(errors["network"], errors["SVC"], strict=True)],
            "seconds_of_ten_folds": [round(sum(row["seconds"] for row in of[s]), 1) for s in seeds]}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("task", choices=("digits", "mnist", "mnist_plain", "fashion", "fashion_plain"))
    parser.add_argument("--preset", default="best", choices=("quick", "default", "best"))
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "images", help="where checkpoints are kept")
    options = parser.parse_args()

    from core.lab.folder import write_json
    from core.lab.machine import versions

    out = RESULTS / f"images_{options.task}_{options.preset}.json"
    config = json.loads(json.dumps(asdict(setup_of(options.task, options.preset, 0).config)))  # lists for tuples
    old = json.loads(out.read_text()) if out.exists() else {}
    if any(config.get(name) != value for name, value in old.get("config", {}).items()):  # fields may have been added
        raise SystemExit(f"{out} is of another configuration; move it away")
    rows = old.get("rows", [])
    for seed in options.seeds:
        for k in range(10) if options.task == "digits" else [None]:
            if any((row["seed"], row.get("fold")) == (seed, k) for row in rows):
                continue
            setup = setup_of(options.task, options.preset, seed)
            rows.append(one_seed(setup, options.work) if k is None else fold(setup, k))
            print(json.dumps(rows[-1]), flush=True)
            seeds = " ".join(map(str, sorted({row["seed"] for row in rows})))
            command = f"python benchmarks/images.py {options.task} --preset {options.preset} --seeds {seeds}"
            record = {"command": command, "task": options.task, "preset": options.preset, "config": config,
                      "processor": processor(), "versions": versions(),
                      "summary": summary(rows), "rows": rows}  # fmt: skip
            write_json(out, record)
    print(json.dumps(summary(rows), indent=1))


if __name__ == "__main__":
    main()
