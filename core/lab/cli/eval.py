"""`trivium eval DIR`: evaluates the best weights of a run on the test part again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from core.lab.cli.flags import SourceFlags, parse
from core.lab.report.format import figure, table


@dataclass(frozen=True)
class EvalFlags(SourceFlags):
    """Evaluates the best weights of a run again, on the test part."""

    json: bool = False  # prints the figures as JSON and nothing else


def evaluate(args: Sequence[str]) -> int:
    flags = parse(EvalFlags, args, "trivium eval")
    report = flags.run().evaluate()
    if flags.json:
        print(json.dumps({"metrics": report.metrics, "score": report.score(), "baselines": report.baselines}))
    else:
        figures = report.metrics | {f"baseline: {name}": value for name, value in report.baselines.items()}
        table(("figure", "value"), [(name, figure(value)) for name, value in figures.items()])
    return 0
