"""How a command ends early: refused, or stopped by a signal. Light, so that help comes at once."""

import difflib
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Refusal(Exception):
    """What the user asked for cannot be done; the message is one line that says what is wrong and what to do."""


class Stopped(BaseException):
    """A signal asked the process to stop. No `except Exception` takes it for a fault.

    All that was learnt is saved; where it came `midway` in an update that did not end, all up to the last checkpoint.
    """

    def __init__(self, signum: int, midway: bool = False) -> None:
        super().__init__(signal.Signals(signum).name)
        self.signum, self.midway = signum, midway


@contextmanager
def refusing(what: str, *kinds: type[Exception]) -> Iterator[None]:
    """Makes of an exception of these kinds a Refusal: `what`, a colon, and what the system or the exception says."""
    try:
        yield
    except kinds as error:
        raise Refusal(f"{what}: {getattr(error, 'strerror', None) or error}") from error


def nearest(word: str, known: Iterable[str]) -> str:
    """'; did you mean X?' or nothing, followed by the known words."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, 1)
    return (f"; did you mean {close[0]}?" if close else "") + f" (known: {', '.join(known)})"
