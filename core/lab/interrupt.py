"""Who hears SIGINT and SIGTERM, and Ctrl-C at a command that is no run: at once, and in two seconds in any case."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Any

from core.lab.errors import Stopped

GRACE = 2.0  # seconds that what was told to stop may take to its end
Handler = Callable[[int, Any], None]


@contextmanager
def handling(handler: Handler, numbers: tuple[int, ...] = (signal.SIGINT, signal.SIGTERM)) -> Iterator[None]:
    """The signals go to `handler`; but not in a thread beside the main one, whose starter handles signals.

    What it raises where nothing can be raised, as while an object is deleted, is not shown: the signal comes again.
    """
    try:
        before = {s: signal.signal(s, handler) for s in numbers}
    except ValueError:  # not the main thread
        yield
        return
    shown = sys.unraisablehook
    sys.unraisablehook = lambda it: None if issubclass(it.exc_type, (Stopped, KeyboardInterrupt)) else shown(it)
    try:
        yield
    finally:
        sys.unraisablehook = shown
        for s, handle in before.items():
            signal.signal(s, handle)


class _Interrupt:
    """Raises KeyboardInterrupt. A second one, which comes by itself after GRACE, ends the process."""

    def __init__(self) -> None:
        self.next: Timer | None = None

    def __call__(self, signum: int, frame: Any) -> None:
        if self.next is not None:
            os.write(2, b"stopped\n")
            os._exit(128 + signum)
        self.next = Timer(GRACE, os.kill, (os.getpid(), signum))
        self.next.daemon = True
        self.next.start()
        raise KeyboardInterrupt


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C ends what is done inside, if need be with the process; a SIGINT that others handle or ignore is theirs."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    interrupt = _Interrupt()
    with handling(interrupt, (signal.SIGINT,)):
        try:
            yield
        finally:
            if interrupt.next is not None:
                interrupt.next.cancel()


def raises_interrupt() -> bool:
    """Does SIGINT raise KeyboardInterrupt now, so that one that was raised may be the user's?"""
    handler = signal.getsignal(signal.SIGINT)
    return handler is signal.default_int_handler or isinstance(handler, _Interrupt)
