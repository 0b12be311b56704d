"""`trivium completion`: what bash or zsh needs to complete the command: eval "$(trivium completion bash)"."""

import contextlib
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.lab import Refusal
from core.lab.cli.dispatch import COMMANDS, command, others
from core.lab.report.documents import glossary, pages
from core.lab.runs.tasks import PARADIGMS, describe_all

USAGE = 'eval "$(trivium completion bash)" in ~/.bashrc, or eval "$(trivium completion zsh)" in ~/.zshrc'
BASH = """\
_trivium() {
    local word="${COMP_WORDS[COMP_CWORD]}" IFS=$'\\n'
    COMPREPLY=($(compgen -W "$(trivium completion words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "$word"))
}
complete -o default -F _trivium trivium
"""
SCRIPTS = {"bash": BASH, "zsh": "autoload -Uz compinit bashcompinit && compinit && bashcompinit\n" + BASH}
OF_RUNS = ("resume", "eval", "predict", "export", "generate", "inspect", "status", "compare", "speak")


def completion(args: Sequence[str]) -> int:
    if args[:1] == ["words"]:
        print(*words(args[1:]), sep="\n")
        return 0
    if len(args) != 1 or args[0] not in SCRIPTS:
        raise Refusal(f"name bash or zsh: {USAGE}")
    print(SCRIPTS[args[0]], end="")
    return 0


def words(typed: Sequence[str]) -> Iterator[str]:
    """What the last of the words after `trivium` may become."""
    *before, last = typed or [""]
    if not before or (before == ["help"]):
        yield from (*COMMANDS, *others(), *(() if before else ("help",)))
    elif last.startswith("-"):
        yield from flags(before)
    elif before == ["new"]:
        yield from PARADIGMS
    elif before == ["completion"]:
        yield from SCRIPTS
    elif before[0] in ("run", "check", "explain", "list", "compare") and len(before) == 1:
        field = "problem" if before[0] == "compare" else "name"
        yield from dict.fromkeys(getattr(info, field) for info in describe_all())
        yield from (*glossary(), *pages()) if before[0] == "explain" else ()
    if before and before[0] in OF_RUNS:
        yield from (str(path.parent) for path in sorted(Path("runs").glob("*/config.json")))


def flags(before: Sequence[str]) -> list[str]:
    """The flags of a command, or of a task's run, out of its help."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        command(before[0])([*before[1:2], "--help"] if before[0] == "run" else ["--help"])
    return sorted(set(re.findall(r"^\W*?(--[a-z][a-z0-9-]*)", said.getvalue(), re.MULTILINE)))
