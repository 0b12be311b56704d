"""Tables are read as they stand or refused with the line; the encoder knows the training rows and nothing else."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from core.lab.data import tables
from core.lab.data.tables import Rows, learn, read_table, rows_of


def table(**columns):
    return Rows(columns, list(range(2, len(next(iter(columns.values()))) + 2)))


@pytest.mark.parametrize("delimiter", list(",;\t"))
def test_dividers_quotes_newlines_and_the_lines_that_rows_start_in(delimiter):
    text = '\ufeffage|"the\nname"|note\r\n1|"a ""b"" , ; \t c"| x \r\n\r\n2|"two\nlines"|\r\n3|"d"|"é"'
    rows = read_table(text.replace("|", delimiter).encode())
    assert rows.columns == {
        "age": ["1", "2", "3"],
        "the name": ['a "b" , ; \t c', "two\nlines", "d"],
        "note": ["x", "", "é"],
    }
    assert rows.lines == [3, 5, 7]


def test_decimal_comma_only_where_a_semicolon_divides():
    assert read_table(b"a;b\n3,14;x\n-2,5e3;1,2,3\n").columns == {"a": ["3.14", "-2.5e3"], "b": ["x", "1,2,3"]}
    assert read_table(b'a,b\n"3,14",x\n"1,5",y\n').columns["a"] == ["3,14", "1,5"]


def test_a_column_without_a_name_is_called_by_its_place():
    assert list(read_table(b",x\n0,1\n1,2\n").columns) == ["column 1", "x"]


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 4).flatmap(
        lambda n: st.lists(
            st.lists(
                st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8), min_size=n, max_size=n
            ),
            min_size=1,
            max_size=6,
        )
    ),
    st.sampled_from(",;\t"),
)
def test_what_csv_writes_comes_back(body, delimiter):
    names = [f"name{k}" for k in range(len(body[0]))]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([names, *body])
    rows = read_table(out.getvalue().encode())
    expected = [[field.strip() for field in row] for row in body]
    if delimiter == ";":
        expected = [[tables._point(field) for field in row] for row in expected]
    assert list(map(list, zip(*rows.columns.values(), strict=True))) == expected


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_table_or_refused_in_one_line(raw):
    said = ""
    try:
        rows = read_table(raw)
        learn(rows)(rows)
    except ValueError as error:
        said = str(error)
    assert len(said.splitlines()) <= 1


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"a,b\n", "no rows"),
        (b"5.1,3.5,setosa\n4.9,3.0,setosa\n", "line 1.*'5.1' is a number"),
        (b"a,b,a\n1,2,3\n", "two columns are called 'a'"),
        (b"a,b\n1,2\n\n3\n", "line 4: 1 fields where the first line names 2"),
        (b"a,b\n1,2,3\n", "line 2: 3 fields"),
        (b"a,b\n1,2\n3,caf\xe9\n", "line 3: byte 0xe9 is not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "not UTF-8"),
        (b"a,b\n1,\x00\n", "line 2.*zero byte"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "line 3: unexpected end"),
        (b'a,b\n1,"2"3\n', "line 2"),
        (b"a\n" + b"x" * 200_000, "line 2: field larger"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(raw, says):
    with pytest.raises(ValueError, match=says):
        read_table(raw)


def test_size_is_bounded(monkeypatch):
    monkeypatch.setattr(tables, "LARGEST", 10)
    with pytest.raises(ValueError, match="at most 10"):
        read_table(b"a,b\n1,2\n3,4\n")
    monkeypatch.setattr(tables, "LARGEST", 100)
    monkeypatch.setattr(tables, "CELLS", 3)
    with pytest.raises(ValueError, match="line 3: the table has more than 3 fields"):
        read_table(b"a,b\n1,2\n3,4\n")
    monkeypatch.setattr(tables, "CELLS", 100)
    monkeypatch.setattr(tables, "ENTRIES", 3)
    rows = read_table(b"a,b\n1,2\n3,4\n")
    with pytest.raises(ValueError, match="too many"):
        learn(rows)(rows)


def test_unknown_column_names_the_nearest_and_the_known():
    with pytest.raises(ValueError, match=r"no column 'heigth'; did you mean height\? \(known: age, height\)"):
        table(age=["1"], height=["2"]).column("heigth")


def test_numbers_are_standardised_by_the_training_rows_alone():
    train, new = table(v=["1", "2", "?", "6"]), table(v=["NA", "4", "1e300"])
    encoder = learn(train)
    mean, deviation = 3, np.std([1, 2, 6])
    assert encoder.features == ("v", "v missing")
    expected = [[(2 - mean) / deviation, 1], [(4 - mean) / deviation, 0], [tables.FAR, 0]]  # 2 is the median
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
    encoder = learn(table(many=many, name=[f"n{k}" for k in range(400)], same=["s"] * 400))
    assert len(encoder.features) == tables.VALUES + 1
    assert all(name.startswith("many") for name in encoder.features)


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
    with pytest.raises(ValueError, match="line 2: 'tall' in the column 'b' is not a finite number"):
        encoder(table(a=["1"], b=["tall"]))


def test_infinity_is_refused_and_huge_numbers_are_not():
    with pytest.raises(ValueError, match="line 3: 'inf'"):
        learn(table(v=["1", "inf"]))
    rows = table(v=["1e308", "-1e308", "0"], w=["1e-300", "2e-300", "0"])
    assert np.isfinite(learn(rows)(rows)).all()


def test_a_table_that_tells_nothing_is_refused():
    with pytest.raises(ValueError, match="no column tells the rows apart"):
        learn(table(a=["1", "1"], b=["x", "y"]))
