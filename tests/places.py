"""Where things stand that tests read: the repository, the shared data, the toy task."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("TRIVIUM_DATA") or REPOSITORY.parent / "shared" / "data")
PACKAGES = ("core", "supervised", "unsupervised", "reinforcement")
TOY_TASK = REPOSITORY / "tests" / "toy_task.py"
