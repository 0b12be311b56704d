"""Command-line flags out of dataclasses: fields are flags, the comment behind a field is its help (tyro)."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, cast

import tyro

from core.lab import Refusal

if TYPE_CHECKING:
    from core.lab.runs.run import Run

T = TypeVar("T")
Imports = Annotated[tuple[str, ...], tyro.conf.arg(name="import"), tyro.conf.UseAppendAction]


@dataclasses.dataclass(frozen=True)
class RunFlags:
    """The flags that every run has beside the fields of its task."""

    seed: int = 0  # of every random choice; the same seed gives the same bytes
    out: Path | None = None  # the run folder; runs/TASK-1, -2, ... if none is named
    preset: Literal["quick", "default", "best"] = "default"  # best is what published figures use
    quick: bool = False  # short for --preset quick: well under a minute
    data: Path | None = None  # where data sets lie; else TRIVIUM_DATA, else a cache folder
    force: bool = False  # moves aside what the folder holds already
    save_every: float = 20.0  # seconds between checkpoints
    json: bool = False  # prints the result as JSON and nothing else
    import_: Imports = ()  # a file or module to import first, which executes it; may be given several times


@dataclasses.dataclass(frozen=True)
class OpenFlags:
    """The flags of every command on a run that is there."""

    folder: Path  # the run folder
    _: dataclasses.KW_ONLY
    task: str | None = None  # the task's file, for a run whose task came as a file
    data: Path | None = None  # where data sets lie, if --data was given to the run
    import_: Imports = ()  # a file or module to import first, which executes it; may be given several times

    def run(self) -> Run:
        """The run, opened. Raises Refusal where there is none, or its task is another."""
        from core.lab.runs.imports import load
        from core.lab.runs.run import open_run
        from core.lab.runs.tasks import find

        imports = load(self.import_)
        return open_run(self.folder, find(self.task) if self.task else None, self.data, imports)


def parse(kind: type[T], args: Sequence[str], prog: str, description: str = "", default: T | None = None) -> T:
    """The dataclass `kind` out of `args`. Raises Refusal with tyro's message on one line; --help prints and exits 0."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            options: Any = {"default": default, "config": (tyro.conf.PositionalRequiredArgs,)}
            return cast(T, tyro.cli(kind, args=list(args), prog=prog, description=description or None, **options))
    except SystemExit as end:
        if not end.code:
            raise
        raise Refusal(f"{_shorten(said.getvalue())} (see {prog} --help)") from None
    except ValueError as error:  # what a Config says of its own fields
        raise Refusal(f"{error} (see {prog} --help)") from None


def parse_run(config: Any, args: Sequence[str], prog: str, description: str) -> tuple[Any, RunFlags]:
    """A task's Config, with `config` as the defaults, and the common flags, mixed in one line of arguments."""
    own, common = ({field.name for field in dataclasses.fields(kind)} for kind in (config, RunFlags))
    if clash := own & common:
        raise Refusal(f"Config has fields that are flags of every run, rename them: {', '.join(sorted(clash))}")
    unnamed = tyro.conf.arg(name="")
    parts = [("config", Annotated[type(config), unnamed]), ("options", Annotated[RunFlags, unnamed])]
    both = dataclasses.make_dataclass("Flags", parts)
    flags: Any = parse(both, args, prog, description, both(config, RunFlags()))
    return flags.config, flags.options


def chosen_preset(args: Sequence[str]) -> str:
    """The preset named in `args`, found before the rest is parsed since it sets the defaults of the other flags."""
    for word, after in itertools.zip_longest(args, args[1:]):
        if word == "--quick":
            return "quick"
        if word == "--preset" and after is not None:
            return after
        if word.startswith("--preset="):
            return word.partition("=")[2]
    return "default"


def _shorten(box: str) -> str:
    """The message in tyro's box, on one line: what stands before its first rule, and the flag it suggests."""
    lines = [line.strip(" │") for line in box.splitlines() if line.strip(" │─") and line[:1] not in "╭╰"]
    ends = ("Perhaps you meant", "For full helptext", "Argument helptext")
    message = list(itertools.takewhile(lambda line: not line.startswith(ends), lines))
    meant = [after.split()[0] for line, after in itertools.pairwise(lines) if line.startswith(ends[0])]
    return " ".join(message).rstrip(".") + (f"; did you mean {meant[0]}?" if meant else "")
