"""The question before something is deleted."""

import sys

from core.lab import Refusal, printable


def confirmed(question: str, yes: bool) -> bool:
    """Asks on the terminal, unless `yes` has answered. Raises Refusal where nobody is there to answer."""
    if yes:
        return True
    if not (sys.stdin and sys.stdin.isatty()):
        raise Refusal(f"{question} There is no terminal to ask on: --yes says so beforehand")
    print(f"{printable(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def size(amount: int) -> str:
    """'532 B', '12.3 kB', '4.0 MB'."""
    number, units = float(amount), iter(("kB", "MB", "GB", "TB"))
    unit = "B"
    while number >= (999.5 if unit == "B" else 999.95) and (larger := next(units, "")):
        number, unit = number / 1000, larger
    return f"{number:.0f} B" if unit == "B" else f"{number:.1f} {unit}"
