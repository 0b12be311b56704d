"""Words out of nothing with `--preset best`: every seed, judged from the wav files beside real clips of the test part.

    python benchmarks/spoken_digit_sounds.py                 five seeds; one that is in the record is not run again
    python benchmarks/spoken_digit_sounds.py --seeds 0 1 2

Each is `trivium run spoken_digit_sounds --preset best --seed SEED`, report and all, whose folder lies in --work; the
record, results/spoken_digit_sounds_best.json, has a row for each seed that is finished. The judge, the real clips and
what the vocoder makes of them are the same for all seeds, and fitted again with each.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
ROOT = Path(__file__).resolve().parents[1]

import sys  # noqa: E402

from measured import begun  # noqa: E402

sys.path.insert(0, str(ROOT))
OUT = ROOT / "benchmarks" / "results" / "spoken_digit_sounds_best.json"
LESS_IS_BETTER = ("distance_to_training", "test_nats")


def one_seed(setup: Any, work: Path) -> dict[str, Any]:
    """Runs one seed to the end; its figures, and the processor seconds of learning and report together."""
    from core.lab.run import open_run, resume, start

    folder, started = work / f"spoken_digit_sounds_{setup.seed}", time.process_time()
    fresh = not (folder / "config.json").exists()
    run = start(setup, folder) if fresh else resume(open_run(folder, setup.task))
    cpu, result = time.process_time() - started, run.result
    return {"seed": setup.seed, **result["metrics"], "parameters": result["parameters"], "answers": result["answers"],
            "seconds": result["seconds"], "processor_seconds": round(cpu, 1) if fresh else None}  # fmt: skip


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    found = {}
    for name in rows[0]:
        values = [row[name] for row in rows if isinstance(row[name], float)]
        if len(values) == len(rows):
            worst = max if name in LESS_IS_BETTER or "seconds" in name else min
            found[name] = {"mean": round(sum(values) / len(values), 5), "worst": round(worst(values), 5)}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2, 3, 4])
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "spoken_digit_sounds", help="where folders lie")
    options = parser.parse_args()

    from core.lab.folder import write_json
    from core.lab.machine import versions
    from core.lab.run import prepare

    def setup_of(seed: int) -> Any:
        return prepare(str(ROOT / "unsupervised/tasks/spoken_digit_sounds.py"), "best", {}, seed, None)

    config, old = begun(OUT, setup_of(0))
    rows = old.get("rows", [])
    for seed in options.seeds:
        if any(row["seed"] == seed for row in rows):
            continue
        rows.append(one_seed(setup_of(seed), options.work))
        print(json.dumps(rows[-1]), flush=True)
        write_json(OUT, {"command": "python benchmarks/spoken_digit_sounds.py", "config": config,
                         "versions": versions(), "summary": summary(rows), "rows": rows})  # fmt: skip
    print(json.dumps(summary(rows), indent=1))


if __name__ == "__main__":
    main()
