"""The folder of a study: the names in it, which jobs are finished, and why others failed."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.lab import Refusal, read_json
from core.lab.runs.folder import RESULT_FORM

SPEC, SESSION, RESULTS = "spec.json", "session.json", "results.json"
ROWS, FAILED, RUNS = "rows", "failed", "runs"
NOT_DONE = "not done yet"  # of a job that has neither a row nor a failure
TIMED = {"job_seconds": float}  # what is needed of a row where time alone is asked for
_JOB_FORM = {"task": str, "label": str, "config?": dict, "task_sha256?": (str, type(None))}
_SESSION_FORM = {"token": (str, type(None)), "workers": int}


def read_spec(folder: Path) -> dict[str, Any]:
    """What spec.json holds: "spec", and "jobs" by their keys. Raises Refusal where it holds something else."""
    found = read_json(folder / SPEC, {"spec": dict, "jobs": {...: _JOB_FORM}})
    for key in found["jobs"]:
        if len(key.encode()) > 200 or Path(key).name != key or "\0" in key:
            raise Refusal(f"{folder / SPEC} does not hold what is written there: {key[:60]!r} is the key of no job")
    return found


def read_session(folder: Path) -> dict[str, Any]:
    """What session.json holds: the token of those who are at work, if any, and how many workers they are."""
    return read_json(folder / SESSION, _SESSION_FORM)


def row(folder: Path, key: str) -> Path:
    """Where the result of a finished job lies."""
    return folder / ROWS / f"{key}.json"


def failure(folder: Path, key: str) -> Path:
    """Where it stands why a job failed."""
    return folder / FAILED / f"{key}.json"


def finished(folder: Path, keys: Iterable[str], form: Any = RESULT_FORM | TIMED) -> dict[str, dict[str, Any]]:
    """The rows that are there, by key."""
    return {key: read_row(path, form) for key in keys if (path := row(folder, key)).exists()}


def read_row(path: Path, form: Any = RESULT_FORM | TIMED) -> dict[str, Any]:
    """The row of a finished job. Raises Refusal where the file holds something else."""
    try:
        return read_json(path, form)
    except Refusal as error:
        raise Refusal(f"{error}; remove it, and trivium study writes it again") from error


def failures(folder: Path, keys: Iterable[str]) -> dict[str, str]:
    """Why jobs failed, by key, as far as it is said."""
    return {key: read_json(path, {"why": str})["why"] for key in keys if (path := failure(folder, key)).exists()}
