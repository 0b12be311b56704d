"""The run folder: what a run leaves behind, and how it is written so that a crash loses nothing.

config.json (first), metrics.jsonl (one line an evaluation), checkpoint.safetensors and the one before it,
result.json (last), report.html, pictures. A lock of the operating system keeps a second process out.
"""

import json
from contextlib import suppress
from pathlib import Path

from core.lab.errors import Refusal, refusing
from core.lab.files import LOCK, free_name, lock

CONFIG, LOG, CHECKPOINT = "config.json", "metrics.jsonl", "checkpoint.safetensors"
RESULT, PAGE = "result.json", "report.html"
PREDICTION = "prediction.json"  # what `predict` needs beside the weights, where the learner says it: data, no code
SHOWN = "report.json"  # captions and texts of the page


def read_log(folder: Path) -> list[dict[str, float]]:
    """The rows of metrics.jsonl; a last line that is still being written is left out."""
    path, rows = folder / LOG, list[dict[str, float]]()
    if not path.exists():
        return rows
    for line in path.read_text("utf-8").split("\n")[:-1]:
        try:
            rows.append(json.loads(line))
        except ValueError:
            raise Refusal(f"{path} holds a line that is not JSON: {line[:60]!r}") from None
    return rows


def create(out: Path, force: bool) -> Path:
    """A new, empty run folder at `out`. With `force` what is there is moved aside, never deleted.

    Raises Refusal when `out` holds a run or other files, or cannot be written.
    """
    with refusing(f"cannot make the folder {out}", OSError):
        if out.exists() and not out.is_dir():
            raise Refusal(f"{out} is a file: name a folder with --out")
        if out.exists() and any(entry.name != LOCK for entry in out.iterdir()):
            if not force:
                what = "holds a run already" if (out / CONFIG).exists() else "is not empty"
                go_on = f"`trivium resume {out}` goes on with it, " if (out / CONFIG).exists() else ""
                raise Refusal(f"{out} {what}: {go_on}--force moves it aside, --out names another folder")
            with lock(out):
                pass  # a run that is still going is not moved away from under its process
            out.rename(free_name(out))
        out.mkdir(parents=True, exist_ok=True)
    return out


def remove_empty(out: Path) -> None:
    """Removes a folder that holds nothing but its lock; any other, or one that cannot be removed, stays."""
    with suppress(OSError):
        if [entry.name for entry in out.iterdir()] == [LOCK]:
            (out / LOCK).unlink()
            out.rmdir()
