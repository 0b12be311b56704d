"""What the teacher says, out of the columns of a table: classes, values, or labels. What cannot be learnt is refused.

A row without a target, or with an odd cell in a column of numbers, is left out, and told.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core import Array
from core.lab.data.columns import where
from core.lab.data.notation import PLAIN, blank, decide
from core.lab.data.tables import Rows

LARGE = 1e100  # its square and sums of such are still numbers
FEW = 20  # different whole numbers that are taken for classes
RARE = 5  # rows of a class below which there is a warning


class Target(NamedTuple):
    """What is to be learnt."""

    rows: Rows  # those that have a target
    t: Array  # (N,) classes from 0 to C - 1, (N, O) values, or (N, K) labels, 0 or 1
    classes: tuple[str, ...]  # the names of the C classes, none where t holds values or labels
    told: list[str]  # a line for whatever was not taken as it stands
    labels: bool = False


def targets_of(rows: Rows, names: Sequence[str], kind: str = "auto") -> Target:
    """`target_of` one column; several are labels where all of them hold 0 and 1 alone, and else values.

    Of `kind` "value" they are values in any case, of "classes" labels. A row that lacks one of its targets is left out.
    """
    if len(names) == 1:
        return target_of(rows, names[0], kind)
    told, n = list[str](), 0
    while len(rows) != n:  # until no column leaves a row out
        n = len(rows)
        for name in names:
            found = target_of(rows, name, "value")
            rows, told = found.rows, told + found.told
    t = np.concatenate([target_of(rows, name, "value").t for name in names], 1)
    binary = np.isin(t, (0, 1)).all(0)
    if kind == "classes" and not binary.all():
        name = names[int(binary.argmin())]
        raise ValueError(f"the column {name!r} holds other values than 0 and 1: several targets of classes are labels")
    return Target(rows, t, (), told, bool(binary.all()) and kind != "value")


def target_of(rows: Rows, name: str, kind: str = "auto") -> Target:
    """The column `name` as classes or values; "auto" decides by the column: words, or few different whole numbers.

    Of `kind` "classes" each text is a class, as it stands. Else numbers may be written in any notation, and words that
    differ in nothing but small and large letters or spaces are one class.
    """
    texts = rows.column(name)
    found = decide(texts).notation
    cells = (found or PLAIN).read(texts)
    numeric = found is not None and found.kind == "number"
    odd, there = cells.odd, cells.values[~np.isnan(cells.values)]
    whole = numeric and len(np.unique(there)) <= FEW and bool((there == np.round(there)).all())
    if kind == "value" and not numeric:
        words = ((text, line) for text, line in zip(texts, rows.lines, strict=True) if found or text in odd)
        text, line = next(words)
        raise ValueError(f"line {line}: {text[:40]!r} in the column {name!r} is not a finite number")
    as_words = not numeric or (kind == "classes" and bool(odd))
    out = frozenset(text for text in set(texts) if blank(text)) | (frozenset() if as_words else odd)
    told = []
    if out:
        n, named = where(rows, name, out)
        row = "1 row is left out, its target is" if n == 1 else f"{n:,} rows are left out, their targets are"
        told.append(f"{name}: {row} missing or odd: {named}")
        rows = rows.take(k for k, text in enumerate(texts) if text not in out)
        texts = rows.column(name)
    if not texts:
        raise ValueError(f"the target {name!r} is missing in all rows")
    if as_words:
        if kind != "classes":
            texts = _folded(name, texts, told)
        return Target(rows, *_classes(name, texts, sorted(set(texts))), told)
    v = cells.values[~np.isnan(cells.values)]
    if kind == "classes" or (kind == "auto" and whole):
        texts = [f"{value:.15g}" for value in v.tolist()]
        return Target(rows, *_classes(name, texts, sorted(set(texts), key=float)), told)
    return Target(rows, _values(name, v), (), told)


def _folded(name: str, texts: list[str], told: list[str]) -> list[str]:
    """Each word in the spelling that most rows give it: Yes, yes and YES are one class."""
    spellings = dict[str, Counter[str]]()
    for text, n in Counter(texts).items():
        spellings.setdefault(" ".join(text.casefold().split()), Counter())[text] += n
    spelt = {text: max(sorted(many), key=lambda one: many[one]) for many in spellings.values() for text in many}
    for many in spellings.values():
        if len(many) > 1:
            one = spelt[next(iter(many))]
            words = ", ".join(repr(word[:40]) for word in sorted(many))
            told.append(f"{name}: {words} are one class, {one[:40]!r}; --kind classes keeps them apart")
    return [spelt[text] for text in texts]


def _classes(name: str, texts: list[str], classes: list[str]) -> tuple[Array, tuple[str, ...]]:
    C, N = len(classes), len(texts)
    if C < 2:
        raise ValueError(
            f"the target {name!r} has one class, {classes[0]!r}, in all rows: there is nothing to tell apart"
        )
    if 2 * C > N:
        raise ValueError(
            f"the target {name!r} has {C} classes in {N} rows, fewer than two rows each: name another "
            "column, or --kind value if it holds numbers"
        )
    place = {each: c for c, each in enumerate(classes)}
    return np.array([place[text] for text in texts]), tuple(classes)


def rare_classes(name: str, target: Target, folds: int = 0) -> list[str]:
    """A line on each class of fewer than RARE rows, with what becomes of them in one division or in so many folds."""
    said = {1: "1 row, which is learnt from and never tested", 2: "2 rows, one to learn from and one to test"}
    if folds:
        said = {1: "1 row, which no network is both taught and asked"}
    rests, counts = "what is said of it rests on next to nothing", Counter(target.t.ravel().tolist())
    rare = [(each, counts[c]) for c, each in enumerate(target.classes) if counts[c] < RARE]
    return [f"{name}: the class {each[:40]!r} has {said.get(n, f'{n} rows')}: {rests}" for each, n in rare]


def _values(name: str, v: Array) -> Array:
    """t (N, 1)."""
    if (v == v[0]).all():
        raise ValueError(f"the target {name!r} is {v[0]:g} in all rows: there is nothing to learn")
    if np.abs(v).max() > LARGE:
        raise ValueError(f"the target {name!r} holds numbers beyond {LARGE:g}: give it in another unit")
    return v[:, None]
