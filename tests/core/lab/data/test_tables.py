"""Tables are read as they stand, or refused with the line."""

import csv
import gzip
import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from core.lab.data import tables
from core.lab.data.encoder import learn
from core.lab.data.tables import Rows, read_numbers, read_table


def table(**columns):
    return Rows(columns, list(range(2, len(next(iter(columns.values()))) + 2)))


def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("delimiter", list(",;\t|"))
def test_dividers_quotes_newlines_and_the_lines_that_rows_start_in(delimiter):
    text = '\ufeffage|"the\nname"|note\r\n1|"a ""b"" , ; \t c"| x \r\n\r\n2|"two\nlines"|\r\n3|"d"|"é"'
    rows = read_table(text.replace("|", delimiter).encode())
    assert rows.comma == (delimiter == ";")
    assert rows.columns == {
        "age": ["1", "2", "3"],
        "the name": ['a "b" , ; \t c', "two\nlines", "d"],
        "note": ["x", "", "é"],
    }
    assert rows.lines == [3, 5, 7]


PLAIN = "age,note\n1.5,x\n2,y z\n"


@pytest.mark.parametrize(
    "raw",
    [
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        ("\ufeff" + PLAIN).encode("utf-16-be"),
        PLAIN.encode("utf-32"),
        ("sep=;\r\n" + PLAIN.replace(",", ";")).encode(),
        ('"sep=#"\n' + PLAIN.replace(",", "#")).encode("utf-16"),
        gzip.compress(PLAIN.encode(), mtime=0),
        zipped({"my.csv": PLAIN.encode(), "__MACOSX/._my.csv": b"\0"}),
    ],
)
def test_every_way_in_which_the_same_table_comes(raw):
    rows = read_table(raw)
    assert rows.columns == {"age": ["1.5", "2"], "note": ["x", "y z"]}
    assert rows.lines[1] == rows.lines[0] + 1 == 3 + (b"s\0e\0p" in raw or b"sep" in raw)


def test_the_divider_is_the_one_that_the_rows_agree_on():
    assert list(read_table(b"weight, in kg, net;height, in m, all\n1;2\n3,5;4\n").columns)[1] == "height, in m, all"
    assert list(read_table(b'a,b\n"x;y;z;z",1\n').columns) == ["a", "b"]


def test_a_field_may_be_as_long_as_it_likes_and_others_keep_their_limit():
    usual = csv.field_size_limit()
    assert len(read_table(b"a,b\n1," + b"x" * 300_000 + b"\n").columns["b"][0]) == 300_000
    assert csv.field_size_limit() == usual


def test_numbers_may_be_names_where_one_of_them_is_asked_for():
    assert list(read_table(b"0,1,target\n5,6,a\n", ["target"]).columns) == ["0", "1", "target"]
    with pytest.raises(ValueError, match="'0' is a number; put a line of names first; if it does, 'sold' is not among"):
        read_table(b"0,1,target\n5,6,a\n", ["sold"])


def test_numbers_alone_with_names_or_without():
    x = np.array([[0.5, 2, -3e-7], [4, 5, 1234.5]], np.float32)
    rows = "0.5,2,-3e-7\n4,5,1234.5\n"
    ways = [
        *(rows, "\ufeff" + rows, rows.replace(",", ";"), rows.replace("\n", "\r\n"), rows.replace("\n", "\r")),
        *(
            "a,b,c\n" + rows,
            '"a","b\nb","c"\n\n' + rows,
            rows.replace("4,5", '"4",5'),
            "0,1,2\n" + rows,
            "1,2,3\n" + rows,
        ),
        *(
            rows.replace(",", ";").replace(".", ","),
            rows.replace("1234.5", '"1,234.5"'),
            "sep=|\n" + rows.replace(",", "|"),
        ),
        rows.replace("-", "\u2212"),
    ]
    for text in ways:
        np.testing.assert_array_equal(read_numbers(text.encode()), x, err_msg=text)
    assert read_numbers(b"1\n2\n3\n").shape == (3, 1)
    np.testing.assert_array_equal(
        read_numbers(b"1,5;2,234\n3,5;4,5\n"), np.array([[1.5, 2.234], [3.5, 4.5]], np.float32)
    )
    assert read_table(b"a;b\n1,5;2,5\n3,5;4,5\n").columns["b"] == ["2,5", "4,5"]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "empty"),
        (b"a,b\n", "no numbers below"),
        (b"1,2\n3,n.a.\n", "line 2: 'n.a.' is not a number"),
        (b"a,b\n1,2\n3\n", "line 3: 1 numbers where the first has 2"),
        (b"a,b\nx,y\n", "line 2: 'x' is not a number"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(raw, says):
    with pytest.raises(ValueError, match=says):
        read_numbers(raw)


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
    st.sampled_from(",;\t|"),
)
def test_what_csv_writes_comes_back(body, delimiter):
    names = [f"name{k}" for k in range(len(body[0]))]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([names, *body])
    rows = read_table(out.getvalue().encode())
    expected = [[field.strip() for field in row] for row in body]
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
        ("a,b\n1,2\n".encode("utf-16")[:-1], "not UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-le"), "line 1.*zero byte"),
        (zipped({"[Content_Types].xml": b"", "xl/a.xml": b""}), "it is an Excel workbook .* save it as csv"),
        (zipped({"a.csv": b"a", "b.csv": b"b"}), "zip file holds 2 files"),
        (gzip.compress(b"a", mtime=0)[:-1], "not a whole gzip file"),
        (b"PAR1\xff\0\0", "it is a Parquet file"),
        (b"%PDF-1.4\n%\xe2\xe3", "it is a PDF document"),
        (b'[{"a": 1}]', "it is JSON, not a table"),
        (b'{"a": 1}', "it is JSON, not a table"),
        (b" <!DOCTYPE html>\n<html>", "it is a web page, not a table"),
        (b"a,b\n1,\x00\n", "line 2.*zero byte"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "line 3: unexpected end"),
        (b'a,b\n1,"2"3\n', "line 2"),
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


def test_unknown_column_names_the_nearest_and_the_known():
    with pytest.raises(ValueError, match=r"no column 'heigth'; did you mean height\? \(known: age, height\)"):
        table(age=["1"], height=["2"]).column("heigth")
