"""Cats and dogs with `--preset best`, paired with what scikit-learn makes of the same pixels, picture by picture.

    python benchmarks/cats_dogs.py seeds 0 1 2 3 4      the network; a seed that is in the record is not run again
    python benchmarks/cats_dogs.py baselines            each of them, likewise

All learn from the same 9,000 pictures, all choices are made on the same 1,000, and every row's answers on the 2,000
official test pictures are kept, right or wrong, in the order of the file: so that differences can be taken on the same
pictures. Training is `trivium run cats_dogs --preset best --seed SEED`, without its page. A run that was ended goes on
from its checkpoint when the command is given again. Baselines are the best of a few settings each, varied one after
the other. Results: results/cats_dogs.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from measured import load, train

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "benchmarks" / "results" / "cats_dogs.json"
WORK = ROOT / "runs" / "cats_dogs"
MLP_HERE = "fully connected layers of this project, the pictures altered likewise"
BEST_OF = "support vector machine on principal components", "scikit-learn's MLP"  # the target names these two


def setup_of(seed: int) -> Any:
    from core.lab.runs.run import prepare

    return prepare(str(ROOT / "supervised" / "tasks" / "cats_dogs.py"), "best", {}, seed, None)


def packed(right: Any) -> str:
    return np.packbits(right).tobytes().hex()


def unpacked(row: dict[str, Any]) -> Any:
    return np.unpackbits(np.frombuffer(bytes.fromhex(row["right"]), np.uint8))[: row["n"]].astype(bool)


def row_of(right: Any, **more: Any) -> dict[str, Any]:
    return {"test_accuracy": float(right.mean()), **more, "load": load(), "n": len(right), "right": packed(right)}


# The network.


def one_seed(seed: int) -> dict[str, Any]:
    learner, loop, best, cpu = train(setup_of(seed), WORK / str(seed))
    splits = learner.splits
    right = learner.outputs(best, splits.x_test, learner.config.test_time_augmentations).argmax(-1) == splits.t_test
    plain = learner.outputs(best, splits.x_test).argmax(-1) == splits.t_test
    return row_of(
        right,
        seed=seed,
        test_accuracy_without_looks=float(plain.mean()),
        val_accuracy=loop.best_value,
        parameters=learner.net.size,
        examples=loop.examples,
        seconds=round(loop.seconds, 1),
        processor_seconds=cpu,
    )


# The baselines: functions from settings to a classifier, and the settings that are tried, field after field.


def svc_pca(components: int, C: float, gamma: float) -> Any:
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import SVC

    class Scaled(SVC):
        """gamma in units of 1 / (number of features * variance)."""

        def fit(self, x: Any, t: Any) -> Any:
            self.gamma = gamma / (x.shape[1] * x.var())
            return super().fit(x, t)

    return make_pipeline(PCA(components, svd_solver="randomized", random_state=0), Scaled(C=C, cache_size=1000))


def mlp(components: int, hidden: tuple[int, ...], alpha: float, epochs: int) -> Any:
    from sklearn.decomposition import PCA
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    reduce = [PCA(components, svd_solver="randomized", random_state=0)] if components else []
    return make_pipeline(*reduce, StandardScaler(), MLPClassifier(hidden, alpha=alpha, max_iter=epochs, random_state=0))


def svc(C: float) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    return make_pipeline(StandardScaler(), SVC(C=C, cache_size=1000))


def pixels(x: Any) -> Any:
    return x.reshape(len(x), -1)


def gradients(x: Any) -> Any:
    from supervised.interpret.features import hog

    return hog(x.mean(-1))


Baseline = tuple[Callable[..., Any], Callable[[Any], Any], bool, dict[str, tuple[Any, ...]]]
BASELINES: dict[str, Baseline] = {
    BEST_OF[0]: (svc_pca, pixels, False, {"components": (80, 40, 160), "C": (3, 1, 10), "gamma": (1, 0.5, 2)}),
    BEST_OF[1]: (
        mlp,
        pixels,
        False,
        {"components": (0, 100), "hidden": ((256,), (100,), (512, 128)), "epochs": (10, 5, 30), "alpha": (1e-4, 1, 10)},
    ),
    "the same support vector machine, given mirrored pictures too": (svc_pca, pixels, True, {}),
    "support vector machine on histograms of gradients": (svc, gradients, False, {"C": (1, 10)}),
}


def tuned(name: str, chosen: dict[str, Any]) -> dict[str, Any]:
    """A row for a baseline: `chosen` as it is, or else the best on the validation part, one field after the other."""
    from core.lab.data.registry import Data

    sets = Data()("cifar10-cats-dogs")
    make, features, mirrored, grid = BASELINES[name]
    x, t = sets.x_train, sets.t_train
    if mirrored:
        x, t = np.concatenate([x, x[:, :, ::-1]]), np.concatenate([t, t])
    x, x_val = features(x), features(sets.x_val)
    tried: dict[str, float] = {}
    started, best, settings, method = time.process_time(), -1.0, {**chosen}, None
    settings |= {field: values[0] for field, values in grid.items()}
    for field, values in grid.items() or {"": (None,)}.items():
        for value in values:
            trial = {**settings, field: value} if field else settings
            if str(trial) in tried:
                continue
            fitted = make(**trial).fit(x, t)
            tried[str(trial)] = accuracy = float((fitted.predict(x_val) == sets.t_val).mean())
            print(f"{name}: {trial} {accuracy:.4f} {time.process_time() - started:.0f} s", flush=True)
            if accuracy > best:
                best, settings, method = accuracy, trial, fitted
    assert method is not None
    return row_of(
        method.predict(features(sets.x_test)) == sets.t_test,
        settings=settings,
        val_accuracy=best,
        tried=tried,
        processor_seconds=round(time.process_time() - started, 1),
    )


def fully_connected() -> dict[str, Any]:
    """The task's learner, augmentations included, with an MLP in the place of the convolutions."""
    from core import MLP, AdamW
    from supervised.learner import Supervised

    base, _ = setup_of(0).build()
    tried, started, best, learner = dict[str, float](), time.process_time(), -1.0, base
    for lr in (1e-3, 3e-4, 3e-3):
        net = MLP(base.splits.x_train.shape[1], 512, 512, 2)
        one = Supervised(
            base.splits,
            net,
            AdamW(lr, net.layout, 0.05),
            np.random.default_rng(0),
            base.config,
            loss=base.rule,
            exam=base.exam,
            augment=base.augment,
        )
        while one.progress < 1:
            one.update()
        tried[str({"hidden": (512, 512), "lr": lr})] = accuracy = one.evaluate()["val_accuracy"]
        print(f"fully connected: {lr} {accuracy:.4f} {time.process_time() - started:.0f} s", flush=True)
        if accuracy > best:
            best, learner = accuracy, one
    x, t = base.splits.x_test, base.splits.t_test
    return row_of(
        learner.outputs(learner.weights, x, base.config.test_time_augmentations).argmax(-1) == t,
        val_accuracy=best,
        tried=tried,
        parameters=learner.net.size,
        processor_seconds=round(time.process_time() - started, 1),
    )


