"""The estimators beside scikit-learn's MLPClassifier and MLPRegressor: the same settings, the same folds.

    python benchmarks/estimators.py --out benchmarks/results/estimators.json

Tables that scikit-learn brings along, 5-fold cross-validation with seeds 0 to 4 for folds and weights; features (and
values) standardised within each fold. Both sides as they come: 100 hidden units, Adam at 0.001, batches of 200, 200
epochs at most, the same rule to stop; scikit-learn's has a penalty of 0.0001 on its weights, ours none. Accuracy or
R^2 of every fold, their mean for each seed, seconds of the processor for each fit, and `time`, the median of these as a
part of scikit-learn's. `data` has the SHA-256 of each table's arrays.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
import warnings
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
TABLES = ("iris", "wine", "breast_cancer", "digits", "diabetes")


def models(values: bool) -> dict[str, Any]:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    from core import cosine
    from supervised.estimators import NetworkClassifier, NetworkRegressor

    ours, theirs = (NetworkRegressor, MLPRegressor) if values else (NetworkClassifier, MLPClassifier)
    return {
        "Trivium": ours(),
        "Trivium, float32": ours(),
        "scikit-learn": theirs(),
        "Trivium, dropout and decay": ours(
            dropout=0.3, decay=2.0, lr=3e-3, schedule=cosine, n_iter_no_change=np.inf, batch=32
        ),
    }


def loaded(table: str) -> Any:
    from sklearn import datasets

    return getattr(datasets, f"load_{table}")(return_X_y=True)


def folds(x: Any, t: Any, values: bool, seeds: range) -> dict[str, dict[str, Any]]:
    """Each model's score and seconds in every fold of every seed, the means of the scores, a seed each; `time`."""
    from sklearn.model_selection import KFold, StratifiedKFold

    rows: dict[str, dict[str, Any]] = {name: {"score": [], "seconds": []} for name in models(values)}
    for seed in seeds:
        for train, test in (KFold if values else StratifiedKFold)(5, shuffle=True, random_state=seed).split(x, t):
            mean, std = x[train].mean(0), x[train].std(0)
            z = (x - mean) / np.where(std > 0, std, 1)
            y = (t - t[train].mean()) / t[train].std() if values else t
            for name, model in models(values).items():
                a = z.astype(np.float32) if "float32" in name else z
                started = time.process_time()
                model.set_params(random_state=seed).fit(a[train], y[train])
                rows[name]["seconds"].append(time.process_time() - started)
                rows[name]["score"].append(float(model.score(a[test], y[test])))
    theirs = np.median(rows["scikit-learn"]["seconds"])
    for row in rows.values():
        row["by_seed"] = np.reshape(row["score"], (len(seeds), -1)).mean(1).tolist()
        row["time"] = float(np.median(row["seconds"]) / theirs)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    from threadpoolctl import threadpool_limits

    from core.lab.environment import versions

    tables = {table: loaded(table) for table in TABLES}
    record: dict[str, Any] = {"command": shlex.join(["python", "benchmarks/estimators.py", *sys.argv[1:]])}
    record["data"] = {
        f"scikit-learn's {name}": sha256(x.tobytes() + t.tobytes()).hexdigest() for name, (x, t) in tables.items()
    }
    record |= {"seeds": list(range(args.seeds)), "folds": 5, "tables": {}}
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of iterations that end before they converge
        record["versions"] = versions()
        for name, (x, t) in tables.items():
            record["tables"][name] = rows = folds(x, t, name == "diabetes", range(args.seeds))
            for model, row in rows.items():
                print(
                    f"{name:14} {model:28} {np.mean(row['by_seed']):.4f}  worst seed {min(row['by_seed']):.4f}  "
                    f"{np.median(row['seconds']):.3f} s a fit",
                    flush=True,
                )
    if args.out:
        args.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
