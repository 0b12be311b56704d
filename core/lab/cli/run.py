"""`trivium run TASK`: a run with a display, its result, and on a signal the command that goes on."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.lab import Refusal, Stopped, printable
from core.lab.cli.flags import RunFlags, chosen_preset, parse, parse_run
from core.lab.paths import located
from core.lab.report.format import table
from core.lab.runs.folder import PAGE, new_folder, read_shown

FIVE = "digits", "digit_clusters", "digit_bandit", "text", "cartpole"  # tasks to begin with

if TYPE_CHECKING:
    from core.lab.runs.limit import Limit
    from core.lab.runs.run import Run


def run(args: Sequence[str], paradigm: str | None = None) -> int:
    from core.lab.runs.former import check_flags
    from core.lab.runs.imports import load
    from core.lab.runs.limit import Limit
    from core.lab.runs.origin import origin_of
    from core.lab.runs.run import start
    from core.lab.runs.setup import Setup
    from core.lab.runs.tasks import configure, find, preset

    if not args or args[0].startswith("-"):
        if args and args[0] in ("-h", "--help"):
            parse(RunFlags, ["--help"], "trivium run TASK", "The flags of every run; a task adds its own.")
        raise Refusal(f"name a task, such as {', '.join(FIVE)}: trivium run {FIVE[0]} --quick (trivium list shows all)")
    task, rest, name = find(args[0], paradigm), args[1:], chosen_preset(args[1:])
    prog = f"python -m {paradigm} {args[0]}" if paradigm else f"trivium run {args[0]}"
    if task.ours:
        check_flags(task.name, rest, (field.name for field in fields(task.config)))
    config, flags = parse_run(configure(task, preset(task, name)), rest, prog, task.about, task.presets)
    values, imports = located(task.config, vars(config)), load(flags.import_)
    limit, origin = Limit(flags.minutes), origin_of(flags.from_) if flags.from_ else None
    setup = Setup(task, configure(task, values), flags.seed, name, flags.data, imports, origin)
    out, made = flags.out or new_folder(Path("runs") / task.name), flags.out is None
    go = partial(start, setup, out, flags.force, save_every=flags.save_every, made=made)
    return drive(lambda watch: go(watch=watch), out, setup, flags.json, limit)


def drive(go: Callable[..., Run], folder: Path, setup: Any, as_json: bool, limit: Limit) -> int:
    """Runs with a display, prints the result, or on a signal and at the time limit the command that goes on."""
    from core.lab.runs.limit import EXIT
    from core.lab.runs.progress import watching

    try:
        with watching(setup.task.name, as_json) as watch:
            run = go(limit.on(watch))
    except Stopped as stop:
        task = ["--task", str(setup.task.module.__file__)] if setup.task.outside else []
        words = ["trivium", "resume", str(folder), *task, *(["--data", str(setup.data)] if setup.data else [])]
        words += [word for name in setup.imports for word in ("--import", name)]
        all_or_less = " in the midst of an update; all up to the last checkpoint" if stop.midway else "; all"
        why = "time limit reached" if limit.reached else "stopped"
        print(printable(f"{why}{all_or_less} is saved. Go on with: {shlex.join(words)}"), file=sys.stderr)
        return EXIT if limit.reached else 128 + stop.signum
    return show_result(run, as_json)


def show_result(run: Run, as_json: bool) -> int:
    from core.lab.runs.page import SCORE_HEADER, score_row

    result = run.result
    with suppress(Refusal):  # a page that is not there, or damaged, hides no result
        shown = read_shown(run.folder)
        notes = [f"not drawn: {name}: {why}" for name, why in shown.get("undrawn", {}).items()]
        if note := printable("\n".join([*notes, shown["texts"].get("Film", "")])).strip():
            print(note, file=sys.stderr)
    if as_json:
        print(json.dumps(result))
    else:
        table(SCORE_HEADER, [score_row(result)])
        print(f"page: {run.folder / PAGE}" if (run.folder / PAGE).exists() else f"folder: {run.folder}")
    return 0
