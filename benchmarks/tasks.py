"""Seeds of a task with a preset, on its test part: the short form of `trivium results run --task TASK`.

python benchmarks/tasks.py taxi                            five seeds of --preset best
python benchmarks/tasks.py blackjack --seeds 0 1 2 --preset default
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

if __name__ == "__main__":
    from core.lab.results import results

    sys.exit(results(["run", "--folder", str(ROOT / "benchmarks" / "results"), "--task", *sys.argv[1:]]))
