"""What a network says of one input, and what is likeliest beside it; as lines, as JSON, and as rows of a csv file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from core import Array
from core.lab import printable
from core.lab.answers.scoring import score
from core.lab.data.tables import Sheet, sheet_bytes
from core.lab.errors import Refusal
from core.lab.learner import Probabilities
from core.lab.terminal import one_line

BEST = ("", "second", "third")  # beside the answer, the next likeliest classes
OUT = {".csv": "", ".tsv": "\t", ".tab": "\t", ".json": ""}  # what answers are written to, and what divides fields


class Answers(NamedTuple):
    """What is said of the examples of one input."""

    input: str
    said: list[Any]  # N, each as JSON can hold it
    alone: bool  # whether the input is one example: a picture, a sound, a text
    classes: tuple[str, ...] = ()  # C
    p: Array | None = None  # N, C
    sheet: Sheet | None = None  # the rows of the input, where it is a table
    truths: tuple[list[str], ...] = ()  # the true answers, K columns of N texts, where the input still holds them

    def best(self, k: int) -> list[tuple[str, float]]:
        """The class of answer k and how likely it is; then the two next likeliest. [] where the answer is no class."""
        if self.p is None:
            return []
        order = np.argsort(-self.p[k], kind="stable").tolist()
        if (said := str(self.said[k])) in self.classes:
            order.sort(key=self.classes.index(said).__ne__)
        return [(self.classes[c], float(f"{self.p[k, c]:.6g}")) for c in order[: len(BEST)]]


def plain(said: Any) -> list[Any]:
    """Answers as JSON can hold them: a text, or an array whose numbers have no more digits than they are good for."""
    if isinstance(said, str):
        return [said]
    said = np.asarray(said)
    listed: list[Any] = (said.astype(str).astype(float) if said.dtype == np.float32 else said).tolist()
    return listed if isinstance(listed, list) else [listed]


def above(threshold: float, said: list[Any], chances: Probabilities | None, detects: str) -> list[Any]:
    """Answers where the class `detects` is said at a probability of `threshold` and more, else the likeliest other one.

    Without it the second of two classes is. Raises Refusal where there is neither.
    """
    classes = chances.classes if chances else ()
    if chances is None or (detects not in classes and len(classes) != 2):
        held = f"{len(classes)} classes" if classes else "no classes"
        raise Refusal(f"--threshold goes with two classes, or one that is detected; this network tells {held}")
    k = classes.index(detects) if detects in classes else 1
    others = np.where(np.arange(len(classes)) == k, -1, chances.p).argmax(-1)
    found = np.where(chances.p[:, k] >= threshold, k, others).tolist()
    return [type(said[0])(classes[c]) for c in found]  # 0 and 1 stay numbers


def lines(a: Answers, many: bool) -> Iterator[str]:
    """What the terminal shows: an answer a line; of `many` inputs each with its file, and how likely it is."""
    for k, said in enumerate(a.said):
        text = printable(said) if a.alone and isinstance(said, str) else one_line(str(said))
        if many:
            best, place = a.best(k), one_line(a.input) + ("" if a.alone else f" row {k + 1}")
            text = "\n" + text.rstrip("\n") if "\n" in text.rstrip("\n") else f" {text.rstrip()}"
            text = f"{place}:{text}" + (f" ({100 * best[0][1]:.0f} %)" if best else "")
        yield text


def objects(a: Answers) -> Iterator[dict[str, Any]]:
    """Each answer as an object of JSON."""
    for k, said in enumerate(a.said):
        best = a.best(k)
        yield {
            "input": a.input,
            **({} if a.alone else {"row": k + 1}),
            "answer": said,
            **({"probability": best[0][1], "best": best} if best else {}),
            **({"true": [texts[k] for texts in a.truths] if len(a.truths) > 1 else a.truths[0][k]} if a.truths else {}),
        }


def total(answers: Sequence[Answers], targets: Sequence[str]) -> dict[str, Any]:
    """The score over all inputs that hold their true answers; {} where none does. Raises ValueError as `score` does."""
    scored = [a for a in answers if a.truths]
    if not scored:
        return {}
    truths = [[text for a in scored for text in a.truths[k]] for k in range(len(targets))]
    said = [each for a in scored for each in a.said]
    return {"target": list(targets), **score(said, truths, scored[0].classes)}


def table(answers: Sequence[Answers], targets: Sequence[str], divider: str = "") -> bytes:
    """A csv file: the rows of the inputs as they stand, and beside each its answer and how likely that is.

    Columns: `file` where there is more than one or it is no table; those of the tables, or `row`; `prediction`, one
    for each value of an answer; `probability`, `second`, `second_probability`, `third`, `third_probability` of
    classes; `true`. A name that a table has already gets _2, _3, ...
    """
    sheets = [a.sheet for a in answers if a.sheet]
    if not divider:
        dividers = {sheet.delimiter for sheet in sheets}
        divider = dividers.pop() if len(dividers) == 1 else ","
    given = list(dict.fromkeys(name for sheet in sheets for name in sheet.names))
    if len(answers) == 1 and sheets:
        given = sheets[0].names  # as they stand, also where one is there twice
    file, row = len(answers) > 1 or any(a.alone for a in answers), not sheets and not all(a.alone for a in answers)
    own = _own(answers, targets)
    names = [_free(name, given) for name, there in (("file", file), ("row", row)) if there]
    header = [*names, *given, *(_free(name, given) for name in own)]

    def rows() -> Iterator[list[Any]]:
        for a in answers:
            names = a.sheet.names if a.sheet else []
            at = range(len(given)) if names is given else [given.index(name) for name in names]
            for k, said in enumerate(a.said):
                cells = [""] * len(given)
                for place, cell in zip(at, a.sheet.rows[k] if a.sheet else (), strict=False):
                    cells[place] = cell
                yield [*[a.input] * file, *[k + 1] * row, *cells, *_cells(a, k, said, own)]

    return sheet_bytes(header, rows(), divider)


def _own(answers: Sequence[Answers], targets: Sequence[str]) -> list[str]:
    """The names of the columns that answers fill."""
    widest = max(len(s) if isinstance(s, list) else 0 for a in answers for s in a.said)
    parts = list(targets) if len(targets) == widest else [str(k + 1) for k in range(widest)]
    own = [f"prediction_{part}" for part in parts] if widest else ["prediction"]
    for name in BEST[: max(len(a.classes) for a in answers)]:
        own += [name, f"{name}_probability"] if name else ["probability"]
    truths = max(len(a.truths) for a in answers)
    return own + ([f"true_{name}" for name in targets] if truths > 1 else ["true"] * truths)


def _cells(a: Answers, k: int, said: Any, own: Sequence[str]) -> list[Any]:
    """The cells of answer k below the names `own`."""
    best, values = a.best(k), iter(said if isinstance(said, list) else [said])
    likely = iter([best[0][1], *(part for pair in best[1:] for part in pair)] if best else [])
    truths, cells = iter([texts[k] for texts in a.truths]), list[Any]()
    for name in own:
        kind = values if name.startswith("prediction") else truths if name.startswith("true") else likely
        cell = next(kind, "")
        cells.append(json.dumps(cell) if isinstance(cell, dict | list) else cell)
    return cells


def _free(name: str, taken: Sequence[str]) -> str:
    """`name`, or name_2, name_3, ...: the first that is not taken."""
    k, free = 1, name
    while free in taken:
        k, free = k + 1, f"{name}_{k + 1}"
    return free


def check_out(out: Path, force: bool, inputs: Sequence[Path]) -> None:
    """Raises Refusal where answers cannot be written to `out`, before anybody waits for them."""
    if out.suffix.lower() not in OUT:
        raise Refusal(f"--out {out} is of no kind that is written here: {', '.join(OUT)}")
    if not out.parent.is_dir():
        raise Refusal(f"--out {out}: there is no folder {out.parent}")
    if out.is_dir():
        raise Refusal(f"--out {out} is a folder; name a file in it")
    if any(path.exists() and out.exists() and path.samefile(out) for path in inputs):
        raise Refusal(f"--out {out} is one of the files to be read; name another")
    if out.exists() and not force:
        raise Refusal(f"{out} is there already: name another file, or --force to write over it")
