"""Records: windows against a slow oracle, the windows that move on against those that are cut, the fixed division."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from core.lab.text import lines as records
from core.lab.text.lines import END, divide, joined
from core.lab.text.vocabulary import Vocabulary

END_ID = 7
ids_of = st.lists(st.integers(1, 7), max_size=40).map(lambda ids: np.array(ids, np.uint8))


def slow(before, ids, width, end, conditioned):
    """Window by window, out of the definition."""
    text, rows = [*before.tolist(), *ids.tolist()], []
    for i in range(len(before), len(text)):
        begin = i
        while begin > 0 and text[begin - 1] != end:
            begin -= 1
        row = [text[j] if j >= begin else end for j in range(i - width + 1, i + 1)]
        if conditioned:
            row[0] = text[begin] if i > begin else end
        rows.append(row)
    return np.array(rows, np.uint8).reshape(-1, width)


@given(ids_of, ids_of, st.integers(2, 9), st.booleans())
def test_windows_are_those_of_the_definition(before, ids, width, conditioned):
    cut = records.windows(END_ID, conditioned)
    np.testing.assert_array_equal(cut(before, ids, width), slow(before, ids, width, END_ID, conditioned))


@given(ids_of, st.integers(2, 9), st.booleans())
def test_windows_that_move_on_are_those_that_are_cut(ids, context, conditioned):
    rows = records.windows(END_ID, conditioned)(ids[:0], ids, context + 1)
    x, move = np.full((2, context), END_ID, np.uint8), records.slide(END_ID, conditioned)
    for row in rows:
        np.testing.assert_array_equal(x[1], row[:-1])
        move(x, np.array([3, row[-1]]))  # the other text goes a way of its own


def test_a_window_in_letters():
    text = joined(["emma", "al"], ["x"], ["y"])
    vocabulary = Vocabulary.of(text.train * 2)
    ids, end = vocabulary.encode(text.train), int(vocabulary.encode(END)[0])

    def letters(conditioned):
        rows = records.windows(end, conditioned)(ids[:0], ids, 4)
        return [vocabulary.decode(row).replace(END, "|") for row in rows]

    assert letters(False) == ["|||e", "||em", "|emm", "emma", "mma|", "|||a", "||al", "|al|"]
    assert letters(True) == ["|||e", "e|em", "eemm", "emma", "ema|", "|||a", "a|al", "aal|"]


def test_nothing_of_another_record_is_seen():
    rng, cut = np.random.default_rng(0), records.windows(END_ID, True)
    one, others = np.array([4, 5, 6, END_ID], np.uint8), rng.integers(1, 8, (2, 30)).astype(np.uint8)
    others[:, -1] = END_ID
    a, b = (cut(other, one, 6) for other in others)
    np.testing.assert_array_equal(a, b)


def test_records_are_divided_once_and_for_all():
    names = [f"n{i % 90}" for i in range(120)]
    train, val, test = divide(names, 9, 9)
    assert [len(train), len(val), len(test)] == [72, 9, 9]
    assert sorted(train + val + test) == sorted(set(names))
    assert divide(list(names), 9, 9) == (train, val, test)
    assert test[:3] == ["n36", "n21", "n83"]  # what was measured on them can be measured again


@pytest.mark.parametrize(("val", "test"), [(0, 1), (1, 0), (2, 2)])
def test_too_few_records(val, test):
    with pytest.raises(ValueError, match="4 distinct records cannot be divided"):
        divide(list("abcda"), val, test)


def test_a_record_is_one_line():
    assert joined(["a", "b"], ["c"], [""]) == ("a\nb\n", "c\n", "\n")
    with pytest.raises(ValueError, match="one line"):
        joined(["a"], ["b\nc"], ["d"])
