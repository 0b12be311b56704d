"""`trivium predict DIR FILE`: what a run's network predicts for arrays, a table of numbers, a picture or a text."""

import json
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any

from core.lab import printable
from core.lab.cli.flags import OpenFlags, parse
from core.lab.data import formats
from core.lab.data.tables import read_numbers
from core.lab.errors import Refusal, refusing
from core.lab.files import read_file
from core.lab.terminal import one_line
from core.lab.vision.photos import decode

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
PACKED = (".gz", ".zip")
LARGEST = 1 << 30  # bytes


def read_examples(path: Path, reads: Sequence[str] = ()) -> Any:
    """A text for .txt; a `Photo` for a picture, as an array (H, W) and grey; .npy as it is, .csv as numbers a row.

    A table is read as that of training is: with a line of names or without, whatever divides its fields.

    Of a file whose suffix is among `reads` - those that the learner reads itself - the bytes as they are.
    Raises Refusal when the file is missing, of another kind, or cannot be read as what its name says.
    """
    raw, packed = read_file(path, LARGEST), path.suffix.lower() in PACKED and bool(Path(path.stem).suffix)
    with refusing(f"{path} cannot be read", ValueError):
        raw = formats.unpacked(raw, LARGEST) if packed else raw
        match Path(path.stem if packed else path.name).suffix.lower():
            case suffix if suffix in reads:
                return raw
            case ".txt":
                return formats.own_text(raw)
            case ".npy":
                return formats.npy_numbers(raw)
            case ".csv" | ".tsv" | ".tab":
                return read_numbers(raw, LARGEST)
            case suffix if suffix in PICTURES:
                return decode(raw, "it")
    known = ", ".join(dict.fromkeys((".npy", ".csv", ".tsv", ".txt", *PICTURES, *reads)))
    raise Refusal(f"{path} is of no kind that is read here: {known}")


@dataclass(frozen=True)
class PredictFlags(OpenFlags):
    """What a run's network predicts for each example in FILE (.npy, .csv, .wav, a picture, or .txt for text)."""

    file: Path  # the examples, one a row, in the units that the task trains on
    _: KW_ONLY
    json: bool = False  # prints JSON


def predict(args: Sequence[str]) -> int:
    flags = parse(PredictFlags, args, "trivium predict")
    run = flags.run()
    with refusing(f"{flags.file} does not fit this network", ValueError, TypeError):
        predicted = run.predict(read_examples(flags.file, getattr(run.predictor, "reads", ())))
    said = predicted if isinstance(predicted, str) else predicted.tolist()
    if flags.json:
        print(json.dumps(said))
    else:
        print(printable(said) if isinstance(said, str) else "\n".join(one_line(str(each)) for each in said))
    return 0
