"""What features bring that were learnt elsewhere, with 100 and 1000 labels: every seed of `transfer`.

    python benchmarks/transfer.py mnist             digits 0-4 to digits 5-9; a seed in the record is not run again
    python benchmarks/transfer.py fashion-mnist     clothing to all ten digits, the first layer alone carried over

A seed is `trivium run transfer --preset best --source SOURCE --seed SEED`, without its page: one source network, five
draws of the labels, three networks a draw. The record is results/transfer_SOURCE.json; its intervals are Student's t
over the seeds, those in a row over the draws.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CARRIED = {"mnist": 2, "fashion-mnist": 1, "digits": 1}  # chosen on the validation part


def one_seed(source: str, seed: int, preset: str) -> dict[str, Any]:
    from core.lab.run import prepare, start

    values = {"source": source, "carried": CARRIED[source]}
    setup = prepare(str(ROOT / "supervised" / "tasks" / "transfer.py"), preset, values, seed, None)
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        result = start(setup, Path(folder) / "run", pictures=False).result
    kept = ("seed", "config", "metrics", "examples", "answers", "parameters", "seconds", "versions", "data")
    return {**{name: result[name] for name in kept},
            "processor_seconds_with_report": round(time.process_time() - started, 1),
            "load": [round(value, 1) for value in os.getloadavg()]}  # fmt: skip


def main() -> None:
    from core.lab.stats import mean_interval

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", choices=CARRIED)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--preset", default="best")
    flags = parser.parse_args()
    path = ROOT / "benchmarks" / "results" / f"transfer_{flags.source}.json"
    record = json.loads(path.read_text()) if path.exists() else {"rows": []}
    for seed in flags.seeds:
        if any(row["seed"] == seed for row in record["rows"]):
            continue
        row = one_seed(flags.source, seed, flags.preset)
        record["rows"] = sorted([*record["rows"], row], key=lambda row: row["seed"])
        record["command"] = " ".join(["python", "benchmarks/transfer.py", *sys.argv[1:]])
        names = [name for name in row["metrics"] if not name.endswith(("_low", "_high"))]
        of = {name: [row["metrics"][name] for row in record["rows"]] for name in names}
        record["mean_low_high"] = {name: [round(v, 5) for v in mean_interval(values) if abs(v) < 10]
                                   for name, values in of.items()}  # fmt: skip
        path.write_text(json.dumps(record, indent=1) + "\n")
        print(f"seed {seed}, {row['seconds']} s:", {name: round(row["metrics"][name], 4) for name in names}, flush=True)


if __name__ == "__main__":
    main()
