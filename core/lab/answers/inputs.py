"""The files that a person names: files, folders with all that is below them, and standard input, `-`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.lab.answers.examples import kind
from core.lab.errors import Refusal
from core.lab.files import entries
from core.lab.paths import user_path

MOST = 1_000_000  # files below a folder
NAMED = 3  # files left out that are named
STDIN = Path("-")


def files(named: Sequence[Path], kinds: Sequence[str]) -> tuple[list[Path], list[str]]:
    """The files meant, and a line for each folder with files of no kind among `kinds`, which are left out.

    A folder stands for the files below it, sorted; hidden ones, and what file managers leave behind, are skipped. A
    file that is named is meant, whatever its kind. Raises Refusal for a folder without any file of these kinds.
    """
    found, told = list[Path](), list[str]()
    for path in map(user_path, named):
        if path == STDIN or not path.is_dir():
            found.append(path)
            continue
        below = list(_below(path))
        good = [file for file in below if kind(file) in kinds]
        if not good:
            raise Refusal(f"{path} holds no file that is read here: {', '.join(kinds)}")
        found += good
        if others := [file.name for file in below if kind(file) not in kinds]:
            are = "1 file of another kind is" if len(others) == 1 else f"{len(others):,} files of other kinds are"
            more = ", ..." if len(others) > NAMED else ""
            told.append(f"{path}: {are} left out: {', '.join(others[:NAMED])}{more}")
    return found, told


def check_named(path: Path) -> None:
    """Raises Refusal for a name with a wildcard that no shell has expanded."""
    if set("*?[") & set(path.name) and not os.path.lexists(path):
        how = "a shell does that outside quotes, where something matches; or name the folder"
        raise Refusal(f"{path} is no file, but a pattern that was not expanded: {how}")


def _below(folder: Path) -> Iterator[Path]:
    """All files below a folder, those of each folder sorted by name; links to folders are not followed."""
    stack, count = [folder], 0
    while stack:
        here = entries(stack.pop())
        stack += [entry for entry in reversed(here) if entry.is_dir() and not entry.is_symlink()]
        for entry in here:
            if entry.is_file():
                if (count := count + 1) > MOST:
                    raise Refusal(f"{folder} holds more than {MOST:,} files; name folders within it")
                yield entry
