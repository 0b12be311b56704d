"""The folder of a study: the names in it, which jobs are finished, and why one failed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.lab.files import read_json

SPEC, SESSION, RESULTS = "spec.json", "session.json", "results.json"
ROWS, FAILED, RUNS = "rows", "failed", "runs"


def why(folder: Path, key: str) -> str:
    """Why a job failed; 'not done yet' where nothing is said."""
    path = folder / FAILED / f"{key}.json"
    return str(read_json(path).get("why")) if path.exists() else "not done yet"


def finished(folder: Path, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The rows that are there, by key."""
    paths = {key: folder / ROWS / f"{key}.json" for key in keys}
    return {key: read_json(path) for key, path in paths.items() if path.exists()}
