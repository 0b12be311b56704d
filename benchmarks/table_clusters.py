"""Clusters of tables and of sounds: the methods beside scikit-learn's, and how well clusters are counted.

    python benchmarks/table_clusters.py made         made-up tables of known clusters, on which settings were chosen
    python benchmarks/table_clusters.py count        how many clusters: known answers, and the embedded tables
    python benchmarks/table_clusters.py tables       iris, wine and breast-cancer, their number of clusters given
    python benchmarks/table_clusters.py sounds       spoken digits, with their voices and without

Every finished row is in results/table_clusters.json, and is not made again; a part goes on on the machine where it
began, and is measured anew when it is deleted there. A row of `tables` and `sounds` is `trivium run TASK --seed SEED`
without its page: 20 evaluations, whose best weights, by a figure without labels, go to the test part. Seconds are of
the processor, learning alone. Each part has versions, kernels and processor, and the SHA-256 of the data that it read;
made-up tables come from seeds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
OUT = ROOT / "benchmarks" / "results" / "table_clusters.json"
COMMAND = "python benchmarks/table_clusters.py made, then count, tables and sounds"
SEEDS = range(5)
TABLES = {"iris": 3, "wine": 3, "breast-cancer": 2}
Todo = tuple[dict[str, Any], Callable[[], dict[str, Any]]]  # the key of a row, and how it is made
METHODS = "mutual_information", "autoencoder", "dec"
MADE = {  # clusters, columns, rows, distance of the centres, unequal sizes, each its own shape, columns of noise
    "equal": (4, 6, 300, 2.0, False, False, 0),
    "unequal": (4, 6, 300, 2.0, True, False, 0),
    "own shapes": (3, 6, 200, 2.0, False, True, 0),
    "half of the columns noise": (5, 10, 300, 1.5, False, False, 10),
    "unequal, own shapes, 180 rows": (3, 13, 180, 1.2, True, True, 0),
}


def made(name: str, seed: int) -> tuple[Any, Any]:
    """A standardised table x (N, I) float32 and the cluster t (N,) that each row was drawn from."""
    K, I, N, apart, unequal, shapes, noise = MADE[name]
    rng = np.random.default_rng([9, seed])
    share = np.maximum(rng.dirichlet(np.full(K, 1.5)), 0.05) if unequal else np.ones(K)
    centres = apart * rng.standard_normal((K, I))
    t = rng.choice(K, N, p=share / share.sum())
    shape = rng.standard_normal((K, I, I)) / np.sqrt(I) if shapes else np.broadcast_to(np.eye(I), (K, I, I))
    x = centres[t] + np.einsum("ni,nij->nj", rng.standard_normal((N, I)), shape[t])
    x = np.concatenate([x, rng.standard_normal((N, noise))], 1)
    return ((x - x.mean(0)) / x.std(0)).astype(np.float32), t


def blobs(K: int, I: int, seed: int) -> Any:
    """300 rows in K round heaps of deviation 1 whose centres are at least 6 apart, standardised."""
    rng, centres = np.random.default_rng([K, I, seed]), list[Any]()
    while len(centres) < K:
        c = rng.uniform(-20, 20, I)
        if all(np.linalg.norm(c - other) >= 6 for other in centres):
            centres.append(c)
    x = np.array(centres)[rng.integers(K, size=300)] + rng.standard_normal((300, I))
    return (x - x.mean(0)) / x.std(0)


def peers(x: Any, K: int) -> dict[str, Any]:
    from sklearn.cluster import AgglomerativeClustering, KMeans
    from sklearn.mixture import GaussianMixture

    mixture = GaussianMixture(K, covariance_type="diag", reg_covar=1e-3, n_init=3, random_state=0)
    return {
        "k-means": KMeans(K, n_init=10, random_state=0).fit_predict(x),
        "Gaussian mixture": mixture.fit_predict(x),
        "Ward": AgglomerativeClustering(K).fit_predict(x),
    }


def made_rows(_: str) -> Iterator[Todo]:
    """The adjusted Rand index of all rows of a made-up table, which the learner sees without their clusters."""
    from sklearn.metrics import adjusted_rand_score

    from core.lab.data.splits import Splits
    from unsupervised.clustering.table_methods import METHODS as LEARNERS, table_predictor
    from unsupervised.tasks.table_clusters import Config

    def row(name: str, seed: int) -> dict[str, Any]:
        x, t = made(name, seed)
        K, none, found = len(set(t.tolist())), np.zeros(0, int), dict[str, Any]()
        for method in METHODS:
            splits = Splits(x, none, x[:60], none, x[:60], none)
            config = Config(method=method)
            predictor = table_predictor(config, x.shape[1], K)
            learner = LEARNERS[method](splits, predictor, config, np.random.default_rng(seed))
            w, found[f"seconds of {method}"] = trained(learner)
            found[method] = adjusted_rand_score(t, learner.predict(w, x))
        return found | {peer: adjusted_rand_score(t, said) for peer, said in peers(x, K).items()}

    for name in MADE:
        for seed in SEEDS:
            yield {"table": name, "seed": seed}, partial(row, name, seed)


def counted(x: Any) -> dict[str, int]:
    """The number of clusters by prediction strength, by silhouette, and by the BIC of a diagonal mixture."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score
    from sklearn.mixture import GaussianMixture

    from unsupervised.clustering.prediction_strength import choose_clusters

    fits = {K: KMeans(K, n_init=5, random_state=0).fit_predict(x) for K in range(2, 11)}
    bic = {
        K: GaussianMixture(K, covariance_type="diag", reg_covar=1e-3, n_init=2, random_state=0).fit(x).bic(x)
        for K in range(1, 11)
    }
    return {
        "prediction strength": choose_clusters(x).clusters,
        "silhouette": max(fits, key=lambda K: silhouette_score(x, fits[K])),
        "BIC": min(bic, key=bic.__getitem__),
    }


