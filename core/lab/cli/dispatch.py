"""The command `trivium`. Each command imports what it needs when it runs, so that help and list come at once."""

import ast
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path

from core.lab.environment import check_memory
from core.lab.errors import Refusal, Stopped, nearest, refusing
from core.lab.interrupt import interruptible
from core.lab.plugins import only, plugins
from core.lab.terminal import on_screen, one_line

SHORT = """\
usage: trivium COMMAND ...

One NumPy network, three ways to learn: labels, the data itself, reward.

Begin with:
  demo                  watch all three learn, in about a minute
  list [WORD]           the tasks, how long they take, what data they need
  run TASK              train the network of a task: trivium run digits --quick
  predict DIR FILE ...  ask a trained network about your own files
  compare PROBLEM       three teachers on one problem: trivium compare digits

Then:
  a run       resume, eval, export, generate, inspect, runs{others}
  many runs   study, status, results
  your own    new, check, data
  in words    explain WORD: a task, a term, a figure, a page

trivium help tells what each command does, trivium help COMMAND all of one.
"""
HELP = """\
usage: trivium COMMAND ...

  demo                  trains a classifier, a clusterer, a text generator and a
                        cart-pole agent while you watch
  list [WORD]           the installed tasks, or those that speak of a word
  explain WORD          what a task, a term, a figure or a page says
  run TASK              runs a task by its name or from its file;
                        trivium run TASK --help shows its flags
  resume DIR            continues a run that was stopped; --updates N goes on
                        beyond the end of a finished one
  eval DIR              evaluates the best weights on the test part again
  predict DIR FILE ...  predicts for each example in files and folders
  export DIR FILE       writes the network as .onnx, .safetensors (PyTorch) or
                        .py (NumPy alone)
  generate DIR          writes a text: trivium generate DIR --prompt "Once upon"
  compare PROBLEM|all   compares the three teachers on one problem, or on all;
                        or finished runs: trivium compare DIR DIR
  study SPEC            runs tasks x settings x seeds, here or on a cluster
  status DIR            how far a study is
  runs [FOLDER]         lists runs: of what, how far, how good, how large;
                        --delete removes some
  results [run|docs]    lists the records that documents quote; measures them
                        again, writes them into the documents
  inspect FILE          where a checkpoint comes from, without running anything
  check TASK            checks that a task keeps the contract
  new PARADIGM NAME     writes a task of your own, and its test
  data [NAME]           lists the data sets and where they lie, or fetches one;
                        --clear removes them
  completion SHELL      prints what bash or zsh completes the command with
{others}
trivium help COMMAND explains a command. Exit codes: 0, 1 a check failed,
2 refused, 124 time was up, 130 stopped.
"""

# The command NAME is the function of that name in core.lab.cli.NAME, which is imported when it runs.
COMMANDS = (
    "demo",
    "list",
    "run",
    "resume",
    "eval",
    "predict",
    "export",
    "generate",
    "compare",
    "study",
    "status",
    "runs",
    "results",
    "inspect",
    "check",
    "new",
    "data",
    "explain",
    "completion",
)
FUNCTIONS = {"list": "tasks", "eval": "evaluate"}  # the two that have another name, since these words are taken
GROUP = "trivium.commands"  # the entry points through which other packages add a command: NAME = "module:function"


def others() -> dict[str, list[EntryPoint]]:
    """The commands of other packages; none takes the name of one of ours."""
    return {name: points for name, points in plugins(GROUP).items() if name not in COMMANDS}


def described() -> Iterator[tuple[str, str]]:
    """Each of them with the first line of its module, which is read, not imported."""
    for name, points in others().items():
        try:
            module = only("command", name, points).module
            source = Path(str(getattr(find_spec(module), "origin", ""))).read_text("utf-8")
            line = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
            usage, _, about = line.removeprefix("`trivium ").partition("`: ")
            yield (usage, about) if about else (name, line)
        except Exception as error:  # to find a module runs the package that it is in
            yield name, one_line(f"cannot be used: {error}")


