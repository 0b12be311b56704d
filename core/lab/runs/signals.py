"""How a run hears SIGINT and SIGTERM: gently once, and then in earnest."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Any

from core.lab.errors import Stopped
from core.lab.interrupt import GRACE, handling

LAST = 4  # signals, of which all but the first come by themselves


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
