"""`trivium status DIR`: how far a study is."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.lab import Refusal
from core.lab.cli.flags import parse
from core.lab.study.folder import SPEC
from core.lab.study.status import clock, progress
from core.lab.terminal import one_line


@dataclass(frozen=True)
class StatusFlags:
    """How far a study is: done, failed, left, time to go. Also while it runs."""

    folder: Path  # the study's folder
    json: bool = False  # prints JSON


def status(args: Sequence[str]) -> int:
    """Prints how far the study in a folder is; returns the exit code."""
    flags = parse(StatusFlags, args, "trivium status")
    if not (flags.folder / SPEC).exists():
        raise Refusal(f"{flags.folder} holds no study: it has no {SPEC}")
    said = progress(flags.folder)
    if flags.json:
        print(json.dumps(said))
        return 0
    to_go = "unknown until a job is done" if said["seconds_to_go"] is None else clock(said["seconds_to_go"])
    words = "{done} of {jobs} done, {failed} failed, {left} left".format(**said)
    more = (
        f", {said['begun']} of them begun, time to go: {to_go} with {said['workers']} at once" if said["left"] else ""
    )
    print(words + more + ("; at work" if said["running"] else "; not at work"))
    for key, why in said["failures"].items():
        print(one_line(f"failed: {key}: {why}"))
    return 0
