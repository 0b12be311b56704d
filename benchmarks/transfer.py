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
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CARRIED = {"mnist": 2, "fashion-mnist": 1, "digits": 1}  # chosen on the validation part


def main() -> None:
    from core.lab.results import measure
    from core.lab.stats import mean_interval

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", choices=CARRIED)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--preset", default="best")
    flags = parser.parse_args()
    path = ROOT / "benchmarks" / "results" / f"transfer_{flags.source}.json"
    record = json.loads(path.read_text()) if path.exists() else {"rows": []}
    settings = {"source": flags.source, "carried": CARRIED[flags.source]}
    for seed in flags.seeds:
        if any(row["seed"] == seed for row in record["rows"]):
            continue
        row = measure("transfer", flags.preset, settings, seed, None)
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
