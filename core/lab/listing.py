"""`trivium list` and `trivium data`: which tasks there are, and which data sets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.lab.errors import Refusal


@dataclass(frozen=True)
class DataFlags:
    """The data sets: what they are, where they lie; with a name, fetches that one."""

    name: str | None = None  # the set to fetch; all are listed without
    data: Path | None = None  # where data sets lie; else TRIVIUM_DATA, else a cache folder


def tasks(args: Sequence[str]) -> int:
    from core.lab.tasks import describe, installed

    infos = [describe(name, module) for name, module in installed().items()]
    if args and args != ["--json"]:
        raise Refusal(f"trivium list takes no {args[0]!r} (only --json)")
    if args:
        print(json.dumps([vars(info) for info in infos]))
        return 0
    infos.sort(key=lambda info: (info.paradigm != "supervised", info.paradigm != "unsupervised", info.name))
    wide = [max((len(getattr(info, part)) for info in infos), default=0) for part in ("name", "paradigm", "problem")]
    for info in infos:
        needs = f" (needs: {info.needs})" if info.needs else ""
        print(f"{info.name:{wide[0]}}  {info.paradigm:{wide[1]}}  {info.problem:{wide[2]}}  {info.summary}{needs}")
    return 0


def data(args: Sequence[str]) -> int:
    from core.lab.datasets import fetch, table
    from core.lab.flags import parse

    named = args and not args[0].startswith("-")  # the name may stand alone: trivium data mnist
    flags = parse(DataFlags, ["--name", *args] if named else args, "trivium data")
    if flags.name:
        for path in fetch(flags.name, flags.data):
            print(path)
        return 0
    from core.lab.display import table as show

    rows = table(flags.data)
    show(list(rows[0]), [[str(cell) for cell in row.values()] for row in rows])
    return 0
