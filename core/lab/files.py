"""Files that are written whole or not at all, JSON that holds what it should, and the lock of a folder."""

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count, islice
from operator import attrgetter
from pathlib import Path
from typing import Any

from core.checkpoint import ASIDE, written
from core.lab.errors import Refusal, refusing
from core.lab.paths import user_path
from core.lab.schema import is_plain, misfit

LOCK = ".lock"
LARGEST = 1 << 28  # bytes of JSON
LEFT_BEHIND = {  # first letters of hidden names, and what file managers leave behind, in small letters
    *("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "picasa.ini", "__macosx", "@eadir", "#recycle"),
    *("$recycle.bin", "system volume information", "lost+found", "."),
}
PIECE = 1 << 20  # bytes that are read at once, so that a small file takes no room for a large one


class Locked(Refusal):
    """Another process is at work in a folder."""


def read_file(path: str | Path, most: int) -> bytes:
    """The bytes of a person's own file. Raises Refusal for one that is missing, or has more than `most` bytes."""
    path = user_path(path)
    with refusing(f"{path} cannot be read", OSError, ValueError), open(path, "rb") as handle:  # a null byte's too
        raw = b"".join(islice(iter(partial(handle.read, PIECE), b""), most // PIECE + 1))
    if len(raw) > most:
        raise Refusal(f"{path} is larger than {most >> 20} MiB")
    return raw


def entries(folder: Path) -> list[Path]:
    """What a person's folder holds, hidden things apart, in the order of the names on every file system."""
    found = [entry for entry in folder.iterdir() if not LEFT_BEHIND & {entry.name[:1], entry.name.lower()}]
    return sorted(found, key=attrgetter("name"))


def write_text(path: Path, text: str) -> None:
    """Writes aside, flushes to the disk, renames: the file is old or new, never half."""
    with written(path) as aside, open(aside, "w", encoding="utf-8") as file:
        file.write(text)


def write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def read_json(path: Path, form: Any = dict) -> dict[str, Any]:
    """The object in a JSON file of a run folder; Refusal when it is missing, broken, or not of the form (`misfit`)."""
    try:
        check_file(path)
        if path.stat().st_size > LARGEST:
            raise ValueError(f"it is larger than {LARGEST >> 20} MiB")
        return checked(json.loads(path.read_text("utf-8")), form)
    except FileNotFoundError:
        raise Refusal(f"{path.parent} is not a run folder: it has no {path.name}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise Refusal(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def check_file(path: Path) -> None:
    """Raises OSError for what is there and no file: a pipe would wait for ever, a device never end."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a file")


def checked(value: Any, form: Any) -> dict[str, Any]:
    """A value of JSON, if it is an object of that form. Raises ValueError, which says where it is not."""
    if fault := misfit(value, form) or misfit(value, dict):
        raise ValueError(fault)
    if not is_plain(value):
        raise ValueError("a number is not finite, a text is no text, or it is nested too deep")
    return value


def is_leftover(name: str) -> bool:
    """Is this the name of a file that was being written aside, by us or by the library that writes checkpoints?"""
    return name.endswith(ASIDE) or (name.startswith(ASIDE) and len(name) == len(ASIDE) + 6)


def sweep(folder: Path) -> None:
    """Removes what a process that was killed left half written. Only who holds the folder's lock may."""
    with suppress(OSError):
        for entry in [entry for entry in folder.iterdir() if is_leftover(entry.name) and entry.is_file()]:
            entry.unlink(missing_ok=True)


def free_name(path: Path) -> Path:
    """path-1, path-2, ...: the first that does not exist."""
    names = (path.with_name(f"{path.name}-{k}") for k in count(1))
    return next(new for new in names if not new.exists())


@contextmanager
def lock(folder: Path, needed: bool = True) -> Iterator[None]:
    """Holds the folder's lock, which the system frees when the process ends, however it ends.

    Raises Locked when another process holds it, and Refusal when the folder cannot be written, if that is `needed`.
    """
    import filelock

    holding = filelock.FileLock(folder / LOCK, timeout=0)
    try:
        holding.acquire()
    except filelock.Timeout:
        raise Locked(
            f"another process is at work in {folder}: wait for it, or name another folder with --out"
        ) from None
    except (OSError, NotImplementedError) as error:
        if needed:
            raise Refusal(f"cannot write to {folder}: {getattr(error, 'strerror', None) or error}") from error
    try:
        yield
    finally:
        holding.release()


def check_size(claimed: int, found: int, kind: str) -> None:
    """Raises ValueError unless a header claims as many bytes as there are."""
    if claimed != found:
        raise ValueError(f"the header of the {kind} file claims {claimed:,} bytes, but {found:,} follow it")
