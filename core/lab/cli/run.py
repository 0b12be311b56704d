"""`trivium run TASK`: a run with a display, its result, and on a signal the command that goes on."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.lab import Refusal, Stopped, free_name, printable, read_json
from core.lab.cli.flags import RunFlags, chosen_preset, parse, parse_run
from core.lab.paths import located
from core.lab.report.format import table
from core.lab.runs.folder import PAGE, SHOWN

if TYPE_CHECKING:
    from core.lab.runs.run import Run


def run(args: Sequence[str], paradigm: str | None = None) -> int:
    from core.lab.runs.former import check_flags
    from core.lab.runs.run import Setup, start
    from core.lab.runs.tasks import configure, find, preset

    if not args or args[0].startswith("-"):
        if args and args[0] in ("-h", "--help"):
            parse(RunFlags, ["--help"], "trivium run TASK", "The flags of every run; a task adds its own.")
        raise Refusal("name a task: trivium run TASK; `trivium list` shows them")
    task, rest, name = find(args[0], paradigm), args[1:], chosen_preset(args[1:])
    prog = f"python -m {paradigm} {args[0]}" if paradigm else f"trivium run {args[0]}"
    if task.ours:
        check_flags(task.name, rest, (field.name for field in fields(task.config)))
    config, flags = parse_run(configure(task, preset(task, name)), rest, prog, task.summary)
    values = located(task.config, vars(config))
    setup = Setup(task, configure(task, values), flags.seed, name, flags.data)
    out = flags.out or free_name(Path("runs") / task.name)
    return drive(lambda watch: start(setup, out, flags.force, watch, flags.save_every), out, setup, flags.json)


def drive(go: Callable[..., Run], folder: Path, setup: Any, as_json: bool) -> int:
    """Runs with a display, prints the result, or on a signal the command that goes on."""
    from core.lab.runs.progress import watching

    try:
        with watching(setup.task.name, as_json) as watch:
            run = go(watch)
    except Stopped as stop:
        task = ["--task", str(setup.task.module.__file__)] if setup.task.outside else []
        words = ["trivium", "resume", str(folder), *task, *(["--data", str(setup.data)] if setup.data else [])]
        print(f"stopped; all is saved. Go on with: {shlex.join(words)}", file=sys.stderr)
        return 128 + stop.signum
    return show_result(run, as_json)


def show_result(run: Run, as_json: bool) -> int:
    from core.lab.runs.page import SCORE_HEADER, score_row

    if no_film := read_json(run.folder / SHOWN).get("texts", {}).get("Film"):
        print(printable(no_film), file=sys.stderr)
    if as_json:
        print(json.dumps(run.result))
    else:
        table(SCORE_HEADER, [score_row(run.result)])
        print(f"page: {run.folder / PAGE}" if (run.folder / PAGE).exists() else f"folder: {run.folder}")
    return 0
