"""The run folder: what a run leaves behind, and how it is written so that a crash loses nothing.

config.json (first), metrics.jsonl (one line an evaluation), checkpoint.safetensors and the one before it,
result.json (last), report.html, MODEL.md, pictures. A lock of the operating system keeps a second process out.
"""

import json
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from core.checkpoint import ASIDE
from core.lab.errors import Refusal, refusing
from core.lab.files import LOCK, check_file, checked, free_name, is_leftover, lock, read_json

CONFIG, LOG, CHECKPOINT = "config.json", "metrics.jsonl", "checkpoint.safetensors"
RESULT, PAGE = "result.json", "report.html"
PREDICTION = "prediction.json"  # what `predict` needs beside the weights, where the learner says it: data, no code
SHOWN = "report.json"  # captions and texts of the page
DRAWING = "drawing" + ASIDE  # there while a report draws before its result is written: see `_go`
MODEL = "MODEL.md"  # what the network is, for who is given it

NUMBERS = {...: float}
SCORE_FORM = {"metric": str, "value": float, "chance": float, "reference": float}
ORIGIN_FORM = {"folder": str, "task": str, "w_sha256": str, "layout": {...: [int]}}  # of a run that another starts from
LENGTHENED_FORM = [{"field": str, "was": int}]  # of a run that went on beyond its end
CONFIG_FORM = {
    **{"task": str, "seed": int, "config": dict, "preset?": str, "outside?": bool, "format?": int},
    **{"beside?": {...: str}, "data_folder?": (str, type(None))},  # where files lay when the run began
    **{"from?": ORIGIN_FORM, "lengthened?": LENGTHENED_FORM},
}
COMPARED_FORM = {  # what has to be known of a run to set it beside others
    **{"task": str, "paradigm": {"supervised", "unsupervised", "reinforcement"}, "problem": str, "preset": str},
    **{"seed": int, "parameters": int, "examples": int, "answers": int, "seconds": float, "command": str},
    **{"config": dict, "score": SCORE_FORM, "metrics": NUMBERS, "validation?": NUMBERS},
    **{"w_sha256": str, "versions?": dict, "data": {...: str}},
    **{"from?": {"task": str, "w_sha256": str}, "lengthened?": LENGTHENED_FORM},
}
RESULT_FORM = COMPARED_FORM | {"score": SCORE_FORM | {"scaled": float}, "baselines": NUMBERS, "versions": dict}
SHOWN_FORM = {"reference": str, "pictures": {...: str}, "texts": {...: str}, "undrawn?": {...: str}}
ROW_FORM = {"examples": float, ...: float}


def read_log(folder: Path, size: int | None = None, form: Any = ROW_FORM) -> list[dict[str, float]]:
    """The rows in the first `size` bytes of metrics.jsonl; a last line that is still being written is left out."""
    path, rows = folder / LOG, list[dict[str, float]]()
    if not path.exists():
        return rows
    with refusing(f"{path} cannot be read", OSError, ValueError):
        check_file(path)
        lines = path.read_bytes()[:size].decode("utf-8").split("\n")[:-1]
    for number, line in enumerate(lines, 1):
        with refusing(f"{path}, line {number}, cannot be read", ValueError, RecursionError):
            rows.append(checked(json.loads(line), form))
    return rows


def read_result(folder: Path, form: Any = RESULT_FORM) -> dict[str, Any]:
    """What result.json of a finished run holds. Raises Refusal where it holds something else."""
    try:
        return read_json(folder / RESULT, form)
    except Refusal as error:
        how = f"remove it, and trivium resume {folder} writes it again"
        raise Refusal(f"this does not hold a result, or its figures are not numbers: {error}; {how}") from error


def read_shown(folder: Path) -> dict[str, Any]:
    """What report.json of a finished run holds. Raises Refusal where it holds something else."""
    return read_json(folder / SHOWN, SHOWN_FORM)


def new_folder(path: Path) -> Path:
    """path-1, path-2, ...: makes the first that does not exist, so that two processes never get the same."""
    with refusing(f"cannot make a folder in {path.parent}", OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        for k in count(1):
            with suppress(FileExistsError):
                (new := path.with_name(f"{path.name}-{k}")).mkdir()
                break
    return new


def create(out: Path, force: bool) -> Path:
    """A new, empty run folder at `out`. With `force` what is there is moved aside, never deleted.

    What a process that was killed left before it began is nothing. Raises Refusal when `out` holds a run or other
    files, or cannot be written.
    """
    with refusing(f"cannot make the folder {out}", OSError):
        if out.exists() and not out.is_dir():
            raise Refusal(f"{out} is a file: name a folder with --out")
        if out.exists() and not is_empty(out):
            if not force:
                what = "holds a run already" if (out / CONFIG).exists() else "is not empty"
                go_on = f"`trivium resume {out}` goes on with it, " if (out / CONFIG).exists() else ""
                raise Refusal(f"{out} {what}: {go_on}--force moves it aside, --out names another folder")
            with lock(out):
                pass  # a run that is still going is not moved away from under its process
            out.rename(free_name(out))
        out.mkdir(parents=True, exist_ok=True)
    return out


def is_empty(out: Path) -> bool:
    """Does a folder hold nothing but its lock, and what was being written when a process was killed?"""
    return all(entry.name == LOCK or is_leftover(entry.name) for entry in out.iterdir())


def remove_empty(out: Path) -> None:
    """Removes a folder that holds nothing but its lock; any other, or one that cannot be removed, stays."""
    with suppress(OSError):
        if [entry.name for entry in out.iterdir()] == [LOCK]:
            (out / LOCK).unlink()
            out.rmdir()
