"""The encoder knows the training rows and nothing else; what it leaves out and what is odd it tells, in every part."""

import json
import re
from datetime import date

import numpy as np
import pytest

from core.lab.data import encoder as encoders
from core.lab.data.columns import FAR, Numeric
from core.lab.data.encoder import VALUES, Encoder, encoded, learn
from core.lab.data.tables import Rows, read_table, rows_of


def table(**columns):
    return Rows(columns, list(range(2, len(next(iter(columns.values()))) + 2)))


def test_numbers_are_standardised_by_the_training_rows_alone():
    train, new = table(v=["1", "2", "?", "6"]), table(v=["NA", "4", "1e300"])
    encoder = learn(train)
    mean, deviation = 3, np.std([1, 2, 6])
    assert encoder.features == ("v", "v missing")
    expected = [[(2 - mean) / deviation, 1], [(4 - mean) / deviation, 0], [FAR, 0]]  # 2 is the median
    np.testing.assert_allclose(encoder(new), expected, rtol=1e-6)
    assert learn(train) == learn(train.take(range(4)))


def test_like_scikit_learn_on_whole_columns():
    from sklearn.preprocessing import StandardScaler

    x = np.random.default_rng(0).standard_normal((50, 3)) * [1, 1e-3, 1e5] + [0, 7, -1e5]
    rows = rows_of(x, "abc")
    np.testing.assert_allclose(learn(rows)(rows), StandardScaler().fit_transform(x), atol=1e-5)


def test_values_have_features_and_what_was_never_seen_is_other():
    encoder = learn(table(c=["b", "a", "", "a", "b", "a", "once", "?"]))
    assert encoder.features == ("c = a", "c = missing", "c = b", "c = other")
    x = encoder(table(c=["b", "nan", "once", "new", "a"]))
    assert x.argmax(1).tolist() == [2, 1, 3, 3, 0]
    assert x.sum(1).tolist() == [1] * 5


