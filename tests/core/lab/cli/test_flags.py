"""Flags out of dataclasses: a list's flag that is given twice keeps both values."""

from dataclasses import dataclass

import pytest

from core.lab.cli.flags import parse_run


@dataclass(frozen=True)
class Config:
    ignore: tuple[str, ...] = ()
    hidden_units: tuple[int, ...] = (3,)
    some: tuple[str, ...] | None = None
    pair: tuple[int, int] = (1, 2)
    lr: float = 1.0


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        ("--ignore id --ignore age", "ignore", ("id", "age")),
        ("--ignore=id --lr 2 --ignore age x", "ignore", ("id", "age", "x")),
        ("--ignore a b --ignore=c", "ignore", ("a", "b", "c")),
        ("--ignore a b", "ignore", ("a", "b")),
        ("--ignore=-x", "ignore", ("-x",)),
        ("--ignore", "ignore", ()),
        ("--hidden-units 3 --hidden_units=4", "hidden_units", (3, 4)),
        ("--some a --some b", "some", ("a", "b")),
        ("--pair 3 3 --pair 5 5", "pair", (5, 5)),  # of a fixed length: the last counts, as of any other flag
        ("--lr 2 --lr 3", "lr", 3.0),
    ],
)
def test_a_list_keeps_the_values_of_each_time_its_flag_is_given(words, field, value):
    config, _ = parse_run(Config(), words.split(), "trivium run it", "")
    assert getattr(config, field) == value
