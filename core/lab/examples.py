"""Reading the examples that a person asks a network about: arrays, tables of numbers, a picture, a text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.lab.errors import Refusal
from core.lab.pictures import decode

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
