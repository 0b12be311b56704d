"""Files that are written whole or not at all, JSON, and the lock of a folder."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from core.checkpoint import sync_folder
from core.lab.errors import Refusal, refusing

LOCK = ".lock"
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")  # http://, s3://; a letter and a colon are a drive of Windows


def own_path(path: str | Path) -> Path:
    """A path that a person named, ~ expanded. Raises Refusal for an address of the web, and the ~ of nobody."""
    if ADDRESS.match(str(path)):
        raise Refusal(f"{path} is an address; download what is there, and name the file")
    with refusing(f"{path} cannot be found", RuntimeError):  # ~ of nobody
        return Path(path).expanduser()


def read_file(path: str | Path, most: int) -> bytes:
    """The bytes of a person's own file. Raises Refusal for one that is missing, or has more than `most` bytes."""
    path = own_path(path)
    with refusing(f"{path} cannot be read", OSError, ValueError), open(path, "rb") as handle:  # a null byte's too
        raw = handle.read(most + 1)
    if len(raw) > most:
        raise Refusal(f"{path} is larger than {most >> 20} MiB")
    return raw


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
