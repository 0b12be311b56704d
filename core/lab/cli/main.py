"""The command `trivium`. Each command imports what it needs when it runs, so that help and list come at once."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

from core.lab.errors import Refusal, Stopped, nearest
from core.lab.terminal import printable

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
  compare PROBLEM | all     one problem or all nine cells: a label, nothing, a reward; or finished runs: compare DIR DIR
  study SPEC                tasks x settings x seeds, on this machine or on a cluster
  status DIR                how far a study is
  results [run|docs]        the figures that documents quote: measured again, written into them
  inspect FILE              where a checkpoint comes from; nothing in it is run
  check TASK                does a task keep the contract?
  new PARADIGM NAME         writes a task of your own, and its test
  data [NAME]               the data sets, and where they lie; fetches one
{others}
  COMMAND --help            says more
"""


COMMANDS = {  # the function of each; its module is imported when it runs
    "demo": "core.lab.cli.demo:demo",
    "list": "core.lab.cli.list:tasks",
    "run": "core.lab.cli.run:run",
    "resume": "core.lab.cli.resume:resume",
    "eval": "core.lab.cli.eval:evaluate",
    "predict": "core.lab.cli.predict:predict",
    "generate": "core.lab.cli.generate:generate",
    "compare": "core.lab.cli.compare:compare",
    "study": "core.lab.cli.study:study",
    "status": "core.lab.cli.status:status",
    "results": "core.lab.cli.results:results",
    "inspect": "core.lab.cli.inspect:inspect",
    "check": "core.lab.cli.check:check",
    "new": "core.lab.cli.new:new",
    "data": "core.lab.cli.data:data",
}
GROUP = "trivium.commands"  # the entry points through which other packages add a command: NAME = "module:function"


def others() -> dict[str, EntryPoint]:
    """The commands of other packages; none takes the name of one of ours."""
    return {point.name: point for point in entry_points(group=GROUP) if point.name not in COMMANDS}


def described() -> Iterator[tuple[str, str]]:
    """Each of them with the first line of its module, which is read, not imported."""
    for name, point in sorted(others().items()):
        try:
            source = Path(str(getattr(find_spec(point.module), "origin", ""))).read_text("utf-8")
            line = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
            usage, _, about = line.removeprefix("`trivium ").partition("`: ")
            yield (usage, about) if about else (name, line)
        except (ImportError, OSError, SyntaxError, ValueError) as error:
            yield name, f"cannot be read: {error}"


def command(name: str) -> Callable[[Sequence[str]], int]:
    """The function of a command. Raises Refusal for a name that no package has."""
    if name in COMMANDS:
        return EntryPoint(name, COMMANDS[name], GROUP).load()  # type: ignore[no-any-return]
    found = others()
    if name not in found:
        raise Refusal(f"there is no command {name!r}{nearest(name, [*COMMANDS, *found])}")
    try:
        return found[name].load()  # type: ignore[no-any-return]
    except (ImportError, AttributeError) as error:
        raise Refusal(f"the command {name} of the package that brought it cannot be loaded: {error}") from error


def dispatch(args: Sequence[str], paradigm: str | None) -> int:
    if paradigm:
        from core.lab.cli.run import run

        return run(args, paradigm)
    if not args or args[0] in ("-h", "--help", "help"):
        print(HELP.format(others="".join(f"  {name:24}  {line}\n" for name, line in described())), end="")
        return 0
    if args[0] == "--version":
        from importlib.metadata import version

        print(version("trivium"))
        return 0
    return command(args[0])(args[1:])


def main(args: Sequence[str] | None = None, paradigm: str | None = None) -> int:
    """Runs one command and returns its exit code: 0, 1 (a check failed), 2 (refused), 130 or 143 (stopped)."""
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
