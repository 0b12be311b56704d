"""A learner of clusters that takes examples as they lie on the disk, and whose report goes on in their terms."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from core.initializers import Array
from core.lab.learner import Report

Tell = Callable[
    [Report, Callable[[Array], Array], Path | None], None
]  # adds to a report, given x (N, I) -> clusters (N,)


class Reading:
    """`learner` in all things, but `predict` also takes the bytes of a file: `read` makes examples (N, I) of them."""

    def __init__(self, learner: Any, reads: tuple[str, ...], read: Callable[[bytes], Array], tell: Tell) -> None:
        self.learner, self.reads, self.read, self.tell = learner, reads, read, tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self.learner, name)

    def predict(self, w: Array, x: bytes | Array) -> Array:
        """The cluster of each example, x (N, I) or the bytes of a file -> (N,)."""
        clusters: Array = self.learner.predict(w, self.read(x) if isinstance(x, bytes) else x)
        return clusters

    def report(self, w: Array, folder: Path | None) -> Report:
        made: Report = self.learner.report(w, folder)
        self.tell(made, partial(self.predict, w), folder)
        return made
