"""The command `trivium eval`: the best weights of a run on the test part, again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.lab.cli.resume import opened


@dataclass(frozen=True)
class EvalFlags:
    """Evaluates the best weights of a run again, on the test part."""

    folder: Path  # the run folder
    task: str | None = None  # the task's file, for a run whose task came as a file
    data: Path | None = None  # where data sets lie, if --data was given to the run
    json: bool = False  # prints the figures as JSON and nothing else


def evaluate(args: Sequence[str]) -> int:
    from core.lab.cli.flags import parse
    from core.lab.report.format import figure, table

    flags = parse(EvalFlags, args, "trivium eval")
    report = opened(flags).evaluate()
    if flags.json:
        print(json.dumps({"metrics": report.metrics, "score": report.score(), "baselines": report.baselines}))
    else:
        table(
            ("figure", "value"),
            [
                (name, figure(value))
                for name, value in (
                    *report.metrics.items(),
                    *((f"baseline: {n}", v) for n, v in report.baselines.items()),
                )
            ],
        )
    return 0
