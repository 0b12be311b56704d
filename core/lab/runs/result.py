"""What result.json of a finished run holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core import Array
from core.checkpoint import sha256
from core.lab import Report
from core.lab.environment import versions
from core.lab.runs.folder import read_log
from core.lab.runs.loop import Loop, Row
from core.lab.runs.setup import Setup


def result_of(setup: Setup, loop: Loop, best: Array, report: Report, sums: dict[str, str]) -> dict[str, Any]:
    """What result.json will hold."""
    return {
        **{name: value for name, value in setup.describe().items() if name not in ("format", "outside", "command")},
        **({"from": setup.origin.described(loop.learner)} if setup.origin else {}),
        "parameters": loop.learner.net.size,
        "examples": loop.examples,
        "answers": loop.answers + report.answers,
        "seconds": round(loop.seconds, 3),
        "validation": chosen(read_log(loop.folder), loop.learner.monitor),
        "metrics": report.metrics,
        "score": report.score(),
        "baselines": report.baselines,
        "w_sha256": sha256(best),
        "versions": versions(),
        "data": sums,
        "command": setup.command,
    }


def chosen(log: Sequence[Row], monitor: str) -> Row:
    """The validation figures of the evaluation whose weights were kept, and the one that chose them."""
    sign, name = 1 if monitor[0] == "+" else -1, monitor[1:]
    best: Row = max((row for row in log if name in row), key=lambda row: sign * row[name], default={})
    return {figure: value for figure, value in best.items() if figure == name or figure.startswith("val_")}
