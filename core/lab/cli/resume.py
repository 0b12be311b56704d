"""`trivium resume DIR`: goes on with a run that was stopped, and with --updates N beyond the end of a finished one."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.lab import Refusal, check
from core.lab.cli.flags import SourceFlags, limits, parse
from core.lab.cli.run import drive


@dataclass(frozen=True)
class ResumeFlags(SourceFlags):
    """Goes on with a run that was stopped: trivium resume DIR. With --updates N beyond the end of one that finished."""

    save_every: float = 20.0  # seconds between checkpoints
    json: bool = False  # prints the result as JSON and nothing else
    minutes: float | None = None  # that it may take; then it stops, saved, with exit code 124, and `resume` goes on
    updates: int | None = None  # in all: goes on beyond the end of a finished run, step sizes as in so long a run
    timesteps: int | None = None  # the same, of a task that counts these
    passes: int | None = None  # the same
    rounds: int | None = None  # the same
    again: int | None = None  # the same

    def __post_init__(self) -> None:
        check(self, nonnegative=("save_every",), positive=limits(self))


def resume(args: Sequence[str]) -> int:
    from core.lab.runs.lengthen import LENGTHS, lengthen
    from core.lab.runs.limit import Limit
    from core.lab.runs.run import resume as go_on

    flags = parse(ResumeFlags, args, "trivium resume")
    limit, run = Limit(flags.minutes), flags.run()
    more = {name: n for name in LENGTHS if (n := getattr(flags, name)) is not None}
    if len(more) > 1:
        raise Refusal(f"a run is made longer by one of {', '.join(f'--{name}' for name in more)}, not by both")
    for name, n in more.items():
        run = lengthen(run, name, n)
    return drive(lambda watch: go_on(run, watch, flags.save_every), run.folder, run.setup, flags.json, limit)
