"""What the scripts that train seeds share: the machine they work on, and a training that goes on where it was ended."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, NamedTuple


def load() -> list[float]:
    """Processes that wanted the processor over the last 1, 5 and 15 minutes: above the cores, others worked too."""
    return [round(value, 1) for value in os.getloadavg()] if hasattr(os, "getloadavg") else []


def processor() -> str:
    from core.lab.machine import processor

    return processor()


class Trained(NamedTuple):
    """A learner at the end of the loop, and the best weights that the loop saw."""

    learner: Any
    loop: Any
    best: Any
    seconds: float | None  # of the processor, reading the data included; None where it went on from a checkpoint


def train(setup: Any, folder: Path) -> Trained:
    """`trivium run` without the report: the loop, its checkpoints in `folder`, from which it goes on."""
    from core.lab.loop import Loop, Signals, silent

    started = time.process_time()
    learner, data = setup.build()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metrics.jsonl").touch()
    loop = Loop(learner, folder, setup.texts(learner, data.sums))
    fresh = not loop.load()
    with Signals().installed() as signals:
        best = loop.train(signals, silent)
    return Trained(learner, loop, best, round(time.process_time() - started, 1) if fresh else None)
