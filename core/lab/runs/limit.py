"""`--minutes M`: a run stops at the first update that ends after them, as if it had been told to, and can go on.

The clock says when it stops and steers nothing else: what it learns in all is the same.
"""

import signal
import time

from core.lab.errors import Stopped
from core.lab.runs.loop import Row, Watch

EXIT = 124  # as that of timeout(1)


class Limit:
    """Minutes from now on, None for ever; `reached` once they have stopped the run."""

    def __init__(self, minutes: float | None) -> None:
        self.end, self.reached = None if minutes is None else time.monotonic() + 60 * minutes, False

    def on(self, watch: Watch) -> Watch:
        """`watch`, which raises Stopped when the time has come, but not after the last update."""

        def watched(progress: float, row: Row | None) -> None:
            watch(progress, row)
            if self.end is not None and progress < 1 and time.monotonic() >= self.end:
                self.reached = True
                raise Stopped(signal.SIGTERM)

        return watched