# What they say together.


def paired(right: Any, other: Any) -> dict[str, Any]:
    """The difference of two accuracies on the same pictures, its 95 % interval, and McNemar's exact test.

    `right` may be a mean over seeds, (N,) in [0, 1]; then there is no test.
    """
    from scipy.stats import binomtest

    d = right.astype(float) - other
    half = 1.96 * d.std(ddof=1) / len(d) ** 0.5
    found = {"difference": round(d.mean(), 5), "interval": [round(d.mean() - half, 5), round(d.mean() + half, 5)]}
    if right.dtype == bool:
        gained, lost = int((right & ~other).sum()), int((other & ~right).sum())
        found |= {"gained": gained, "lost": lost, "p": binomtest(gained, gained + lost).pvalue if gained + lost else 1}
    return found


def summary(record: dict[str, Any]) -> dict[str, Any]:
    rows, others = record["rows"], record["baselines"]
    found: dict[str, Any] = {}
    if rows:
        accuracies = [row["test_accuracy"] for row in rows]
        found |= {"mean": round(float(np.mean(accuracies)), 5), "worst": min(accuracies), "seeds": len(rows)}
    if rows and all(name in others for name in BEST_OF):
        best = max(BEST_OF, key=lambda name: others[name]["test_accuracy"])
        other, rights = unpacked(others[best]), [unpacked(row) for row in rows]
        found |= {
            "best_baseline": best,
            "its_accuracy": others[best]["test_accuracy"],
            "mean_against_it": paired(np.mean(rights, 0), other),
            "each_against_it": [paired(right, other) for right in rights],
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=("seeds", "baselines"))
    parser.add_argument("seeds", type=int, nargs="*", default=[0, 1, 2, 3, 4])
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    warnings.simplefilter("ignore")  # of scikit-learn's iterations that end before they converge

    from core.lab.data.registry import Data
    from core.lab.environment import versions
    from core.lab.files import write_json

    data = Data()
    data("cifar10-cats-dogs")
    config = json.loads(json.dumps(asdict(setup_of(0).config)))
    del config["interpret"]  # says nothing of how it learns
    record = json.loads(OUT.read_text()) if OUT.exists() else {"rows": [], "baselines": {}}
    if record.get("config", config) != config:
        raise SystemExit(f"{OUT} is of another configuration; move it away")
    rows, others = record["rows"], record["baselines"]

    def store() -> None:
        seeds = " ".join(str(row["seed"]) for row in rows)
        command = f"python benchmarks/cats_dogs.py seeds {seeds}; python benchmarks/cats_dogs.py baselines"
        write_json(
            OUT,
            {
                "command": command,
                "config": config,
                "data": data.sums,
                "versions": versions(),
                "summary": summary(record),
                "rows": rows,
                "baselines": others,
            },
        )

    if options.what == "seeds":
        for seed in options.seeds:
            if seed not in [row["seed"] for row in rows]:
                rows.append(one_seed(seed))
                print({key: value for key, value in rows[-1].items() if key != "right"}, flush=True)
                store()
    else:
        for name in BASELINES:
            if name not in others:
                others[name] = tuned(name, {} if BASELINES[name][3] else others[BEST_OF[0]]["settings"])
                store()
        if MLP_HERE not in others:
            others[MLP_HERE] = fully_connected()
            store()
    print(json.dumps(summary(record), indent=1))


if __name__ == "__main__":
    main()
