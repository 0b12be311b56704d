"""Files that are written whole or not at all, JSON, and the lock of a folder."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from core.checkpoint import sync_folder
from core.lab.errors import Refusal

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
        raise Refusal(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not isinstance(value, dict):
        raise Refusal(f"{path} does not hold what a run writes there")
    return value


def free_name(path: Path) -> Path:
    """path-1, path-2, ...: the first that does not exist."""
    names = (path.with_name(f"{path.name}-{k}") for k in count(1))
    return next(new for new in names if not new.exists())


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


def check_size(claimed: int, found: int, kind: str) -> None:
    """Raises ValueError unless a header claims as many bytes as there are."""
    if claimed != found:
        raise ValueError(f"the header of the {kind} file claims {claimed:,} bytes, but {found:,} follow it")
