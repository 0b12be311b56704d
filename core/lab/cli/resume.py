"""The command `trivium resume`: goes on with a run that was stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.lab.runs.run import Run
from core.lab.cli.run import drive


@dataclass(frozen=True)
class ResumeFlags:
    """Goes on with a run that was stopped: trivium resume DIR."""

    folder: Path  # the run folder
    task: str | None = None  # the task's file, for a run whose task came as a file
    data: Path | None = None  # where data sets lie, if --data was given to the run
    save_every: float = 20.0  # seconds between checkpoints
    json: bool = False  # prints the result as JSON and nothing else


def opened(flags: Any) -> Run:
    from core.lab.runs.run import open_run
    from core.lab.runs.tasks import find

    return open_run(flags.folder, find(flags.task) if flags.task else None, flags.data)


def resume(args: Sequence[str]) -> int:
    from core.lab.cli.flags import parse
    from core.lab.runs.run import resume as go_on

    flags = parse(ResumeFlags, args, "trivium resume")
    run = opened(flags)
    return drive(lambda watch: go_on(run, watch, flags.save_every), run.folder, run.setup, flags.json)
