"""The run folder: what a run leaves behind, and how it is written so that a crash loses nothing.

config.json (first), metrics.jsonl (one line an evaluation), checkpoint.safetensors and the one before it,
result.json (last), report.html, pictures. A lock of the operating system keeps a second process out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from core.checkpoint import sync_folder
from core.lab.errors import Refusal

CONFIG, LOG, CHECKPOINT, RESULT, PAGE = (
    "config.json",
    "metrics.jsonl",
    "checkpoint.safetensors",
    "result.json",
    "report.html",
)
SHOWN = "report.json"  # captions and texts of the page
LOCK = ".lock"


def write_text(path: Path, text: str) -> None:
    """Writes aside, flushes to the disk, renames: the file is old or new, never half."""
    aside = path.with_name(path.name + ".tmp")
    try:
        with open(aside, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    os.replace(aside, path)
    sync_folder(path.parent)


def write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file of a run folder; Refusal when it is missing or broken."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise Refusal(f"{path.parent} is not a run folder: it has no {path.name}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise Refusal(f"{path} cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise Refusal(f"{path} does not hold what a run writes there")
    return value


def read_log(folder: Path) -> list[dict[str, float]]:
    """The rows of metrics.jsonl; a last line that is still being written is left out."""
    path = folder / LOG
    if not path.exists():
        return []
    rows = []
    for line in path.read_text("utf-8").split("\n")[:-1]:
        try:
            rows.append(json.loads(line))
        except ValueError:
            raise Refusal(f"{path} holds a line that is not JSON: {line[:60]!r}") from None
    return rows


def free_name(path: Path) -> Path:
    """path-1, path-2, ...: the first that does not exist."""
    k = 1
    while (new := path.with_name(f"{path.name}-{k}")).exists():
        k += 1
    return new


def create(out: Path, force: bool) -> Path:
    """A new, empty run folder at `out`. With `force` what is there is moved aside, never deleted.

    Raises Refusal when `out` holds a run or other files, or cannot be written.
    """
    try:
        if out.exists() and not out.is_dir():
            raise Refusal(f"{out} is a file: name a folder with --out")
        if out.exists() and any(entry.name != LOCK for entry in out.iterdir()):
            if not force:
                what = "holds a run already" if (out / CONFIG).exists() else "is not empty"
                go_on = f"`trivium resume {out}` goes on with it, " if (out / CONFIG).exists() else ""
                raise Refusal(f"{out} {what}: {go_on}--force moves it aside, --out names another folder")
            with lock(out):
                pass  # a run that is still going is not moved away from under its process
            out.rename(free_name(out))
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(f"cannot make the folder {out}: {error.strerror or error}") from error
    return out


def remove_empty(out: Path) -> None:
    """Removes a folder that holds nothing but its lock; any other, or one that cannot be removed, stays."""
    with suppress(OSError):
        if [entry.name for entry in out.iterdir()] == [LOCK]:
            (out / LOCK).unlink()
            out.rmdir()


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Holds the folder's lock, which the system frees when the process ends, however it ends."""
    import filelock

    try:
        with filelock.FileLock(folder / LOCK, timeout=0):
            yield
    except filelock.Timeout:
        raise Refusal(
            f"another process is at work in {folder}: wait for it, or name another folder with --out"
        ) from None
