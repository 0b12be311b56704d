"""The folder of a study: the names in it, which jobs are finished, and why others failed."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.lab import read_json

SPEC, SESSION, RESULTS = "spec.json", "session.json", "results.json"
ROWS, FAILED, RUNS = "rows", "failed", "runs"
NOT_DONE = "not done yet"  # of a job that has neither a row nor a failure


def row(folder: Path, key: str) -> Path:
    """Where the result of a finished job lies."""
    return folder / ROWS / f"{key}.json"


def failure(folder: Path, key: str) -> Path:
    """Where it stands why a job failed."""
    return folder / FAILED / f"{key}.json"


def finished(folder: Path, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The rows that are there, by key."""
    return {key: read_json(path) for key in keys if (path := row(folder, key)).exists()}


def failures(folder: Path, keys: Iterable[str]) -> dict[str, str]:
    """Why jobs failed, by key, as far as it is said."""
    return {key: str(read_json(path).get("why")) for key in keys if (path := failure(folder, key)).exists()}
