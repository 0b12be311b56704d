"""`trivium data [NAME]`: the data sets, where they lie, and one of them fetched, or deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from core.lab import Refusal
from core.lab.cli.flags import parse
from core.lab.data import clear, registry
from core.lab.report.format import size, table
from core.lab.terminal import confirmed


@dataclass(frozen=True)
class DataFlags:
    """The data sets: what they are, where they lie; with a name, fetches that one."""

    name: Annotated[str | None, tyro.conf.Positional] = None  # the set to fetch, or to clear; all without
    data: Path | None = None  # where data sets lie; else TRIVIUM_DATA, else a cache folder
    clear: bool = False  # deletes the files of the set, or of all; only those that are as we know them
    yes: bool = False  # answers the question beforehand

    def __post_init__(self) -> None:
        if self.yes and not self.clear:
            raise ValueError("--yes answers the question of --clear")


def data(args: Sequence[str]) -> int:
    flags = parse(DataFlags, args, "trivium data")
    if flags.clear:
        return _clear(flags)
    if flags.name:
        for path in registry.fetch(flags.name, flags.data):
            print(path)
        return 0
    rows = registry.table(flags.data)
    table(list(rows[0]), [[str(cell) for cell in row.values()] for row in rows])
    return 0


def _clear(flags: DataFlags) -> int:
    here = clear.held(flags.name, flags.data)
    if flags.name and registry.lookup(flags.name)[1].files == ():
        raise Refusal(f"{flags.name} comes with a library: there are no files of it to delete")
    for kept in here.kept:
        print(f"left as it is: {kept}")
    if not here.files:
        print("there is nothing to delete")
        return 0
    table(("file", "size"), [(str(path), size(amount)) for path, amount in here.files.items()])
    total = size(sum(here.files.values()))
    if not confirmed(f"Delete {len(here.files)} files in {here.root}, {total}?", flags.yes):
        print("nothing was deleted")
        return 1
    clear.delete(here)
    print(f"deleted {total}")
    return 0