def command(name: str) -> Callable[[Sequence[str]], int]:
    """The function of a command. Raises Refusal for a name that no package has."""
    if name in COMMANDS:
        return getattr(import_module(f"core.lab.cli.{name}"), FUNCTIONS.get(name, name))
    found = others()
    if name not in found:
        raise Refusal(f"there is no command {name!r}{nearest(name, [*COMMANDS, *found])} (trivium help shows all)")
    point = only("command", name, found[name])
    with refusing(f"the command {name} ({point.value}) of the package that brought it cannot be loaded", Exception):
        return point.load()


def dispatch(args: Sequence[str], paradigm: str | None) -> int:
    if paradigm:
        check_memory()
        from core.lab.cli.run import run

        return run(args, paradigm)
    if not args:
        print(SHORT.format(others="".join(f", {name}" for name in others())), end="")
        return 0
    if args[0] in ("-h", "--help") or [*args] in (["help"], ["help", "help"], ["help", "--help"]):
        from textwrap import fill

        rows = [fill(f"  {name:20}  {line}", 80, subsequent_indent=24 * " ") for name, line in described()]
        print(HELP.format(others="".join(f"{row}\n" for row in rows)), end="")
        return 0
    if args[0] == "help":
        return dispatch([*args[1:], "--help"], None)
    if args[0] in ("-V", "--version"):
        from importlib.metadata import version

        print(version("trivium"))
        return 0
    check_memory()
    return command(args[0])(args[1:])


def main(args: Sequence[str] | None = None, paradigm: str | None = None) -> int:
    """Runs one command and returns its exit code.

    0, 1 (a check failed), 2 (refused), 124 (time was up), 130 or 143 (stopped).
    """
    with interruptible(), on_screen():
        return _code(args, paradigm)


def _code(args: Sequence[str] | None, paradigm: str | None) -> int:
    try:
        words = sys.argv[1:] if args is None else args
        check_words(words)
        code = dispatch(words, paradigm)
        sys.stdout.flush()
        return code
    except Refusal as refusal:
        return _refused(str(refusal))
    except Stopped as stop:
        print("stopped", file=sys.stderr)
        return 128 + stop.signum
    except BrokenPipeError:  # the reader of our output went away
        return _silenced(1)
    except MemoryError:
        return _refused("there is not enough memory for this: try a smaller network or batch")
    except Exception as error:
        if os.environ.get("TRIVIUM_DEBUG"):
            raise
        if isinstance(error, OSError) and error.strerror:  # a name that is too long, a disk that is full
            code = _refused(f"{error.filename or 'the output'}: {error.strerror}")
            return code if error.filename else _silenced(code)
        import traceback

        frame = traceback.extract_tb(error.__traceback__)[-1]
        at = f"{Path(frame.filename).name}:{frame.lineno}; TRIVIUM_DEBUG=1 shows the whole way there"
        return _refused(f"{type(error).__name__}: {error} ({at})")


def check_words(words: Sequence[str]) -> None:
    """Raises Refusal for a word that no file and no screen can hold, and where the current folder is none."""
    for word in words:
        if not _is_text(word):
            raise Refusal(f"{word[:80]!a} holds bytes that are no UTF-8, or a null: give it another name")
    with refusing("the current folder is gone: go to another", OSError):
        if not _is_text(here := os.getcwd()):
            raise Refusal(f"the name of the current folder, {here!a}, holds bytes that are no UTF-8: go to another")


def _is_text(word: str) -> bool:
    with suppress(UnicodeEncodeError):
        return "\0" not in word and bool(word.encode() or True)
    return False


def _silenced(code: int) -> int:
    """`code`; what is left to be written to stdout goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _refused(message: str) -> int:
    print("error: " + one_line(message), file=sys.stderr)
    return 2
