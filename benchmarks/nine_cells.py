"""The nine cells on five seeds: one record a problem, results/compare_PROBLEM.json, out of `trivium compare PROBLEM`.

python benchmarks/nine_cells.py digits cartpole --seeds 5     runs, and records
python benchmarks/nine_cells.py runs/compare-digits-1         records a comparison that is there

The runs lie in runs/nine-PROBLEM; what is finished there is not learnt again.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from core.lab.cli import main
from core.lab.cli.compare import PLAN, RESULTS

HERE = Path(__file__).parent


def record(folder: Path) -> Path:
    """Keeps the figures of a comparison as a record; returns its path."""
    plan, found = (json.loads((folder / name).read_text("utf-8")) for name in (PLAN, RESULTS))
    (problem,) = plan["compare"]
    path = HERE / "results" / f"compare_{problem}.json"
    command = {"command": f"python benchmarks/nine_cells.py {problem} --seeds {plan['seeds']}"}
    path.write_text(json.dumps({**command, **plan, **found}, indent=1) + "\n", "utf-8")
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="+", help="problems, or folders of finished comparisons of one problem")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    flags = parser.parse_args()
    for word in flags.what:
        folder = Path(word) if Path(word).is_dir() else Path("runs") / f"nine-{word}"
        if not Path(word).is_dir():
            main(["compare", word, "--seeds", str(flags.seeds), "--jobs", str(flags.jobs), "--out", str(folder)])
        print(record(folder))
