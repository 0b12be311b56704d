"""How a command ends early: refused, or stopped by a signal. Light, so that help comes at once."""

import difflib
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

GUESSES, FEW = 3, 12  # words that may be meant; words that are few enough to be told whole


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


def guesses(word: str, known: Iterable[str]) -> list[str]:
    """At most three of the known words that `word` may stand for: written alike, or with it as a part."""
    known = sorted(known)
    alike = difflib.get_close_matches(word, known, GUESSES, 0.65)
    within = [name for name in known if word and word.casefold() in name.casefold()]
    return list(dict.fromkeys([*alike, *within]))[:GUESSES]


def nearest(word: str, known: Iterable[str]) -> str:
    """'; did you mean X, Y or Z?' or nothing; then the known words, where they are few."""
    known = sorted(known)
    *others, last = guesses(word, known) or [""]
    first = f"{', '.join(others)} or " if others else ""
    meant = f"; did you mean {first}{last}?" if last else ""
    return meant + (f" (known: {', '.join(known)})" if len(known) <= FEW else "")
