"""Text on its way to a screen: no control characters, no character that the screen lacks, no warning of a library."""

import io
import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process
from typing import Any

from core.lab.errors import Refusal
from core.lab.former import Moved

_CONTROL = re.compile(
    "(?:\x1b[PX^_\\]]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\\\|\x9c)?"  # titles, links, device strings
    "|(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]?"  # colours, cursor movements
    "|\x1b[ -/]*[0-~]"  # the other escape sequences
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f]"  # what is left of C0 and C1
)
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")  # which show what comes after them from the right to the left
WORD, MESSAGE = 200, 2000  # characters of a word, and of a message


def printable(text: str) -> str:
    """`text` without control characters, newline and tab apart, and without terminal escape sequences (ECMA-48)."""
    return _DIRECTION.sub("", _CONTROL.sub("", text))


def fitting(text: str) -> str:
    """`text` printable, characters that stdout lacks by their numbers: so it is as wide as a table takes it for."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return printable(text).encode(encoding, "backslashreplace").decode(encoding)


def one_line(text: str) -> str:
    """`text` printable and on one line; a long word, quoted out of what was given, and a long line are cut."""
    words = [_cut(word, WORD) for word in printable(text).split()]
    return _cut(" ".join(words), MESSAGE)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most * 2 // 3]}...{text[-most // 3 :]}"


def note(text: str) -> None:
    """Says on stderr, in one line, what a person should know; not in each job of many. Logger `trivium` silences it."""
    if parent_process() is None:
        logging.getLogger("trivium").warning("%s", one_line(text))


@contextmanager
def on_screen() -> Iterator[None]:
    """While a command runs: what a screen cannot show is shown by its number, and warnings in our words or not at all.

    TRIVIUM_DEBUG, and Python's -W and PYTHONWARNINGS, show the warnings of libraries as they come.
    """
    before = {}
    for name in ("stdout", "stderr"):
        if (stream := getattr(sys, name)) is None:  # closed by who called us
            setattr(sys, name, io.StringIO())
        elif hasattr(stream, "reconfigure"):
            before[stream] = stream.errors
            stream.reconfigure(errors="backslashreplace")
    try:
        with quiet():
            yield
    finally:
        for stream, errors in before.items():
            stream.reconfigure(errors=errors)


@contextmanager
def quiet() -> Iterator[None]:
    """Warnings and logs of libraries are not shown; names that have moved are, in a line."""
    if sys.warnoptions or os.environ.get("TRIVIUM_DEBUG"):
        yield
        return
    last, ours = logging.lastResort, logging.getLogger("trivium")
    logging.lastResort = logging.NullHandler()
    if last:
        ours.addHandler(last)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("default", Moved)
            warnings.showwarning = _show  # type: ignore[assignment]
            yield
    finally:
        logging.lastResort = last
        if last:
            ours.removeHandler(last)


def _show(message: Warning | str, *_: Any) -> None:
    print(f"warning: {one_line(str(message))}", file=sys.stderr)


def confirmed(question: str, yes: bool) -> bool:
    """Asks on the terminal, unless `yes` has answered. Raises Refusal where nobody is there to answer."""
    if yes:
        return True
    if not (sys.stdin and sys.stdin.isatty()):
        raise Refusal(f"{question} There is no terminal to ask on: --yes says so beforehand")
    print(f"{printable(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
