"""`trivium resume DIR`: goes on with a run that was stopped."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.lab import check
from core.lab.cli.flags import DataFlags, parse
from core.lab.cli.run import drive


@dataclass(frozen=True)
class ResumeFlags(DataFlags):
    """Goes on with a run that was stopped: trivium resume DIR."""

    save_every: float = 20.0  # seconds between checkpoints
    json: bool = False  # prints the result as JSON and nothing else

    def __post_init__(self) -> None:
        check(self, nonnegative=("save_every",))


def resume(args: Sequence[str]) -> int:
    from core.lab.runs.run import resume as go_on

    flags = parse(ResumeFlags, args, "trivium resume")
    run = flags.run()
    return drive(lambda watch: go_on(run, watch, flags.save_every), run.folder, run.setup, flags.json)
