"""Reading the examples that a person asks a network about: arrays, tables of numbers, a picture, a text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from core.lab.errors import Refusal

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
LARGEST = 1 << 30  # bytes


def read_examples(path: Path) -> Any:
    """A text for .txt; else an array: .npy as it is, .csv as numbers a row, a picture as (H, W) floats, 1 is white.

    Raises Refusal when the file is missing, of another kind, or cannot be read as what its name says.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise Refusal(f"{path} is larger than {LARGEST >> 20} MiB")
        match path.suffix.lower():
            case ".txt":
                return path.read_text("utf-8")
            case ".npy":
                return np.load(path, allow_pickle=False)
            case ".csv":
                return np.atleast_2d(np.loadtxt(path, delimiter=",", dtype=np.float32))
            case suffix if suffix in PICTURES:
                from PIL import Image

                with Image.open(path) as picture:
                    return np.asarray(picture.convert("L"), np.float32) / 255
    except (OSError, ValueError, EOFError) as error:
        raise Refusal(f"{path} cannot be read: {error}") from error
    raise Refusal(f"{path} is of no kind that is read here: .npy, .csv, .txt, {', '.join(PICTURES)}")
