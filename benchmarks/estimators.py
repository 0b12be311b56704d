"""The estimators beside scikit-learn's MLPClassifier and MLPRegressor: the same settings, the same folds.

    python benchmarks/estimators.py --out benchmarks/results/estimators.json

Embedded tables, 5-fold cross-validation with seeds 0 to 4 for folds and weights; features (and values) standardised
within each fold. Both sides as they come: 100 hidden units, Adam at 0.001, batches of 200, 200 epochs at most, the same
rule to stop; scikit-learn's has a penalty of 0.0001 on its weights, ours none. Accuracy or R^2, and seconds a fit.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
TABLES = ("iris", "wine", "breast_cancer", "digits", "diabetes")


def models(values: bool) -> dict[str, Any]:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    from core.optimizers import cosine
    from supervised.estimators import NetworkClassifier, NetworkRegressor

    ours, theirs = (NetworkRegressor, MLPRegressor) if values else (NetworkClassifier, MLPClassifier)
    return {"Trivium": ours(), "Trivium, float32": ours(), "scikit-learn": theirs(),
            "Trivium, dropout and decay": ours(dropout=0.3, decay=2.0, lr=3e-3, schedule=cosine, patience=None,
                                               batch=32)}  # fmt: skip


def folds(table: str, seeds: range) -> dict[str, dict[str, list[float]]]:
    """Each model's score and seconds in every fold of every seed."""
    from sklearn import datasets
    from sklearn.model_selection import KFold, StratifiedKFold

    x, t = getattr(datasets, f"load_{table}")(return_X_y=True)
    values = table == "diabetes"
    rows: dict[str, dict[str, list[float]]] = {name: {"score": [], "seconds": []} for name in models(values)}
    for seed in seeds:
        for train, test in (KFold if values else StratifiedKFold)(5, shuffle=True, random_state=seed).split(x, t):
            mean, std = x[train].mean(0), x[train].std(0)
            z = (x - mean) / np.where(std > 0, std, 1)
            y = (t - t[train].mean()) / t[train].std() if values else t
            for name, model in models(values).items():
                a = z.astype(np.float32) if "float32" in name else z
                started = time.perf_counter()
                model.set_params(random_state=seed).fit(a[train], y[train])
                rows[name]["seconds"].append(time.perf_counter() - started)
                rows[name]["score"].append(float(model.score(a[test], y[test])))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    from threadpoolctl import threadpool_limits

    record = {"command": " ".join(["python", "benchmarks/estimators.py", *sys.argv[1:]]), "machine": platform.machine(),
              "versions": {name: version(name) for name in ("numpy", "scikit-learn")}, "tables": {}}  # fmt: skip
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of iterations that end before they converge
        for table in TABLES:
            record["tables"][table] = rows = folds(table, range(args.seeds))
            for name, row in rows.items():
                print(f"{table:14} {name:28} {np.mean(row['score']):.4f}  worst seed "
                      f"{np.reshape(row['score'], (args.seeds, -1)).mean(1).min():.4f}  "
                      f"{np.median(row['seconds']):.3f} s a fit", flush=True)  # fmt: skip
    if args.out:
        args.out.write_text(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
