"""`trivium check TASK`: does a task keep the contract?"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.lab.cli.flags import Imports, parse
from core.lab.runs.check import outcomes
from core.lab.runs.imports import load
from core.lab.runs.tasks import find
from core.lab.terminal import one_line


@dataclass(frozen=True)
class CheckFlags:
    """Checks that a task keeps the contract (trivium explain adding-a-task); exit code 1 if it does not."""

    task: str  # the name of an installed task, or the path of a task file
    data: Path | None = None  # where data sets lie; else TRIVIUM_DATA, else a cache folder
    json: bool = False  # prints the outcomes as JSON and nothing else
    import_: Imports = ()  # a file or module to import first, which executes it; may be given several times


def check(args: Sequence[str]) -> int:
    """Checks a task; returns 0 if it keeps the contract, else 1."""
    flags = parse(CheckFlags, args, "trivium check")
    load(flags.import_)
    found = outcomes(find(flags.task), flags.data)
    if flags.json:
        print(json.dumps([{"outcome": o, "promise": p, "detail": d} for o, p, d in found]))
    for outcome, promise, detail in () if flags.json else found:
        print(f"{outcome:4}  " + one_line(f"{promise}: {detail}" if detail else promise))
    failed = sum(outcome == "FAIL" for outcome, _, _ in found)
    if failed and not flags.json:
        print(f"{failed} of {len(found)} promises are not kept", file=sys.stderr)
    return 1 if failed else 0
