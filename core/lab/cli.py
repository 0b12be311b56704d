"""The command `trivium`. Each command imports what it needs when it runs, so that help and list come at once."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.lab.run import Run

HELP = """\
usage: trivium COMMAND ...

One NumPy network, three ways to learn: from labels, from the data itself, from reward.

  demo                      a classifier, a clusterer, a text generator and a cart-pole agent learn before your eyes
  list                      the tasks that are installed
  run TASK [flags]          runs a task, or the task in a file; trivium run TASK --help shows its flags
  resume DIR                goes on with a run that was stopped
  eval DIR                  evaluates the best weights of a run again
  predict DIR FILE          what a run's network says of the examples in a file
  generate DIR              a run's network writes: trivium generate DIR --prompt "Once upon"
  speak DIR                 a run's network says words, as wav files: trivium speak DIR --word seven
  play GAME DIR             you play against a run's network: trivium play connect_four DIR
  compare PROBLEM | all     one problem or all nine cells: a label, nothing, a reward; or finished runs: compare DIR DIR
  study SPEC                tasks x settings x seeds, on this machine or on a cluster
  status DIR                how far a study is
  results [run|docs]        the figures that documents quote: measured again, written into them
  inspect FILE              where a checkpoint comes from; nothing in it is run
  check TASK                does a task keep the contract?
  new PARADIGM NAME         writes a task of your own, and its test
  data [NAME]               the data sets, and where they lie; fetches one

  COMMAND --help            says more
"""


@dataclass(frozen=True)
class ResumeFlags:
    """Goes on with a run that was stopped: trivium resume DIR."""

    folder: Path  # the run folder
    task: str | None = None  # the task's file, for a run whose task came as a file
    data: Path | None = None  # where data sets lie, if --data was given to the run
    save_every: float = 20.0  # seconds between checkpoints
    json: bool = False  # prints the result as JSON and nothing else


@dataclass(frozen=True)
class EvalFlags:
    """Evaluates the best weights of a run again, on the test part."""

    folder: Path  # the run folder
    task: str | None = None  # the task's file, for a run whose task came as a file
    data: Path | None = None  # where data sets lie, if --data was given to the run
    json: bool = False  # prints the figures as JSON and nothing else


@dataclass(frozen=True)
class PredictFlags:
    """What a run's network says of each example in FILE (.npy, .csv, .wav, a picture, or .txt for text)."""

    folder: Path  # the run folder
    file: Path  # the examples, one a row, in the units that the task trains on
    task: str | None = None  # the task's file, for a run whose task came as a file
    data: Path | None = None  # where data sets lie, if --data was given to the run
    json: bool = False  # prints JSON


def _run(args: Sequence[str], paradigm: str | None = None) -> int:
    from core.lab.errors import Refusal
    from core.lab.flags import RunFlags, chosen_preset, parse, parse_run
    from core.lab.folder import free_name
    from core.lab.run import Setup, start
    from core.lab.tasks import configure, find, preset

    if not args or args[0].startswith("-"):
        if args and args[0] in ("-h", "--help"):
            parse(RunFlags, ["--help"], "trivium run TASK", "The flags of every run; a task adds its own.")
        raise Refusal("name a task: trivium run TASK; `trivium list` shows them")
    task, rest = find(args[0], paradigm), args[1:]
    name = chosen_preset(rest)
    prog = f"python -m {paradigm} {args[0]}" if paradigm else f"trivium run {args[0]}"
    config, flags = parse_run(configure(task, preset(task, name)), rest, prog, task.summary)
    if flags.seed < 0 or not flags.save_every >= 0:
        raise Refusal("--seed and --save-every must not be negative")
    setup = Setup(task, configure(task, vars(config)), flags.seed, name, flags.data)
    out = flags.out or free_name(Path("runs") / task.name)
    return _drive(lambda watch: start(setup, out, flags.force, watch, flags.save_every), out, setup, flags.json)


def _drive(go: Callable[..., Run], folder: Path, setup: Any, as_json: bool) -> int:
    """Runs with a display, prints the result, or on a signal the command that goes on."""
    from core.lab.display import watching
    from core.lab.errors import Stopped

    try:
        with watching(setup.task.name, as_json) as watch:
            run = go(watch)
    except Stopped as stop:
        words = ["trivium", "resume", str(folder)]
        words += ["--task", str(setup.task.module.__file__)] if setup.task.outside else []
        words += ["--data", str(setup.data)] if setup.data else []
        print(f"stopped; all is saved. Go on with: {shlex.join(words)}", file=sys.stderr)
        return 128 + stop.signum
    return _show(run, as_json)


def _show(run: Run, as_json: bool) -> int:
    from core.lab.display import table
    from core.lab.folder import PAGE, SHOWN, read_json
    from core.lab.report import SCORE_HEADER, score_row

    if no_film := read_json(run.folder / SHOWN).get("texts", {}).get("Film"):
        print(no_film, file=sys.stderr)
    if as_json:
        print(json.dumps(run.result, ensure_ascii=False))
    else:
        table(SCORE_HEADER, [score_row(run.result)])
        print(f"page: {run.folder / PAGE}" if (run.folder / PAGE).exists() else f"folder: {run.folder}")
    return 0


