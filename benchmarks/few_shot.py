"""The error on sinusoids never seen before, from ten examples each: every seed of `few_shot`, beside the others.

    python benchmarks/few_shot.py                     five seeds of --preset best; a seed in the record is not run again
    python benchmarks/few_shot.py --first-order       without the gradient of the gradient

A seed is `trivium run few_shot --preset best --seed SEED`, without its page; the test tasks are opened once, at its
end. The record is results/few_shot.json, or results/few_shot_first_order.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def main() -> None:
    from core.lab.results import measure

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--preset", default="best")
    parser.add_argument("--first-order", action="store_true")
    flags = parser.parse_args()
    path = ROOT / "benchmarks" / "results" / f"few_shot{'_first_order' if flags.first_order else ''}.json"
    record = json.loads(path.read_text()) if path.exists() else {"rows": []}
    for seed in flags.seeds:
        if any(row["seed"] == seed for row in record["rows"]):
            continue
        row = measure("few_shot", flags.preset, {"second_order": False} if flags.first_order else {}, seed, None)
        record["rows"] = sorted([*record["rows"], row], key=lambda row: row["seed"])
        values = [row["metrics"]["test_mse"] for row in record["rows"]]
        record["command"] = " ".join(["python", "benchmarks/few_shot.py", *sys.argv[1:]])
        record["test_mse"] = {"mean": sum(values) / len(values), "worst": max(values)}
        path.write_text(json.dumps(record, indent=1) + "\n")
        print(f"seed {seed}: {row['metrics']['test_mse']:.5f} in {row['seconds']} s; mean {record['test_mse']}")


if __name__ == "__main__":
    main()
