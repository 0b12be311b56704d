"""Reading the examples that a person asks a network about: arrays, tables of numbers, a picture, a text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.lab.errors import Refusal
from core.lab.vision.photos import decode

if TYPE_CHECKING:
    pass
from core.lab.cli.resume import opened

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
LARGEST = 1 << 30  # bytes


def read_examples(path: Path, reads: Sequence[str] = ()) -> Any:
    """A text for .txt; a `Photo` for a picture, as an array (H, W) and grey; .npy as it is, .csv as numbers a row.

    Of a file whose suffix is among `reads` - those that the learner reads itself - the bytes as they are.
    Raises Refusal when the file is missing, of another kind, or cannot be read as what its name says.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise Refusal(f"{path} is larger than {LARGEST >> 20} MiB")
        match path.suffix.lower():
            case suffix if suffix in reads:
                return path.read_bytes()
            case ".txt":
                return path.read_text("utf-8")
            case ".npy":
                return np.load(path, allow_pickle=False)
            case ".csv":
                return np.loadtxt(path, delimiter=",", dtype=np.float32, ndmin=2)
            case suffix if suffix in PICTURES:
                return decode(path.read_bytes(), "it")
    except (OSError, ValueError, EOFError) as error:
        raise Refusal(f"{path} cannot be read: {error}") from error
    known = ", ".join(dict.fromkeys((".npy", ".csv", ".txt", *PICTURES, *reads)))
    raise Refusal(f"{path} is of no kind that is read here: {known}")


@dataclass(frozen=True)
class PredictFlags:
    """What a run's network says of each example in FILE (.npy, .csv, .wav, a picture, or .txt for text)."""

    folder: Path  # the run folder
    file: Path  # the examples, one a row, in the units that the task trains on
    task: str | None = None  # the task's file, for a run whose task came as a file
    data: Path | None = None  # where data sets lie, if --data was given to the run
    json: bool = False  # prints JSON


def predict(args: Sequence[str]) -> int:
    from core.lab.cli.flags import parse
    from core.lab.errors import Refusal
    from core.lab.terminal import printable

    flags = parse(PredictFlags, args, "trivium predict")
    run = opened(flags)
    try:
        said = run.predict(read_examples(flags.file, getattr(run.learner, "reads", ())))
    except (ValueError, TypeError) as error:
        raise Refusal(f"{flags.file} does not fit this network: {error}") from error
    if isinstance(said, str):
        print(json.dumps(said) if flags.json else printable(said))
    else:
        print(json.dumps(said.tolist()) if flags.json else "\n".join(map(str, said.tolist())))
    return 0
