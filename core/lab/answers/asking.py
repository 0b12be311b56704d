"""Asking: from a file to what a network says of it, and from what Python code holds to what a predictor takes."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from core.lab.answers.answers import Answers, above, plain
from core.lab.answers.examples import LARGEST, TABLES, content, examples_of, guess, kind, known, read_examples
from core.lab.answers.frames import columns_of, frame_bytes, is_frame, numbers_of
from core.lab.answers.inputs import STDIN, check_named, files
from core.lab.data.tables import Rows, Sheet, read_sheet, sheet_bytes
from core.lab.errors import Refusal, refusing
from core.lab.learner import Probabilities
from core.lab.vision.photos import Photo

Ask = Callable[[str, Any], Any]  # ("predict" or "probabilities", examples) -> what the predictor says of them


@dataclass(frozen=True)
class Asking:
    """How files are asked about."""

    predictor: Any
    ask: Ask
    likely: bool = False  # whether it is asked how likely each class is
    beside: bool = False  # whether the rows of tables are wanted beside the answers
    targets: tuple[str, ...] = ()  # the columns that hold true answers, where a table still has them
    named: bool = False  # whether the user named these columns: they are no part of an example, and must be there
    threshold: float | None = None
    format: str = ""  # the kind of standard input, a suffix without its dot

    def answers(self, path: Path) -> Answers:
        """What is said of a file. Raises Refusal for one that cannot be read, and one that is no example."""
        check_named(path)
        raw = _standard_input() if path == STDIN else content(path)
        suffix, reads = kind(path), getattr(self.predictor, "reads", ())
        if path == STDIN:
            suffix = f".{self.format}" if self.format else guess(raw, reads, hasattr(self.predictor, "stream"))
        is_table = suffix in TABLES or (suffix == ".txt" and ".txt" in reads and ".csv" in reads)
        sheet, truths = None, tuple[list[str], ...]()
        if is_table and (self.beside or self.targets):
            with refusing(f"{path} cannot be read", ValueError), silenced():
                sheet = read_sheet(raw, True if suffix in reads else None)
                truths = self._truths(sheet)
            if truths and suffix not in reads:
                raw = _without(sheet, self.targets)
        x = examples_of(raw, suffix, str(path), reads)
        how = " (a column of true answers is named with --target)" if is_table and suffix not in reads else ""
        with refusing(f"{path} does not fit this network{how * (not self.named)}", ValueError, TypeError):
            x = taken(x, self.predictor)
            try:
                said = plain(self.ask("predict", x))
            except ValueError as error:
                if "could not convert string to float" in str(error):  # NumPy's, with all of the text
                    raise ValueError("it is a text, where numbers are needed") from error
                raise
            chances = self._chances(x)
        if self.threshold is not None:
            said = above(self.threshold, said, chances, getattr(self.predictor, "detects", ""))
        if sheet and len(sheet.rows) != len(said):  # a table that is one example, such as a picture
            sheet, truths = None, ()
        alone = len(said) == 1 and not is_table and suffix != ".npy"
        classes, p = chances or ((), None)
        return Answers(str(path), said, alone, classes, p, sheet if self.beside else None, truths)

    def _chances(self, x: Any) -> Probabilities | None:
        wanted = self.likely or self.targets or self.threshold is not None
        if not wanted or not hasattr(self.predictor, "probabilities"):
            return None
        with silenced():  # what is to be said of x has been said
            found: Probabilities | None = self.ask("probabilities", x)
            return found

    def _truths(self, sheet: Sheet) -> tuple[list[str], ...]:
        """The columns of the table that hold the true answers; () unless all are there."""
        if lacking := [name for name in self.targets if name not in sheet.names]:
            if self.named:
                raise ValueError(f"there is no column {lacking[0]!r} (known: {', '.join(sheet.names)})")
            return ()
        return tuple([row[sheet.names.index(name)] for row in sheet.rows] for name in self.targets)


def given(x: Any, predictor: Any) -> Iterator[Any]:
    """What Python code asks about, as the predictor takes it: one thing, or one for each of several files.

    A path, or a text that names a file, is read as `trivium predict` reads it, a folder with all files below it; a list
    of such is several. A DataFrame and a dictionary of columns are a table. All else is handed on as it is; an array
    holds the columns of the table in the order in which the network learnt from them, where that reads tables.
    """
    reads, several = getattr(predictor, "reads", ()), isinstance(x, list | tuple) and len(x) > 0
    parts = list(x) if several else [x]
    if not all(_is_path(part, predictor) for part in parts):
        yield taken(x, predictor)
        return
    for path in files([Path(part) for part in parts], known(reads))[0]:
        check_named(path)
        yield taken(read_examples(path, reads), predictor)


def taken(x: Any, predictor: Any) -> Any:
    """`x` as the predictor takes it: a frame and an array of a table's columns as a csv file. ValueError for others."""
    columns = getattr(predictor, "columns", ())
    if is_frame(x):
        found = columns_of(x)
        return frame_bytes(found) if ".csv" in getattr(predictor, "reads", ()) else numbers_of(found)
    if not columns or isinstance(x, bytes | str | Rows | Photo):
        return x
    rows = np.asarray(x, object)
    rows = rows[None] if rows.ndim == 1 else rows
    if rows.ndim != 2 or rows.shape[1] != len(columns):
        held = f"{rows.shape[1]} columns" if rows.ndim == 2 else f"the shape {rows.shape}"
        raise ValueError(f"an array of {held}, where the table has {len(columns)}: {', '.join(columns)}")
    return frame_bytes(dict(zip(columns, rows.T.tolist(), strict=True)))


def joined(said: list[Any]) -> Any:
    """What is said of several files as one: an array of the answers, or a list where they are texts."""
    if len(said) == 1:
        return said[0]
    return said if any(isinstance(each, str) for each in said) else np.concatenate(said)


@contextmanager
def silenced() -> Iterator[None]:
    """Without lines on stderr of what is odd in an input."""
    ours = logging.getLogger("trivium")
    before, ours.disabled = ours.disabled, True
    try:
        yield
    finally:
        ours.disabled = before


def _is_path(x: Any, predictor: Any) -> bool:
    """A path; or a text that names a file that is there, or could be one where the network takes no text."""
    if isinstance(x, PurePath) or not isinstance(x, str) or "\n" in x or not x:
        return isinstance(x, PurePath)
    try:
        there = Path(x).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # too long a name, a null byte, no such user
        return False
    read = kind(Path(x)) in known(getattr(predictor, "reads", ()))
    return (there and read) if hasattr(predictor, "stream") else (there or read)


def _without(sheet: Sheet, names: tuple[str, ...]) -> bytes:
    """The rows of a table of numbers without these columns."""
    kept = [k for k, name in enumerate(sheet.names) if name not in names]
    rows = [[row[k] for k in kept] for row in sheet.rows]
    return sheet_bytes(rows[0], rows[1:], sheet.delimiter) if rows else b""


def _standard_input() -> bytes:
    raw = sys.stdin.buffer.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise Refusal(f"standard input is larger than {LARGEST >> 20} MiB")
    return raw
