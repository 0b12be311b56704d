"""Text on its way to a screen."""

import logging
import re
from multiprocessing import parent_process

_CONTROL = re.compile(
    "(?:\x1b[PX^_\\]]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\\\|\x9c)?"  # titles, links, device strings
    "|(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]?"  # colours, cursor movements
    "|\x1b[ -/]*[0-~]"  # the other escape sequences
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f]"  # what is left of C0 and C1
)


def printable(text: str) -> str:
    """`text` without control characters, newline and tab apart, and without terminal escape sequences (ECMA-48)."""
    return _CONTROL.sub("", text)


def note(text: str) -> None:
    """Says on stderr, in one line, what a person should know; not in each job of many. Logger `trivium` silences it."""
    if parent_process() is None:
        logging.getLogger("trivium").warning("%s", " ".join(printable(text).split()))
