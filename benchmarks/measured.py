"""What the scripts share: where a record comes from, and a training that goes on where it ended."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

PINS = "OPENBLAS_", "OMP_", "MKL_", "GOTO_", "BLIS_"  # variables that choose BLAS's kernels or threads begin so


def unpinned() -> dict[str, str]:
    """The environment for a process that measures: BLAS chooses for itself."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PINS)}


def given(**instead: str) -> str:
    """The command of this script, without `--out` (records have their own places); `--flag WORD` for flag="WORD"."""
    words, rest = ["python", f"benchmarks/{Path(sys.argv[0]).name}"], iter(sys.argv[1:])
    for word in rest:
        flag, equals, _ = word.partition("=")
        if flag == "--out" or flag.removeprefix("--") in instead:
            if not equals:
                next(rest, None)
            if flag != "--out":
                words += [flag, instead[flag.removeprefix("--")]]
        else:
            words.append(word)
    return shlex.join(words)


def provenance(
    *,
    seeds: Iterable[Any],
    data: Mapping[str, str] | None = None,
    versions: Mapping[str, Any] | None = None,
    command: str | None = None,
) -> dict[str, Any]:
    """What stands at the top of a record: command, versions, load of the machine, sums of data sets, seeds.

    `data` is a learner's `Data.sums`. Where the work is done in another process, `versions` are that one's.
    """
    import numpy  # noqa: F401  its BLAS is one of the versions

    from core.lab import environment as machine

    return {
        "command": command or given(),
        "versions": dict(versions or machine.versions()),
        "load": load(),
        "data": dict(data or {}),
        "seeds": list(seeds),
    }


def load() -> list[float]:
    """Processes that wanted the processor over the last 1, 5 and 15 minutes: above the cores, others worked too."""
    return [round(value, 1) for value in os.getloadavg()] if hasattr(os, "getloadavg") else []


class Trained(NamedTuple):
    """A learner at the end of the loop, and the best weights that the loop saw."""

    learner: Any
    loop: Any
    best: Any
    seconds: float | None  # of the processor, reading the data included; None where it went on from a checkpoint


def train(setup: Any, folder: Path) -> Trained:
    """`trivium run` without the report: the loop, its checkpoints in `folder`, from which it goes on."""
    from core.lab.runs.loop import Loop, silent
    from core.lab.runs.signals import Signals

    started = time.process_time()
    learner, data = setup.build()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metrics.jsonl").touch()
    loop = Loop(learner, folder, setup.texts(learner.net, setup.facts(learner), data.sums))
    fresh = not loop.load()
    with Signals().installed() as signals:
        best = loop.train(signals, silent)
    return Trained(learner, loop, best, round(time.process_time() - started, 1) if fresh else None)
