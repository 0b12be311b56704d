"""The files of data sets deleted from the data folder: those that are known to the byte, and none but them."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.checkpoint import ASIDE
from core.lab.data import registry
from core.lab.data.download import File
from core.lab.errors import refusing
from core.lab.files import LOCK, lock
from core.lab.paths import default_root

PIECE = 1 << 20  # bytes that are read at once


@dataclass
class Held:
    """What lies in a data folder: the files of ours with their bytes, and what has such a name but is another."""

    root: Path
    files: dict[Path, int] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)


def held(name: str | None = None, root: Path | None = None) -> Held:
    """The files of a set, or of all sets, that lie in the data folder. Raises Refusal for a name that nobody has."""
    here = Held((root or default_root()).absolute())
    sets = [registry.lookup(name)[1]] if name else registry.known()
    for form in (form for known in sets for file in known.files for form in file.forms()):
        path = here.root / form.name
        half = path.with_name(path.name + ASIDE)  # what a process that was killed left of it
        if path.is_symlink() or path.exists():
            if why := _another(path, form, here.root):
                here.kept.append(f"{path}: {why}")
            else:
                here.files[path] = path.stat().st_size
        if half.is_file() and not _elsewhere(half, here.root):
            here.files[half] = half.stat().st_size
    return here


def delete(here: Held) -> None:
    """Deletes these files, and folders of theirs that are then empty. Raises Refusal where that cannot be."""
    with refusing(f"cannot delete in {here.root}", OSError):
        with lock(here.root):
            for path in here.files:
                path.unlink(missing_ok=True)
            for folder in sorted({path.parent for path in here.files} - {here.root}, reverse=True):
                with suppress(OSError):  # something else lies there
                    folder.rmdir()
        if [entry.name for entry in here.root.iterdir()] == [LOCK]:
            (here.root / LOCK).unlink()


def _another(path: Path, form: File, root: Path) -> str:
    """Why a file is not the one that we know; "" where it is."""
    if _elsewhere(path, root):
        return "it is a link, or lies behind one"
    if not path.is_file() or path.stat().st_size != form.size:
        return "it is not the known file"
    total = hashlib.sha256()
    with refusing(f"{path} cannot be read", OSError), open(path, "rb") as handle:
        while piece := handle.read(PIECE):
            total.update(piece)
    return "" if total.hexdigest() == form.sha256 else "it is not the known file"


def _elsewhere(path: Path, root: Path) -> bool:
    """Does a path below the root lead out of it, by a link or by its name?"""
    with suppress(ValueError):
        return path.resolve() != root.resolve() / path.relative_to(root)
    return True