def _opened(flags: Any) -> Run:
    from core.lab.run import open_run
    from core.lab.tasks import find

    return open_run(flags.folder, find(flags.task) if flags.task else None, flags.data)


def _resume(args: Sequence[str]) -> int:
    from core.lab.flags import parse
    from core.lab.run import resume

    flags = parse(ResumeFlags, args, "trivium resume")
    run = _opened(flags)
    return _drive(lambda watch: resume(run, watch, flags.save_every), run.folder, run.setup, flags.json)


def _eval(args: Sequence[str]) -> int:
    from core.lab.display import figure, table
    from core.lab.flags import parse

    flags = parse(EvalFlags, args, "trivium eval")
    report = _opened(flags).evaluate()
    if flags.json:
        print(json.dumps({"metrics": report.metrics, "score": report.score(), "baselines": report.baselines}))
    else:
        table(
            ("figure", "value"),
            [
                (name, figure(value))
                for name, value in (
                    *report.metrics.items(),
                    *((f"baseline: {n}", v) for n, v in report.baselines.items()),
                )
            ],
        )
    return 0


def _predict(args: Sequence[str]) -> int:
    from core.lab.errors import Refusal
    from core.lab.examples import read_examples
    from core.lab.flags import parse
    from core.lab.text import printable

    flags = parse(PredictFlags, args, "trivium predict")
    run = _opened(flags)
    try:
        said = run.predict(read_examples(flags.file, getattr(run.learner, "reads", ())))
    except (ValueError, TypeError) as error:
        raise Refusal(f"{flags.file} does not fit this network: {error}") from error
    if isinstance(said, str):
        print(json.dumps(said) if flags.json else printable(said))
    else:
        print(json.dumps(said.tolist()) if flags.json else "\n".join(map(str, said.tolist())))
    return 0


def _of(module: str, name: str) -> Callable[[Sequence[str]], int]:
    """The command `name` of a module that is imported when it runs."""

    def command(args: Sequence[str]) -> int:
        from importlib import import_module

        code: int = getattr(import_module(module), name)(args)
        return code

    return command


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "demo": _of("core.lab.demo", "demo"),
    "list": _of("core.lab.listing", "tasks"),
    "run": _run,
    "resume": _resume,
    "eval": _eval,
    "predict": _predict,
    "generate": _of("core.lab.generate", "generate"),
    "speak": _of("core.lab.speak", "speak"),
    "play": _of("reinforcement.play", "play"),
    "compare": _of("core.lab.compare", "compare"),
    "study": _of("core.lab.study", "study"),
    "status": _of("core.lab.study_status", "status"),
    "results": _of("core.lab.results", "results"),
    "inspect": _of("core.lab.inspect", "inspect"),
    "check": _of("core.lab.check", "check"),
    "new": _of("core.lab.scaffold", "new"),
    "data": _of("core.lab.listing", "data"),
}


def dispatch(args: Sequence[str], paradigm: str | None) -> int:
    from core.lab.errors import Refusal
    from core.lab.guard import check_packages
    from core.lab.tasks import nearest

    check_packages()
    if paradigm:
        return _run(args, paradigm)
    if not args or args[0] in ("-h", "--help", "help"):
        print(HELP, end="")
        return 0
    if args[0] == "--version":
        from importlib.metadata import version

        print(version("trivium"))
        return 0
    if args[0] not in COMMANDS:
        raise Refusal(f"there is no command {args[0]!r}{nearest(args[0], COMMANDS)}")
    return COMMANDS[args[0]](args[1:])


def main(args: Sequence[str] | None = None, paradigm: str | None = None) -> int:
    """Runs one command and returns its exit code: 0, 1 (a check failed), 2 (refused), 130 or 143 (stopped)."""
    try:
        from core.lab.errors import Refusal, Stopped
        from core.lab.text import printable
    except KeyboardInterrupt:
        return 130
    try:
        return dispatch(sys.argv[1:] if args is None else args, paradigm)
    except Refusal as refusal:
        return _refused(printable(str(refusal)))
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except Stopped as stop:
        print("stopped", file=sys.stderr)
        return 128 + stop.signum
    except BrokenPipeError:  # the reader of our output went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except MemoryError:
        return _refused("there is not enough memory for this: try a smaller network or batch")
    except Exception as error:
        if os.environ.get("TRIVIUM_DEBUG"):
            raise
        import traceback

        frame = traceback.extract_tb(error.__traceback__)[-1]
        return _refused(
            printable(
                f"{type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno}; "
                "TRIVIUM_DEBUG=1 shows the whole way there)"
            )
        )


def _refused(message: str) -> int:
    print("error: " + " ".join(message.split()), file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
