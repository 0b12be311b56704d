"""The run folders below a folder: what each is of, how far it is, how large; and one deleted, with nothing else."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.checkpoint import previous
from core.lab.errors import Refusal, refusing
from core.lab.files import LOCK, Locked, is_leftover, lock, read_json
from core.lab.report.pictures import KINDS
from core.lab.runs import folder as folders

PROGRESS = {"progress": float}
OURS = {
    *(folders.CONFIG, folders.LOG, folders.CHECKPOINT, previous(Path(folders.CHECKPOINT)).name, folders.RESULT),
    *(folders.PAGE, folders.PREDICTION, folders.SHOWN, folders.MODEL, LOCK),
    "clusters.csv",  # the rows of a table with their clusters
}


def found(root: Path) -> Iterator[Path]:
    """The run folders at and below `root`, in the order of their names. No link is followed."""
    if is_run(root):
        yield root
    for path, names, _ in os.walk(root):
        names.sort()
        yield from (one for name in names if is_run(one := Path(path, name)) and not one.is_symlink())


def is_run(folder: Path) -> bool:
    """Does a folder hold the configuration of a run?"""
    try:
        read_json(folder / folders.CONFIG, folders.CONFIG_FORM)
    except Refusal:
        return False
    return True


def described(folder: Path) -> dict[str, Any]:
    """A run folder's task, state, progress, score, bytes, and when it was last written to, in seconds since 1970."""
    config = read_json(folder / folders.CONFIG, folders.CONFIG_FORM)
    told = {"folder": str(folder), "task": config["task"], "seed": config["seed"], "state": "stopped"}
    told |= {"progress": 0.0, "score": None}
    with suppress(Refusal):
        told["progress"] = next((row["progress"] for row in reversed(folders.read_log(folder, form=PROGRESS))), 0.0)
    if (folder / folders.RESULT).exists():
        try:
            told |= {"state": "finished", "score": folders.read_result(folder, {"score": folders.SCORE_FORM})["score"]}
        except Refusal:
            told["state"] = "damaged"
    if is_locked(folder):
        told["state"] = "running"
    sizes, times = [0], [0.0]
    for entry in folder.rglob("*"):
        with suppress(FileNotFoundError):  # written anew, while the run goes on
            if entry.is_file() and not entry.is_symlink() and entry.name != LOCK:
                sizes.append(entry.stat().st_size)
                times.append(entry.stat().st_mtime)
    return told | {"bytes": sum(sizes), "changed": max(times)}


def is_locked(folder: Path) -> bool:
    """Is a process at work in the folder? It is looked at alone: nothing is written."""
    if not (folder / LOCK).exists():
        return False
    try:
        with lock(folder, needed=False):
            return False
    except Locked:
        return True


def age(changed: float, now: float | None = None) -> str:
    """'12 s', '5 min', '3 h', '8 days' since then."""
    seconds = max(0.0, (time.time() if now is None else now) - changed)
    for unit, length in (("s", 60), ("min", 60), ("h", 48)):
        if seconds < length:
            return f"{seconds:.0f} {unit}"
        seconds /= 60 if unit != "h" else 24
    return f"{seconds:.0f} days"


def check_deletable(folder: Path) -> None:
    """Raises Refusal unless this is a run folder where nobody is at work, and that holds nothing but its run."""
    if folder.is_symlink():
        raise Refusal(f"{folder} is a link: name the folder itself")
    read_json(folder / folders.CONFIG, folders.CONFIG_FORM)
    if is_locked(folder):
        raise Refusal(f"another process is at work in {folder}: it is not deleted")
    _check_own(folder)


def delete(folder: Path) -> None:
    """Removes a run folder, its configuration last: until then it is one. Raises Refusal as `check_deletable` does."""
    with refusing(f"cannot delete {folder}", OSError):
        with lock(folder):
            _check_own(folder)
            for entry in sorted(folder.iterdir(), key=lambda entry: (entry.name == folders.CONFIG, entry.name)):
                if entry.is_dir():
                    shutil.rmtree(entry)
                elif entry.name != LOCK:
                    entry.unlink()
        folders.remove_empty(folder)


def _check_own(folder: Path) -> None:
    if others := sorted(entry.name for entry in folder.iterdir() if not _is_ours(entry)):
        raise Refusal(f"{folder} also holds what is no part of a run, {', '.join(others)}: move it away first")


def _is_ours(entry: Path) -> bool:
    """Is this what a run writes: its own files, pictures and sounds, and folders of these alone?"""
    name = entry.name
    if entry.is_symlink():
        return False
    if entry.is_dir():
        return all(_is_medium(inner) for inner in entry.iterdir())
    earlier = name.startswith("result.") and name.endswith(".json")
    return _is_medium(entry) or name in OURS or earlier or is_leftover(name)


def _is_medium(entry: Path) -> bool:
    return entry.is_file() and not entry.is_symlink() and (entry.suffix in KINDS or is_leftover(entry.name))
