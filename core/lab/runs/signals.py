"""How a run hears SIGINT and SIGTERM: gently once, and then in earnest."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Any

from core.lab.errors import Stopped

GRACE = 2.0  # seconds that an update which was told to stop may take to its end
LAST = 4  # signals, of which all but the first come by themselves


@contextmanager
def handling(handler: Callable[[int, Any], None]) -> Iterator[None]:
    """SIGINT and SIGTERM go to `handler`; but not in a thread beside the main one, whose starter handles signals."""
    try:
        before = {s: signal.signal(s, handler) for s in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not the main thread
        before = {}
    try:
        yield
    finally:
        for s, handle in before.items():
            signal.signal(s, handle)


class Signals:
    """SIGINT and SIGTERM: noted inside `gentle`, so that the running update ends; elsewhere they stop at once.

    A second one stops the update in its midst, and one after that again. They come by themselves, GRACE seconds apart,
    for code that does not end, or does not let itself be stopped: the LAST ends the process.
    """

    def __init__(self) -> None:
        self.caught: int | None = None
        self.holding, self.times = False, 0
        self.next: Timer | None = None

    def _handle(self, signum: int, frame: Any) -> None:
        self.caught, self.times = self.caught or signum, self.times + 1
        self.rest()
        if self.times >= LAST:
            os.write(2, b"stopped: the task did not end when it was told to; its last checkpoint is kept\n")
            os._exit(128 + self.caught)
        self.next = Timer(GRACE, os.kill, (os.getpid(), self.caught))
        self.next.daemon = True
        self.next.start()
        if not self.holding or self.times > 1:
            raise Stopped(self.caught, midway=self.holding)

    def rest(self) -> None:
        """No signal comes by itself any more."""
        if self.next is not None:
            self.next.cancel()

    @contextmanager
    def installed(self) -> Iterator[Signals]:
        with handling(self._handle):
            try:
                yield self
            finally:
                self.rest()

    @contextmanager
    def gentle(self) -> Iterator[None]:
        self.holding = True
        try:
            yield
        finally:
            self.holding = False