def count_rows(_: str) -> Iterator[Todo]:
    from core.lab.data.registry import Data
    from core.lab.data.splits import split

    for I in (2, 5, 20):
        for K in range(2, 9):
            for seed in range(3):
                yield {"table": f"{I} columns", "clusters": K, "seed": seed}, partial(counted, blobs(K, I, seed))
    for seed in range(3):
        heap = np.random.default_rng(seed).standard_normal((300, 5))
        yield {"table": "one heap", "clusters": 1, "seed": seed}, partial(counted, heap)
    for name, K in TABLES.items():
        x = Data()(name).x
        i = np.concatenate(split(x, np.arange(len(x)))[1:4:2])  # without the test part, as the task does it
        z = (x[i] - x[i].mean(0)) / x[i].std(0)
        yield {"table": name, "clusters": K, "seed": 0}, partial(counted, z)


def trained(learner: Any) -> tuple[Any, float]:
    """The weights that its own figure chose at 20 evaluations, and the processor's seconds."""
    from core.lab.runs.loop import Loop, silent
    from core.lab.runs.signals import Signals

    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "metrics.jsonl").touch()
        with Signals().installed() as signals:
            best = Loop(learner, Path(folder), {}, save_every=1e9).train(signals, silent)
    return best, round(time.process_time() - started, 1)


def run_rows(task: str, options: dict[str, dict[str, Any]], preset: str) -> Iterator[Todo]:
    from core.lab.runs.run import prepare

    def row(values: dict[str, Any], seed: int) -> dict[str, Any]:
        setup = prepare(str(ROOT / "unsupervised" / "tasks" / f"{task}.py"), preset, values, seed, None)
        learner, _ = setup.build()
        w, seconds = trained(learner)
        report = learner.report(w, None)
        peers = {f"baseline: {peer}": value for peer, value in report.baselines.items()}
        return {"seconds": seconds, **report.metrics, **peers}

    for name, values in options.items():
        for method in METHODS:
            for seed in SEEDS:
                yield {"table": name, "method": method, "seed": seed}, partial(row, {**values, "method": method}, seed)


def table_rows(preset: str) -> Iterator[Todo]:
    return run_rows("table_clusters", {name: {"table": name, "clusters": K} for name, K in TABLES.items()}, preset)


def sound_rows(preset: str) -> Iterator[Todo]:
    return run_rows("sound_clusters", {"without voices": {}, "with voices": {"voice": True}}, preset)


def sums(kind: str) -> dict[str, str]:
    """The SHA-256 of the data that a part reads, by file or embedded set; the loader checks those of files."""
    from core.lab.data.registry import Data

    data = Data()
    for name in {"count": [*TABLES], "tables": [*TABLES], "sounds": ["free-spoken-digits"]}.get(kind, []):
        data(name)
    return data.sums


KINDS = {"made": made_rows, "count": count_rows, "tables": table_rows, "sounds": sound_rows}


def summary(kind: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean and worst over the seeds of each table and method; of counts the share that is right."""
    if kind == "count":
        ways = [name for name in rows[0] if name not in ("table", "clusters", "seed")]
        return {
            table: {way: f"{sum(row[way] == row['clusters'] for row in own)} of {len(own)}" for way in ways}
            for table in dict.fromkeys(row["table"] for row in rows)
            for own in [[row for row in rows if row["table"] == table]]
        }
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(", ".join(str(row[name]) for name in ("table", "method") if name in row), []).append(row)
    return {
        name: {
            figure: mean_and_worst([row[figure] for row in own], "seconds" in figure)
            for figure in own[0]
            if figure not in ("table", "method", "seed")
        }
        for name, own in groups.items()
    }


def mean_and_worst(values: list[float], less: bool) -> dict[str, float]:
    return {"mean": round(float(np.mean(values)), 4), "worst": round((max if less else min)(values), 4)}


def main() -> None:
    import sklearn.cluster  # noqa: F401 -- its kernels are loaded, so that `versions` sees them

    from core.lab.environment import versions
    from core.lab.files import write_json

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--preset", default="default", choices=("quick", "default", "best"))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    record = json.loads(OUT.read_text()) if OUT.exists() else {}
    name = options.kind if options.preset == "default" else f"{options.kind}, {options.preset}"
    part = record.get(name) or {
        "command": f"python benchmarks/table_clusters.py {options.kind} --preset {options.preset}",
        "versions": versions(),
        "data": sums(options.kind),
        "rows": [],
    }
    rows = part["rows"]

    def keep() -> None:
        filled = part | {"summary": summary(options.kind, rows), "rows": rows}
        write_json(OUT, {"command": COMMAND} | record | {name: filled})

    for key, row in KINDS[options.kind](options.preset):
        if any(key.items() <= old.items() for old in rows):
            continue
        rows.append({k: round(v, 4) if isinstance(v, float) else v for k, v in (key | row()).items()})
        print(json.dumps(rows[-1]), flush=True)
        keep()
    keep()
    print(json.dumps(summary(options.kind, rows), indent=1))


if __name__ == "__main__":
    main()