def test_very_many_values_are_bounded_and_names_left_out():
    many = [str(k // 2) + "x" for k in range(400)]
    encoder = learn(table(many=many, name=[f"n{k}o" for k in range(400)], same=["s"] * 400, gone=["", "NA"] * 200))
    assert len(encoder.features) == VALUES + 1
    assert all(name.startswith("many") for name in encoder.features)
    assert encoder.remarks == (
        "name: left out, another word in every row, such as 'n0o'",
        "same: left out, 's' in all rows",
        "gone: left out, no value in any row",
    )


def test_codes_can_be_told_from_numbers():
    rows = table(zip=["10", "20", "10", "20"])
    assert learn(rows).features == ("zip",)
    assert learn(rows, ["zip"]).features == ("zip = 10", "zip = 20", "zip = other")
    with pytest.raises(ValueError, match="did you mean zip"):
        learn(rows, ["zipp"])


def test_columns_may_come_in_any_order_and_must_be_there():
    encoder = learn(table(a=["1", "2"], b=["3", "5"]))
    np.testing.assert_array_equal(encoder(table(c=["x"], b=["5"], a=["1"])), [[-1, 1]])
    with pytest.raises(ValueError, match="the columns 'b' are missing"):
        encoder(table(a=["1"]))


def test_huge_numbers_are_numbers():
    rows = table(v=["1e308", "-1e308", "0"], w=["1e-300", "2e-300", "0"])
    assert np.isfinite(learn(rows)(rows)).all()


def test_a_table_that_tells_nothing_is_refused():
    with pytest.raises(ValueError, match="no column tells the rows apart"):
        learn(table(a=["1", "1"], b=["x", "y"]))


ODD = ("n.a.", "#N/A", "-", "--", "<5", ">90", "#DIV/0!", "none", "unknown", "inf", "1_000", "x" * 70)


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("word", ODD)
def test_an_odd_cell_is_a_missing_value_in_every_part_and_is_named(caplog, word, part):
    train, new = ["1", "2", "3", "6", "9"], ["4", "5"]
    (train, new)[part][1] = word
    encoder = learn(table(age=train))
    (column,) = encoder.columns
    assert isinstance(column, Numeric)
    x, odd = encoder.read(table(age=(train, new)[part]))
    assert odd == [f"age: 1 odd cell is a missing value: {word[:40]!r} (line 3)"]
    assert x[1, 0] == pytest.approx((column.median - column.mean) / column.deviation)
    assert [len(row) for row in x] == [2 - part] * len(x)  # with a feature that says missing, if training had one
    encoder(table(age=(train, new)[part]))
    assert caplog.messages == odd


def test_odd_cells_are_counted_and_the_first_named():
    rows = table(v=[*map(str, range(20)), "-", "-", "<5", "na", "x", "y"])
    assert learn(rows).read(rows)[1] == [
        "v: 5 odd cells are missing values: '-' (line 22), '<5' (line 24), 'x' (line 26), ..."
    ]


def test_most_cells_decide_what_a_column_is():
    assert isinstance(learn(table(v=["1", "2", "3", "x", "x"])).columns[0], Numeric)
    words = learn(table(v=["1", "2", "x", "x", "12.5.2020", "x"]))
    assert words.features == ("v = x", "v = other")
    assert words.remarks == ("v: read as words, though 33% of its cells are numbers or dates",)


def test_what_no_cell_of_a_column_tells_the_other_columns_do():
    even = ["1.234", "2.345", "1.234"]
    german = learn(table(a=even, b=["1,5", "2,25", "7"], c=["1", "2", "3"]))
    assert [c.notation.decimal for c in german.columns] == [",", ",", "."]
    assert german.remarks == ("a: '1.234' is read as 1234; no cell of the column tells",)
    assert german.columns[0].mean == pytest.approx((1234 * 2 + 2345) / 3)
    assert learn(table(a=even, b=["1.5", "2", "7"])).columns[0].mean == pytest.approx((1.234 * 2 + 2.345) / 3)
    pair = learn(table(a=["1,234", "2,345"])), learn(Rows({"a": ["1,234", "2,345"]}, [2, 3], comma=True))
    assert [encoder.columns[0].median for encoder in pair] == pytest.approx([(1234 + 2345) / 2, (1.234 + 2.345) / 2])
    dates = table(d=["1/2/2024", "3/4/2024"])
    assert learn(dates).remarks == ("d: '1/2/2024' is read with the month first; no cell of the column tells",)


def test_new_rows_in_the_other_notation_are_read_and_told():
    encoder = learn(table(v=["1.5", "2.25", "4,000.5"]))
    x, told = encoder.read(table(v=["1.5", "2,25", "4.000,5"]))
    np.testing.assert_array_equal(x, encoder(table(v=["1.5", "2.25", "4000.5"])))
    way = "with another decimal mark, or order of day and month, than most cells"
    assert told == [f"v: 2 {way}: '2,25' (line 3), '4.000,5' (line 4)"]


EVERYTHING = {
    "n": ["1.5 %", "2 %", "-", "7 %"],
    "w": ["a", "a", "", "b"],
    "when": ["2024-02-29 18:00", "1.3.2025", "?", "31 Dec 1999"],
    "at": ["0:30", "23:59", "7:00", "12:00"],
    "big": ["1e300", "-1e-300", "0.1", "3"],
}


def test_an_encoder_out_of_json_gives_the_same_bytes():
    rows = table(**EVERYTHING)
    encoder = learn(rows)
    again = Encoder.from_json(json.loads(json.dumps(encoder.to_json(), allow_nan=False)))
    assert again == encoder
    assert (again.features, str(again), again(rows).tobytes()) == (
        encoder.features,
        str(encoder),
        encoder(rows).tobytes(),
    )


HOSTILE = {
    "encoder is [], not an object": [],
    "encoder.columns is missing": {"remarks": []},
    "encoder.columns.0.type is 'code', not categorical": {"columns": [{"type": "code"}]},
    "encoder.columns has no column": {"columns": []},
    "two of one name": {"columns": [{"name": "w"}, {"name": "w"}]},
    "columns.0.values holds a text twice": {"columns": [{"name": "w", "values": ["a", "a"]}]},
    "columns.0.values.0 is 3, not a text": {"columns": [{"name": "w", "values": [3]}]},
    "columns.0.mean is nan": {"columns": [{"mean": float("nan")}]},
    "no numbers have the mean 1, deviation 0": {"columns": [{"deviation": 0}]},
    "no numbers have the mean 1, deviation -1": {"columns": [{"deviation": -1.0}]},
    "no numbers have the mean 1e+99, deviation 1e-300": {"columns": [{"mean": 1e99, "deviation": 1e-300}]},
    "no dates have the mean 1e+30": {"columns": [{"mean": 1e30, "notation": {"kind": "date"}}]},
    "columns.0.gaps is 1, not true or false": {"columns": [{"gaps": 1}]},
    "columns.0.cycles.0 is 'year sin'": {"columns": [{"cycles": ["year sin"]}]},
    "cycles holds what a number does not have": {"columns": [{"cycles": ["hour sin"]}]},
    "cycles holds what a time does not have": {"columns": [{"cycles": ["month sin"], "notation": {"kind": "time"}}]},
    "one of them twice": {"columns": [{"cycles": ["day sin"] * 2, "notation": {"kind": "date"}}]},
    "columns.0.notation.kind is 'eval'": {"columns": [{"notation": {"kind": "eval"}}]},
    "columns.0.notation.decimal is ';'": {"columns": [{"notation": {"decimal": ";"}}]},
}


@pytest.mark.parametrize("said", HOSTILE)
def test_json_that_is_no_encoder_is_refused(said):
    notation = {"kind": "number", "decimal": ".", "unit": "", "day_first": False}
    number = {"type": "numeric", "name": "n", "mean": 1.0, "deviation": 2.0, "median": 1, "gaps": False, "cycles": []}
    word = {"type": "categorical", "values": []}

    def whole(change):
        if change.get("name") == "w":
            return word | change
        return number | change | {"notation": notation | change.get("notation", {})}

    value = HOSTILE[said]
    if isinstance(value, dict) and "columns" in value:
        value = {"columns": [whole(column) for column in value["columns"]], "remarks": []}
    with pytest.raises(ValueError, match=re.escape(said)):
        Encoder.from_json(value)


def test_a_date_is_a_number_and_stands_on_circles():
    train = table(when=["2024-01-01", "2024-02-29 06:00", "2025-12-31 18:00", "2025-12-31 18:00"])
    column = learn(train).columns[0]
    encoder = learn(train)
    waves = ["month sin", "month cos", "day sin", "day cos", "weekday sin", "weekday cos", "hour sin"]
    assert encoder.features == ("when", *(f"when: {wave}" for wave in (*waves, "hour cos")))
    z = encoder(table(when=["2024-05-16 06:00", "-"]))  # a Thursday
    days = (date(2024, 5, 16) - date(1970, 1, 1)).days + 0.25
    turns = [4 / 12, 15 / 31, 3 / 7, 6 / 24]
    expected = [f(2 * np.pi * turn) for turn in turns for f in (np.sin, np.cos)]
    np.testing.assert_allclose(z[0], [(days - column.mean) / column.deviation, *expected], atol=1e-6)
    np.testing.assert_allclose(z[1, 1:], 0)
    told = "mean 2025-01-15, deviation 351.2 days; beside it the month, day, weekday, hour as sin and cos"
    assert str(column).endswith(told)


@pytest.mark.parametrize(
    ("cells", "waves"),
    [
        (["2024-03", "2024-09", "2025-03", "2026-09"], ["weekday"]),  # opposite months: a line, not a circle
        (["2024-01-01", "2024-01-08", "2024-01-15"], ["day"]),
        (["2024-01-01 08:00", "2024-01-01 09:00"], ["hour"]),
        (["0:00", "6:00", "12:00"], ["hour"]),
        (["6:00", "30:00", "12:00"], []),  # a duration
        (["1", "2", "3"], []),
    ],
)
def test_what_does_not_differ_among_dates_is_no_feature(cells, waves):
    encoder = learn(table(v=cells))
    found = [name.split()[0] for name in encoder.columns[0].cycles]
    assert sorted(set(found) - {"month"}) == waves
    assert (encoder(table(v=cells)).std(0) > 1e-3).all()


def test_the_page_tells_of_all_columns_and_stderr_of_the_first(monkeypatch, caplog):
    monkeypatch.setattr(encoders, "SAID", 2)
    rows = table(v=["1", "2", "-"], w=["5"] * 3, x=["6"] * 3, skip=["a", "b", "a"])
    read = encoded(rows, [0, 1, 2], "my.csv", ignore=("skip",), told=["t: told before"])
    assert caplog.messages == [
        "my.csv: t: told before",
        "my.csv: w: left out, '5' in all rows",
        "my.csv: and 2 columns more, of which the page tells",
    ]
    for line in ("v: a number, mean 1.5", "t: told before", "x: left out", "v: 1 odd cell", "as --ignore says: skip"):
        assert line in read.page
    with pytest.raises(ValueError, match="did you mean skip"):
        encoded(rows, [0], "my.csv", ignore=("skp",))


def test_an_encoded_table_is_bounded(monkeypatch):
    monkeypatch.setattr(encoders, "ENTRIES", 3)
    rows = read_table(b"a,b\n1,2\n3,4\n")
    with pytest.raises(ValueError, match="too many"):
        learn(rows)(rows)
