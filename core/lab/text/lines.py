"""Texts of records: names, or reviews that begin with a rating. What one record holds says nothing about the next.

"emma" END "olivia" END ...            END is a new line; a position sees its own record alone
"5love it" END "1too small" END ...    conditioned: the first character of a record stays in view until its end

As the windows of a language model (N, width), the position itself in the last column, here at the m of emma:
    [END END END e | m]     what lies before the record is filled with END
    [5 END 5 l | o]         conditioned: the first column is always the condition, once the record has begun
So the number of ENDs says how far the record has come, and the vocabulary, the scores and the counting of n-grams
are those of any text. The END of a record is predicted as its last character.
"""

from collections.abc import Sequence

import numpy as np

from core import Array
from core.lab.data.splits import SEED, Text
from core.lab.text.sampling import Slide, Windows

END = "\n"


def divide(records: Sequence[str], val: int, test: int) -> tuple[list[str], list[str], list[str]]:
    """Distinct records in three parts, `val` and `test` of them held out: a fixed division, whatever a run's seed is.

    Each record is kept once, so that none stands in two parts. Raises ValueError where too few are left to train on.
    """
    distinct = list(dict.fromkeys(records))
    train = len(distinct) - val - test
    if train < 1 or val < 1 or test < 1:
        raise ValueError(
            f"{len(distinct)} distinct records cannot be divided: {val} were asked to validate on, "
            f"{test} to test on, and some must be left to learn from"
        )
    mixed = [distinct[i] for i in np.random.RandomState(SEED).permutation(len(distinct))]  # a stream for ever (NEP 19)
    return mixed[:train], mixed[train : train + val], mixed[train + val :]


def joined(train: Sequence[str], val: Sequence[str], test: Sequence[str]) -> Text:
    """Three parts of a text, each record followed by END. Raises ValueError for a record that holds END itself."""
    for record in (record for record in (*train, *val, *test) if END in record):
        raise ValueError(f"a record must be one line, but this holds a new line: {record[:60]!r}")
    return Text(*("".join(record + END for record in part) for part in (train, val, test)))


def windows(end: int, conditioned: bool = False) -> Windows:
    """The function of windows for records that the id `end` closes; see above.

    The first record of `ids` may have begun in `before`; where `before` is empty it begins with `ids`.
    """

    def cut(before: Array, ids: Array, width: int) -> Array:
        closed = np.flatnonzero(before == end)
        open_record = before[closed[-1] + 1 if len(closed) else 0 :]
        text = np.concatenate([open_record, ids])
        here = np.arange(len(open_record), len(text))  # N: the positions
        first = np.zeros(len(text), np.intp)
        first[1:] = np.where(text[:-1] == end, np.arange(1, len(text)), 0)
        start = np.maximum.accumulate(first)[here]  # N: where the record of each begins
        rows = np.empty((len(ids), width), ids.dtype)
        for back in range(width):  # column by column: what stands `back` characters before the position
            at = here - back
            rows[:, width - 1 - back] = np.where(at >= start, text[np.maximum(at, 0)], end)
        if conditioned and width > 1:
            rows[:, 0] = np.where(here > start, text[start], end)
        return rows

    return cut


def slide(end: int, conditioned: bool = False) -> Slide:
    """The function that moves windows x (S, K >= 2) on by one character s (S,), in place, as `windows` would."""

    def move(x: Array, s: Array) -> None:
        first = np.where(x[:, -1] == end, s, x[:, 0])  # S: the condition; a record that begins brings its own
        x[:, :-1] = x[:, 1:]
        x[:, -1] = s
        if conditioned:
            x[:, 0] = first
        x[s == end] = end

    return move
