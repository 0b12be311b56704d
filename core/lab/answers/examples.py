"""Examples out of files: the bytes of a file, by its suffix, as arrays, a picture, a text, or as they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.lab.data import formats
from core.lab.data.tables import SUFFIXES, read_numbers
from core.lab.errors import Refusal, refusing
from core.lab.files import read_file
from core.lab.kinds import kind_of
from core.lab.vision.photos import SUFFIXES as PICTURES, decode

PACKED = (".gz", ".zip")
TABLES = (".csv", ".tsv", ".tab")
LARGEST = 1 << 30  # bytes


def kind(path: Path) -> str:
    """The suffix that says what a file is, in small letters; of `x.csv.gz` it is `.csv`."""
    packed = path.suffix.lower() in PACKED and bool(Path(path.stem).suffix)
    return Path(path.stem if packed else path.name).suffix.lower()


def known(reads: Sequence[str] = ()) -> tuple[str, ...]:
    """The kinds of files that are read, where the predictor itself reads those of `reads`."""
    return tuple(dict.fromkeys((".npy", *TABLES, ".txt", *PICTURES, *reads)))


def read_examples(path: Path, reads: Sequence[str] = ()) -> Any:
    """A text for .txt; a `Photo` for a picture, as an array (H, W) and grey; .npy as it is, .csv as numbers a row.

    A table is read as that of training is: with a line of names or without, whatever divides its fields.

    Of a file whose suffix is among `reads` - those that the predictor reads itself - the bytes as they are. Raises
    Refusal when the file is missing, of another kind, or cannot be read as what its name says.
    """
    return examples_of(content(path), kind(path), str(path), reads)


def content(path: Path) -> bytes:
    """The bytes of a file, unpacked where its name says that it is packed."""
    raw = read_file(path, LARGEST)
    with refusing(f"{path} cannot be read", ValueError):
        return formats.unpacked(raw, LARGEST) if kind(path) != path.suffix.lower() else raw


def examples_of(raw: bytes, suffix: str, name: str, reads: Sequence[str] = ()) -> Any:
    """The same of bytes, of a kind that is named by its suffix."""
    with refusing(f"{name} cannot be read", ValueError):
        if suffix in reads:
            return raw
        if suffix == ".txt":
            return formats.own_text(raw)
        if suffix == ".npy":
            return formats.npy_numbers(raw)
        if suffix in TABLES:
            return read_numbers(raw, LARGEST)
        if suffix in PICTURES:
            return decode(raw, "it")
    raise Refusal(f"{name} is of no kind that is read here: {', '.join(known(reads))}")


def guess(raw: bytes, reads: Sequence[str], writes: bool) -> str:
    """The kind of what came without a name: by its first bytes, else a text for one that `writes`, a table, a text."""
    found = kind_of(raw)
    if "picture" in found:
        return ".png"
    if "sound" in found:
        return ".wav"
    if "(.npy)" in found:
        return ".npy"
    if ".jsonl" in reads and raw.lstrip()[:1] in (b"{", b"["):
        return ".jsonl"
    if writes or set(SUFFIXES) & set(reads):
        return ".txt" if writes else ".csv"
    try:
        read_numbers(raw, LARGEST)
    except ValueError:
        return ".txt"
    return ".csv"
