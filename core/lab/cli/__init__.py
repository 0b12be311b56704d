"""Trivium: the command line, one file a command."""

import sys
from collections.abc import Sequence
from importlib import import_module


def main(args: Sequence[str] | None = None, paradigm: str | None = None) -> int:
    """Runs one command and returns its exit code.

    0, 1 (a check failed), 2 (refused), 124 (time was up), 130 or 143 (stopped).
    """
    try:
        code: int = import_module("core.lab.cli.dispatch").main(args, paradigm)  # loaded then: others need less
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return code
