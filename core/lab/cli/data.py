"""`trivium data [NAME]`: the data sets, where they lie, and one of them fetched."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.lab.cli.flags import parse
from core.lab.data import registry
from core.lab.report.format import table


@dataclass(frozen=True)
class DataFlags:
    """The data sets: what they are, where they lie; with a name, fetches that one."""

    name: str | None = None  # the set to fetch; all are listed without
    data: Path | None = None  # where data sets lie; else TRIVIUM_DATA, else a cache folder


def data(args: Sequence[str]) -> int:
    named = args and not args[0].startswith("-")  # the name may stand alone: trivium data mnist
    flags = parse(DataFlags, ["--name", *args] if named else args, "trivium data")
    if flags.name:
        for path in registry.fetch(flags.name, flags.data):
            print(path)
        return 0
    rows = registry.table(flags.data)
    table(list(rows[0]), [[str(cell) for cell in row.values()] for row in rows])
    return 0
