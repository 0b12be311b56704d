"""Tables that Python code holds, as a network of tables reads them."""

from datetime import date

import numpy as np
import pytest

from core.lab.answers.asking import taken
from core.lab.answers.frames import columns_of, frame_bytes
from core.lab.answers.scoring import score
from core.lab.data.notation import Notation
from core.lab.data.tables import read_table


class Frame:
    """What pandas and polars have in common."""

    def __init__(self, columns):
        self.held = columns
        self.columns = list(columns)

    def __getitem__(self, name):
        return np.array(self.held[name], object)


class Reader:
    """A predictor of tables."""

    reads, columns = (".csv",), ("a", "b")


DAY = date(2024, 1, 31)


@pytest.mark.parametrize("kind", [dict, Frame])
def test_a_frame_is_the_csv_file_of_its_cells(kind):
    raw = taken(kind({"b": [1.5, 2.0, None], 'a, "x"': ["Köln, West", "no", float("nan")], 7: [DAY, True, 3]}), Reader)
    assert raw.decode() == 'b,"a, ""x""",7\n1.5,"Köln, West",2024-01-31\n2,no,True\n,,3\n'


def test_an_array_holds_the_columns_in_their_order():
    assert taken(np.array([[1.0, 2.5]]), Reader) == b"a,b\n1,2.5\n"
    assert taken(["x", None], Reader) == b"a,b\nx,\n"
    with pytest.raises(ValueError, match="an array of 3 columns, where the table has 2: a, b"):
        taken(np.zeros((2, 3)), Reader)
    with pytest.raises(ValueError, match=r"an array of the shape \(\)"):
        taken(5, Reader)
    x = np.zeros((2, 3))
    assert taken(x, object()) is x  # of another network it is an example
    np.testing.assert_array_equal(taken({"a": [1, 2], "b": [3.0, 4.0]}, object()), [[1, 3], [2, 4]])
    with pytest.raises(ValueError, match="the column 'a' holds something that is no number"):
        taken({"a": ["x"]}, object())


def test_a_number_is_itself_also_where_the_column_was_learnt_with_a_decimal_comma():
    v = np.array([1.234, 50.125, 1234.5, 30.0, -0.001, 1e-7, 123456.789])
    texts = read_table(frame_bytes({"v": v})).columns["v"]
    for decimal in ".,":
        np.testing.assert_array_equal(Notation(decimal=decimal).read(texts).values, v)


@pytest.mark.parametrize(
    ("columns", "line"),
    [({}, "no columns"), ({"a": [1], "b": [1, 2]}, "of lengths"), (Frame({1: [0], "1": [0]}), "two columns")],
)
def test_what_is_no_table_is_one_line(columns, line):
    with pytest.raises(ValueError, match=line):
        columns_of(columns)


def test_a_data_frame_of_pandas():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {"a": [1.0, None], "b": pandas.Categorical(["x", "y"]), "c": pandas.to_datetime([DAY, DAY])}
    )
    assert taken(frame, Reader).decode().splitlines()[2] == ",y,2024-01-31 00:00:00"


def test_scores_of_classes_labels_and_values():
    assert score(["yes", "no", 1], [["Yes ", "yes", "1.0"]], ("yes", "no", "1")) == {"rows": 3, "accuracy": 2 / 3}
    assert score([[0, 1], [1, 1]], [["0", "1"], ["1", "0"]]) == {"rows": 2, "accuracy": 0.75}
    t, y = np.array([1.5, -2, 4]), np.array([1, -1, 4.5])
    found = score([*y.tolist(), 9.0], [["1,5", "-2,0", "4,0", "?"]])
    assert found["rows"] == 3
    assert found["rmse"] == pytest.approx(np.sqrt(((t - y) ** 2).mean()))
    assert found["r2"] == pytest.approx(1 - ((t - y) ** 2).sum() / ((t - t.mean()) ** 2).sum())
    assert "r2" not in score([1.0, 2.0], [["3", "3"]])
    for truths, line in ((["", "?"], "no row has"), (["x", "y"], "is no number")):
        with pytest.raises(ValueError, match=line):
            score([1.0, 2.0], [truths])
