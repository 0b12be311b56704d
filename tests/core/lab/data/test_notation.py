"""Numbers, dates and times in the notations that people use; a column has one, and most of its cells decide."""

import pytest

from core.lab.data.notation import Notation, decide

POINT, COMMA, DAYS = Notation(), Notation(decimal=","), Notation("date")
SPACE, THIN = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("text", "point", "comma"),
    [
        *(("12", 12, 12), ("-12.5", -12.5, None), ("\u221212,5", None, -12.5), ("1e3", 1000, 1000), (".5", 0.5, None)),
        *(("46,930.25", 46930.25, None), ("46.930,25", None, 46930.25), ("1,234", 1234, 1.234), ("1.234", 1.234, 1234)),
        *((f"1{SPACE}234,5", None, 1234.5), (f"1{THIN}234", 1234, 1234), ("1'234.50", 1234.5, None)),
        *(("1\u2019234", 1234, 1234), ("1,23,456", 123456, None), ("0,123", None, 0.123), ("1,2345", None, 1.2345)),
        *(("(12)", -12, -12), ("12-", -12, -12), ("+7", 7, 7), ("1,234,567", 1234567, None), ("1.5E-3", 0.0015, None)),
        *(
            (word, None, None)
            for word in ("-", "--", "<5", "(5", "--5", "1_000", "inf", "1e999", "12-05", "#DIV/0!", "5 kg")
        ),
        *((word, None, None) for word in ("1,23", "1,2,3", "12,34,56", "0,123,456")[1:]),
    ],
)
def test_numbers(text, point, comma):
    assert (POINT.value(text), COMMA.value(text)) == (point, comma)


@pytest.mark.parametrize(
    ("texts", "unit", "values"),
    [
        (["5%", "4.8 %", "-1%"], "%", [5, 4.8, -1]),
        (["$1,234.00", "-$3", "($5.50)", "7"], "$", [1234, -3, -5.5, 7]),
        (["\u20ac 3", "4 \u20ac", "5\u20ac"], "\u20ac", [3, 4, 5]),
        (["USD 3", "4", "5 USD"], "USD", [3, 4, 5]),
        (["R$ 1,50", "R$ 2,00"], "R$", [1.5, 2]),
    ],
)
def test_units_are_those_of_the_file(texts, unit, values):
    notation = decide(texts).notation
    assert notation.unit == unit
    assert notation.read(texts).values.tolist() == values


def test_a_cell_in_another_unit_is_odd():
    assert decide(["5%", "6%", "0.05"]).notation.read(["5%", "0.05"]).odd == {"0.05"}
    assert decide(["5", "6", "7%"]).notation.read(["5", "7%"]).odd == {"7%"}
    assert decide(["$5", "$6", "7", "8 \u20ac"]).notation.read(["$5", "7", "8 \u20ac"]).odd == {"8 \u20ac"}


@pytest.mark.parametrize(
    ("text", "days"),
    [
        *(("1970-01-02", 1), ("2024-01-31", 19753), ("2024/1/31", 19753), ("31.01.2024", 19753), ("31.1.24", 19753)),
        *(("1/31/2024", 19753), ("31 Jan 2024", 19753), ("31-Jan-24", 19753), ("January 31st, 2024", 19753)),
        *(("31. M\u00e4rz 2024", 19813), ("2024-01", 19723), ("2024-01-31 12:00", 19753.5), ("31.1.69", -335)),
        *(
            ("2024-01-31T14:00:00+02:00", 19753.5),
            ("2024-01-31T12:00:00.000Z", 19753.5),
            ("1/31/2024 6:00 PM", 19753.75),
        ),
        *((word, None) for word in ("2024-02-30", "31/31/2024", "2024", "today", "2024-01-31 25:99", "1.2")),
    ],
)
def test_dates_are_days(text, days):
    assert DAYS.value(text) == days


@pytest.mark.parametrize(
    ("text", "hours"), [("12:30", 12.5), ("9:15 pm", 21.25), ("12:00 AM", 0), ("100:00:36", 100.01)]
)
def test_times_are_hours(text, hours):
    assert decide([text, "1:00"]).notation.value(text) == pytest.approx(hours)


def test_most_cells_decide_the_notation():
    assert decide(["1.234", "1.234", "1,5"]).notation == COMMA
    assert decide(["1,234", "1,234", "1.5"]).notation == POINT
    assert decide(["1/2/2024", "13/2/2024"]).notation == Notation("date", day_first=True)
    assert decide(["12:30", "-", "13:30"]).notation == Notation("time")
    assert [decide(texts).notation for texts in (["a", "b", "1"], ["a1", "b2"], ["1", "x"])] == [None] * 3
    assert decide([""] * 9 + ["5", "NA"]).notation == POINT


def test_a_long_column_is_decided_by_a_part_of_it_and_a_sparse_one_by_all():
    assert decide(["1,5", "n.a."] * 50_000 + ["2,5"] * 9).notation == COMMA
    assert decide([""] * 50_000 + ["a", "b"]).notation is None
    assert decide([""] * 50_000 + ["1,5"]).notation == COMMA
