"""Checkpoints: named arrays and a few texts in one safetensors file, which cannot execute code when it is read.

A save is atomic: written aside, flushed to the disk, renamed; the file before is kept as NAME.previous. A SHA-256 over
every name, dtype, shape, byte and text is stored with them and checked on reading, since the format has none.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from core.initializers import Array

ASIDE = ".tmp"  # ends the name of a file that is not whole yet


class CheckpointError(ValueError):
    """The file cannot be used; the message says which and why."""


def sha256(array: Array) -> str:
    """The SHA-256 of the bytes of an array, in hexadecimal."""
    return hashlib.sha256(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data).hexdigest()


def digest(arrays: Mapping[str, Array], texts: Mapping[str, str]) -> str:
    """One SHA-256 over all arrays and texts."""
    rows = [[name, str(a.dtype), list(a.shape), sha256(a)] for name, a in sorted(arrays.items())]
    return hashlib.sha256(json.dumps([rows, sorted(texts.items())]).encode()).hexdigest()


def previous(path: Path) -> Path:
    """Where the checkpoint before this one is kept."""
    return path.with_name(f"{path.stem}.previous{path.suffix}")


def sync_folder(folder: Path) -> None:
    """Flushes renames in `folder` to the disk, where the system can (not on Windows)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def written(path: Path, before: Path | None = None) -> Iterator[Path]:
    """Where to write what will be `path`: flushed to the disk, then renamed. What `path` was is kept as `before`.

    So the file is old or new, never half, whenever the power fails; of a failure nothing is left over.
    """
    aside = path.with_name(path.name + ASIDE)
    try:
        yield aside
        with open(aside, "rb+") as file:
            os.fsync(file.fileno())
        if before and path.exists():
            before.unlink(missing_ok=True)
            try:
                os.link(path, before)  # a second name, so that `path` is at no moment missing
            except OSError:  # a file system without links
                os.replace(path, before)
        os.replace(aside, path)
    except BaseException:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def save(path: Path, arrays: Mapping[str, Array], texts: Mapping[str, str]) -> None:
    """Writes the arrays and texts to `path`, atomically; nothing large is copied in memory.

    Raises OSError when the disk is full or the folder not writable; the files from before are then untouched.
    """
    arrays = {name: np.ascontiguousarray(a, a.dtype.newbyteorder("=")).reshape(a.shape) for name, a in arrays.items()}
    with written(path, previous(path)) as aside:
        try:
            with open(aside, "wb") as file:
                mode = os.fstat(file.fileno()).st_mode & 0o777  # what the user's mask leaves of a new file
            save_file(arrays, aside, metadata={**texts, "sha256": digest(arrays, texts)})
            aside.chmod(mode)  # the library writes a file that nobody else may read
        except (OSError, SafetensorError) as error:
            raise OSError(f"cannot write {path}: {error}") from error


def load(path: Path) -> tuple[dict[str, Array], dict[str, str]]:
    """The arrays and texts of a checkpoint.

    Raises CheckpointError when the file is missing, cut off, changed in any bit, or not one of ours.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise CheckpointError(f"{path} is not a file")  # a pipe would wait for ever
    try:
        with safe_open(path, "np") as file:
            texts = dict(file.metadata() or {})
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (it is no dict)
    except (OSError, SafetensorError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise CheckpointError(f"{path} is not a whole checkpoint ({error})") from error
    if (stored := texts.pop("sha256", None)) is None:
        raise CheckpointError(f"{path} carries no SHA-256: it is not a Trivium checkpoint")
    if stored != digest(arrays, texts):
        raise CheckpointError(f"{path} was changed after it was written: its SHA-256 does not match")
    return arrays, texts
