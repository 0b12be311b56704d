"""`digits --preset best` beside scikit-learn on the same stratified ten folds, drawn five times.

    python benchmarks/digit_folds.py        about three minutes; the record is results/digit_folds.json

Each fold trains the task's network on nine tenths of all images and takes the weights of the end, since there is no
validation part to choose by. The seed decides how the folds are drawn and, with the fold's number, how training goes.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
FOLDS = 10


def fold(config: Any, parts: Any, seed: int, k: int) -> dict[str, Any]:
    """The mistakes of the network and of two classifiers of scikit-learn on fold k, trained on the others."""
    from sklearn.model_selection import StratifiedKFold
    from sklearn.neural_network import MLPClassifier
    from sklearn.svm import SVC

    from core.lab.data.splits import Splits
    from supervised.tasks import digits

    x, t = np.concatenate(parts[0::2]), np.concatenate(parts[1::2])
    a, b = list(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(x, t))[k]
    splits = Splits(x[a], t[a], x[a], t[a], x[b], t[b])
    started = time.process_time()
    learner = digits.make(config, np.random.default_rng([seed, k]), lambda name: splits)
    while learner.progress < 1:
        learner.update()
    seconds = time.process_time() - started
    said = {"network": learner.outputs(learner.weights, x[b], config.test_time_augmentations).argmax(-1)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of scikit-learn's iterations that end before they converge
        for name, method in {"SVC": SVC(C=10), "MLPClassifier": MLPClassifier(random_state=seed)}.items():
            said[name] = method.fit(x[a], t[a]).predict(x[b])
    mistakes = {name: int((answers != t[b]).sum()) for name, answers in said.items()}
    return {"seed": seed, "fold": k, "examples": len(b), "mistakes": mistakes, "processor_seconds": round(seconds, 1)}


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Over the seeds: the mean and the worst accuracy of each method, and by how much the network is ahead of SVC."""
    seeds = sorted({row["seed"] for row in rows})
    of = {seed: [row for row in rows if row["seed"] == seed] for seed in seeds}
    right = {
        name: [1 - sum(row["mistakes"][name] for row in of[s]) / sum(row["examples"] for row in of[s]) for s in seeds]
        for name in rows[0]["mistakes"]
    }
    return {
        "accuracy": {name: {"mean": float(np.mean(values)), "worst": min(values)} for name, values in right.items()},
        "network_minus_SVC": [a - b for a, b in zip(right["network"], right["SVC"], strict=True)],
        "processor_seconds_of_ten_folds": [round(sum(row["processor_seconds"] for row in of[s]), 1) for s in seeds],
    }


def main() -> None:
    sys.path.insert(0, str(ROOT))
    from measured import provenance

    from core.lab.data.registry import Data
    from core.lab.files import write_json
    from supervised.tasks import digits

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "digit_folds.json")
    options = parser.parse_args()
    data, config = Data(), digits.Config(**digits.PRESETS["best"])
    parts, rows = data("digits"), list[dict[str, Any]]()
    for seed in options.seeds:
        rows += [fold(config, parts, seed, k) for k in range(FOLDS)]
        print(summary(rows), flush=True)
    write_json(
        options.out,
        {
            **provenance(seeds=options.seeds, data=data.sums),
            "config": asdict(config),
            "summary": summary(rows),
            "rows": rows,
        },
    )


if __name__ == "__main__":
    main()
