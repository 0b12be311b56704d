"""What a person sees while a run learns: a bar and a live curve on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from core.lab import printable
from core.lab.guard import guarded
from core.lab.report.format import figure
from core.lab.runs.loop import Row, Watch, silent

COUNTERS = ("progress", "update", "examples", "answers", "seconds")
BLOCKS = "▁▂▃▄▅▆▇█"


def spark(values: Sequence[float]) -> str:
    """The values as a line of blocks, the lowest one the least high."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    return "".join(BLOCKS[int((value - low) / (high - low or 1.0) * (len(BLOCKS) - 1))] for value in values)


def figures(row: Row) -> str:
    """The figures of a log row that are no counters: 'loss 0.2301  val_accuracy 0.9620'."""
    return "  ".join(f"{name} {figure(value)}" for name, value in row.items() if name not in COUNTERS)


@contextmanager
def watching(title: str, quiet: bool) -> Iterator[Watch]:
    """A `watch` for the loop, on stderr; the curve is that of the first validation figure."""
    if quiet:
        yield silent
    elif sys.stderr.isatty():
        yield from _live(title)
    else:
        yield _plain(title)


def _plain(title: str) -> Watch:
    def watch(progress: float, row: Row | None) -> None:
        if row:
            words = f"{title}  {progress:4.0%}  {row['seconds']:6.1f} s  {figures(row)}"
            print(printable(words), file=sys.stderr, flush=True)

    return watch


def _live(title: str) -> Iterator[Watch]:
    from rich.console import Console, Group
    from rich.live import Live
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    curve: list[float] = []
    last: dict[str, Any] = {"progress": 0.0, "row": {}}

    def draw() -> Group:
        table = Table.grid(padding=(0, 1))
        bar = ProgressBar(1.0, last["progress"], width=24)
        table.add_row(Text(printable(title), "bold"), bar, Text(f"{last['progress']:4.0%}"), Text(spark(curve), "cyan"))
        return Group(table, Text(printable(figures(last["row"])), "dim"))

    with Live(get_renderable=draw, console=Console(stderr=True), refresh_per_second=8):

        def watch(progress: float, row: Row | None) -> None:
            last["progress"] = min(progress, 1.0)
            if row:
                last["row"] = row
                curve.extend([value for name, value in row.items() if name.startswith("val_")][:1])

        yield watch


def notes_of(task: str, learner: Any, notes: Sequence[str] = ()) -> list[str]:
    """`notes`, and what the learner has to say before it learns, if anything."""
    with guarded(f"{task}: notes"):
        return [*notes, *(map(str, learner.notes()) if hasattr(learner, "notes") else ())]
