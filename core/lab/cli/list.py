"""`trivium list`: which tasks there are, how long they take, and which need data that is not here yet."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.lab import Refusal, printable
from core.lab.errors import nearest
from core.lab.paths import default_root
from core.lab.runs import tasks as found
from core.lab.runs.tasks import Info

COSTS = Path(__file__).with_name("costs.json")  # written by benchmarks/costs.py: measured seconds, bytes of data
WAYS = {"supervised": "from labels", "unsupervised": "from the data itself", "reinforcement": "from reward"}
COLUMNS = "  {:19} {:>5} {:>6} {:>6}  {}"


def tasks(args: Sequence[str]) -> int:
    if flags := [word for word in args if word.startswith("-") and word != "--json"]:
        raise Refusal(f"trivium list takes no {flags[0]!r}: only words to look for, and --json")
    infos = chosen(found.describe_all(), [word for word in args if word != "--json"])
    if "--json" in args:
        print(json.dumps([vars(info) for info in infos]))
        return 0
    costs, width = json.loads(COSTS.read_text("utf-8")), min(shutil.get_terminal_size((80, 24)).columns, 120)
    print(COLUMNS.format("task", "quick", "best", "data", "what it is")[:width])
    for paradigm in [*WAYS, *sorted({info.paradigm for info in infos} - {*WAYS})]:
        if mine := sorted((info for info in infos if info.paradigm == paradigm), key=lambda info: info.name):
            print(f"{paradigm}: {WAYS[paradigm]}" if paradigm in WAYS else paradigm)
            for info in mine:
                line = row(info, costs.get(info.name, {}))
                print(printable(line if paradigm == "?" else cut(line, width)))  # a fault is told whole
    print("trivium explain TASK says more; trivium run TASK --quick runs one.")
    return 0


def chosen(infos: list[Info], words: Sequence[str]) -> list[Info]:
    """Those that have each of the words in what is known of them. Raises Refusal where none has."""
    for word in words:
        held, infos = (
            infos,
            [info for info in infos if word.casefold() in " ".join(map(str, vars(info).values())).casefold()],
        )
        if not infos:
            raise Refusal(f"no task speaks of {word!r}{nearest(word, [info.name for info in held])}")
    return infos


def row(info: Info, costs: dict[str, Any]) -> str:
    """A task in one line: its name, how long its presets take, the bytes of data that it lacks, and what it is."""
    root = default_root()
    lacks = sum(size for file, size in costs.get("files", {}).items() if not (root / file).exists())
    says = f"needs: {info.needs}" if info.needs else info.summary
    data = f"{lacks / 1e6:.0f} MB" if lacks >= 1e6 else f"{lacks / 1e3:.0f} kB" if lacks else ""
    times = [clock(costs[preset]) if preset in costs else "" for preset in ("quick", "best")]
    return COLUMNS.format(info.name, *times, data, says)


def clock(seconds: float) -> str:
    """As a person says it: 8 s, 4 min, 3 h."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 1):.0f} s"


def cut(line: str, width: int) -> str:
    """As much of a line as fits, up to its last whole word."""
    return line if len(line) <= width else line[: width - 1].rpartition(" ")[0].rstrip(" ,;:") + "…"
