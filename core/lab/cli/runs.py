"""`trivium runs [FOLDER]`: the runs in a folder: of what, how far, how good, how large; and some of them deleted."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from core.lab import Refusal
from core.lab.cli.flags import parse
from core.lab.report.format import figure, size, table
from core.lab.runs.listing import age, check_deletable, delete, described, found
from core.lab.terminal import confirmed

HEADER = "folder", "task", "seed", "state", "score", "size", "age"


@dataclass(frozen=True)
class RunsFlags:
    """The runs in FOLDER and below it. With --delete those that are named are removed, after a question."""

    folder: Annotated[Path, tyro.conf.Positional] = Path("runs")  # where to look
    delete: tuple[Path, ...] = ()  # run folders to remove; nothing else is, and none where a process is at work
    yes: bool = False  # answers the question beforehand
    json: bool = False  # prints JSON and nothing else


def runs(args: Sequence[str]) -> int:
    """Prints the runs in a folder, or deletes those that are named; returns the exit code."""
    flags = parse(RunsFlags, args, "trivium runs")
    if flags.delete:
        return _delete(flags)
    if not flags.folder.is_dir() and flags.folder != Path("runs"):
        raise Refusal(f"there is no folder {flags.folder}")
    each = [described(folder) for folder in found(flags.folder)]
    if flags.json:
        print(json.dumps(each))
    elif each:
        table(HEADER, [_row(one) for one in each])
    else:
        print(f"no runs in {flags.folder}")
    return 0


def _row(one: dict[str, object]) -> list[str]:
    score = one["score"]
    said = f"{score['metric']} {figure(score['value'])}" if isinstance(score, dict) else "-"
    amount, changed = int(str(one["bytes"])), float(str(one["changed"]))
    state = f"{one['state']} at {one['progress']:.0%}" if one["state"] == "stopped" else str(one["state"])
    return [*(str(one[name]) for name in HEADER[:3]), state, said, size(amount), age(changed)]


def _delete(flags: RunsFlags) -> int:
    chosen = list({folder.absolute(): folder for folder in flags.delete}.values())
    for folder in chosen:
        check_deletable(folder)
    each = [described(folder) for folder in chosen]
    if not flags.json:
        table(HEADER, [_row(one) for one in each])
    runs = "this run" if len(each) == 1 else f"these {len(each)} runs"
    if not confirmed(f"Delete {runs}, {size(sum(one['bytes'] for one in each))}?", flags.yes):
        print("nothing was deleted")
        return 1
    for folder in chosen:
        delete(folder)
        if not flags.json:
            print(f"deleted {folder}")
    if flags.json:
        print(json.dumps(each))
    return 0
