"""Names and reviews: nats per character on the test part, and what is made up, every seed beside counting.

    python benchmarks/names.py                                five seeds of `names --preset best`, distinct names
    python benchmarks/names.py --split lecture --seeds 0      the division of the lectures on makemore
    python benchmarks/names.py reviews --preset default --seeds 0
    python benchmarks/names.py --peers                        counting alone, every order; of reviews too

Training is `trivium run TASK --preset PRESET --seed SEED`, loop and all: 20 evaluations on the validation part, whose
best weights go to the test part in `report`, where counting is scored on the same positions. A run that was ended goes
on from the checkpoint in --work when the command is given again; the record, results/TASK_PRESET.json, has a row for
each seed that is finished. Seconds are those of the processor, of learning and evaluation, the report beside them.
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
LONGEST = {"names": 8, "reviews": 12}  # characters of the longest n-grams that --peers counts
CHUNK = 1 << 15  # positions that counting is asked for at once


def one_seed(setup: Any, work: Path) -> dict[str, Any]:
    """Trains one seed and opens the test part with its best weights."""
    folder = work / f"{setup.task.name}_{setup.preset}_{getattr(setup.config, 'split', 'all')}_{setup.seed}"
    learner, loop, best, seconds = train(setup, folder)
    trained = time.process_time()
    report = learner.report(best, folder)
    (folder / "texts.json").write_text(json.dumps(report.texts, indent=1))
    return {"seed": setup.seed, "val_nats": loop.best_value, **report.metrics, "parameters": learner.net.size,
            "examples": loop.examples, "reference": report.reference, "reference_name": report.reference_name,
            "baselines": report.baselines,
            "processor_seconds": seconds,
            "processor_seconds_of_report": round(time.process_time() - trained, 1),
            "load": load()}  # fmt: skip


def peers(task: str) -> dict[str, dict[str, float]]:
    """Nats per character of counting all of the training part: modified Kneser-Ney of every order, held out."""
    from core.lab import records
    from core.lab.datasets import Data
    from core.lab.vocabulary import Vocabulary
    from unsupervised.counts import Counts, kneser_ney_orders
    from unsupervised.tasks import names, reviews

    longest = LONGEST[task]
    if task == "names":
        texts = {split: names.divided(Data()("names"), split) for split in names.SPLITS}
    else:
        texts = {"reviews": reviews.written(Data()("reviews"))}
    rows = {}
    for name, text in texts.items():
        vocabulary = Vocabulary.of(text.train)
        train, val, test = (vocabulary.encode(part) for part in text)
        end = int(vocabulary.encode(records.END)[0])
        model = kneser_ney_orders(Counts(np.append(end, train).astype(train.dtype), len(vocabulary), longest, end))
        cut = records.windows(end)
        for part, ids in (("val", val), ("test", test)):
            grams = cut(ids[:0], ids, longest)
            total = sum(model(grams[a : a + CHUNK]).sum(0) for a in range(0, len(grams), CHUNK))
            rows[f"{name} {part}"] = {f"order {n}": round(float(-v), 4) for n, v in enumerate(total / len(grams), 1)}
    return rows


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    names = [name for name, value in rows[0].items() if isinstance(value, float)]
    columns = {name: [row[name] for row in rows] for name in names}
    means = {name: round(float(np.mean(column)), 5) for name, column in columns.items()}
    nats = {name: {"mean": means.pop(name), "worst": round(max(columns[name]), 5)} for name in names if "nats" in name}
    return {"seeds": len(rows), **nats, "means": means}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("task", nargs="?", choices=("names", "reviews"), default="names")
    parser.add_argument("--preset", default="best", choices=("quick", "default", "best"))
    parser.add_argument("--split", default="distinct", choices=("distinct", "lecture"), help="of names")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2, 3, 4])
    parser.add_argument("--peers", action="store_true", help="score counting, and nothing else")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "names", help="where checkpoints are kept")
    options = parser.parse_args()

    from core.lab.folder import write_json
    from core.lab.machine import versions
    from core.lab.run import prepare

    if options.peers:
        found = peers(options.task)
        write_json(
            RESULTS / f"{options.task}_peers.json",
            {"command": f"python benchmarks/names.py {options.task} --peers", "nats": found},
        )
        print(json.dumps(found, indent=1))
        return
    flags = {"split": options.split} if options.task == "names" else {}
    lecture = "_lecture" if options.split == "lecture" else ""
    out = RESULTS / f"{options.task}{lecture}_{options.preset}.json"

    def setup_of(seed: int) -> Any:
        return prepare(str(ROOT / "unsupervised" / "tasks" / f"{options.task}.py"), options.preset, flags, seed, None)

    config, old = begun(out, setup_of(0))
    rows = old.get("rows", [])
    for seed in options.seeds:
        if any(row["seed"] == seed for row in rows):
            continue
        rows.append(one_seed(setup_of(seed), options.work))
        print(json.dumps(rows[-1]), flush=True)
        seeds = " ".join(str(row["seed"]) for row in rows)
        split = f" --split {options.split}" if options.task == "names" else ""
        command = f"python benchmarks/names.py {options.task} --preset {options.preset}{split} --seeds {seeds}"
        write_json(out, {"command": command, "config": config, "processor": processor(), "versions": versions(),
                         "summary": summary(rows), "rows": rows})  # fmt: skip
    print(json.dumps(summary(rows), indent=1))


if __name__ == "__main__":
    main()
