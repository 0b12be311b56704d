"""Command-line flags out of dataclasses: fields are flags, the comment behind a field is its help (tyro)."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import io
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

import tyro

from core.lab import Refusal, check
from core.lab.cli.helptext import Presets, asked_for_help, dressed, wrapped
from core.lab.paths import user_path

if TYPE_CHECKING:
    from core.lab.runs.open import Run

T = TypeVar("T")
Imports = Annotated[tuple[str, ...], tyro.conf.arg(name="import"), tyro.conf.UseAppendAction]
Repeated = Annotated[tuple[str, ...], tyro.conf.UseAppendAction]  # --flag a --flag b
From = Annotated[Path | None, tyro.conf.arg(name="from")]
SEED, SEEDS, JOBS = (0, 2**63 - 1), (1, 10_000), (1, 1024)  # from, to: seeds, how many of them, processes at once


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
    from_: From = None  # a run whose weights it starts from: all, or the layers that fit
    minutes: float | None = None  # that it may take; then it stops, saved, with exit code 124, and `resume` goes on

    def __post_init__(self) -> None:
        check(self, span={"seed": SEED}, nonnegative=("save_every",), positive=limits(self))


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
        from core.lab.runs.open import open_run
        from core.lab.runs.tasks import find

        imports, task = load(self.import_), find(self.task) if self.task else None
        return open_run(self.folder, task, self.data, imports, self.places())

    def places(self) -> dict[str, str]:
        """Where files of the run lie now, by the field of the task that names them."""
        return {}


@dataclasses.dataclass(frozen=True)
class SourceFlags(OpenFlags):
    """The flags of a command that needs what the run learnt from."""

    _: dataclasses.KW_ONLY
    file: Path | None = None  # where the run's file lies now, if it was moved
    dir: Path | None = None  # where the run's folder of pictures or sounds lies now, if it was moved

    def places(self) -> dict[str, str]:
        return {name: str(path) for name in ("file", "dir") if (path := getattr(self, name))}


def limits(flags: Any) -> tuple[str, ...]:
    """The flag of a time limit, where one was given: it must be above 0."""
    return () if flags.minutes is None else ("minutes",)


def parse(kind: type[T], args: Sequence[str], prog: str, description: str = "", default: T | None = None) -> T:
    """The dataclass `kind` out of `args`. Raises Refusal with tyro's message on one line; --help prints and exits 0."""
    said, config = io.StringIO(), (tyro.conf.PositionalRequiredArgs,)
    if asked_for_help(args):
        print(wrapped(description or inspect.cleandoc(kind.__doc__ or "")), end="\n\n")  # which tyro would not wrap
        kind = kind if default else dressed(kind)
        description, config = " ", (*config, tyro.conf.FlagCreatePairsOff)  # type: ignore[assignment]
    try:
        with contextlib.redirect_stderr(said):
            options: dict[str, Any] = {"default": default, "config": config}
            about: dict[str, Any] = {"prog": prog, "description": description or None}
            return cast(T, at_home(tyro.cli(kind, args=gathered(kind, args), **about, **options)))
    except SystemExit as end:
        if not end.code:
            raise
        message = re.sub(r"^Error parsing \w+: ", "", _shorten(said.getvalue()))
        raise Refusal(f"{message} (see {prog} --help)") from None
    except ValueError as error:  # what a Config says of its own fields
        raise Refusal(f"{error} (see {prog} --help)") from None


def at_home(flags: Any) -> Any:
    """The flags, `~` in each of their paths being the home folder."""
    values = {field.name: getattr(flags, field.name) for field in dataclasses.fields(flags)}
    paths = {name: user_path(value) for name, value in values.items() if isinstance(value, Path)}
    within = {name: at_home(value) for name, value in values.items() if isinstance(value, RunFlags)}
    return dataclasses.replace(flags, **paths, **within)


def parse_run(
    config: Any, args: Sequence[str], prog: str, description: str, presets: Presets | None = None
) -> tuple[Any, RunFlags]:
    """A task's Config, with `config` as the defaults, and the common flags, mixed in one line of arguments."""
    own, common = ({field.name for field in dataclasses.fields(kind)} for kind in (config, RunFlags))
    if clash := own & common:
        raise Refusal(f"Config has fields that are flags of every run, rename them: {', '.join(sorted(clash))}")
    kinds, unnamed = (type(config), RunFlags), tyro.conf.arg(name="")
    if asked_for_help(args):
        kinds = dressed(type(config), presets), dressed(RunFlags)
        config = kinds[0](**{field.name: getattr(config, field.name) for field in dataclasses.fields(config)})
    parts = [(name, Annotated[kind, unnamed]) for name, kind in zip(("config", "options"), kinds, strict=True)]
    both = dataclasses.make_dataclass("Flags", parts)
    flags: Any = parse(both, args, prog, description, both(config, kinds[1]()))
    return flags.config, flags.options


def gathered(kind: Any, args: Sequence[str]) -> list[str]:
    """`args`, with the values of a list's flag that is given more than once at its first place, where argparse would
    keep the last: `--ignore id --ignore age` is `--ignore id age`. Of any other flag the last one counts.
    """
    groups: list[list[str]] = [[]]  # a flag and the words after it
    for word in args:
        groups += [[]] if word.startswith("--") else []
        groups[-1].append(word)
    lists, first = set(_lists(kind)), dict[str, list[str]]()
    names = [group[0].partition("=")[0].replace("_", "-") if group else "" for group in groups]
    for name, group in zip(names, groups, strict=True):
        if name in lists and names.count(name) > 1:
            group[:1] = [name, *group[0].split("=", 1)[1:]]
            if (kept := first.setdefault(name, group)) is not group:
                kept += group[1:]
                group.clear()
    return list(itertools.chain(*groups))


def _lists(kind: Any) -> Iterator[str]:
    """The flags of a dataclass, and of those in it, that take any number of values."""
    with contextlib.suppress(NameError, TypeError):  # an annotation that cannot be resolved: tyro says so
        for name, hint in get_type_hints(kind, include_extras=True).items():
            marks = getattr(hint, "__metadata__", ())
            if tyro.conf.UseAppendAction in marks:  # one value each time
                continue
            hint = get_args(hint)[0] if marks else hint
            each = [hint, *get_args(hint)]  # of `tuple[str, ...] | None` too
            if dataclasses.is_dataclass(hint):
                yield from _lists(hint)
            elif any(get_origin(t) in (list, set, frozenset) or get_args(t)[-1:] == (...,) for t in each):
                yield f"--{name.replace('_', '-')}"


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
    lines = [line.strip(" │") for line in box.splitlines() if line.strip()]
    if lines[1:] and not lines[1].strip("-"):  # a title over a rule: the box of a screen that has no corners
        lines = lines[2:]
    lines = [line for line in lines if line.strip("─-") and line[:1] not in "╭╰"]
    ends = ("Perhaps you meant", "For full helptext", "Argument helptext")
    message = list(itertools.takewhile(lambda line: not line.startswith(ends), lines))
    meant = [after.split()[0] for line, after in itertools.pairwise(lines) if line.startswith(ends[0])]
    return " ".join(message).rstrip(".") + (f"; did you mean {meant[0]}?" if meant else "")
