"""Flags out of dataclasses: a list's flag that is given twice keeps both values."""

from dataclasses import dataclass

import pytest

from core.lab.cli import main
from core.lab.cli.flags import gathered, parse_run
from core.lab.cli.predict import PredictFlags


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


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("demo --jobs 100000", "jobs must be from 1 to 1024, not 100000"),
        ("demo --seeds 1000000000000000", "seeds must be from 1 to 10000, not"),
        ("compare wine --seeds -1", "seeds must be from 0 to 10000, not -1"),
        ("study x.toml --jobs 0", "jobs must be from 1 to 1024, not 0"),
        ("results run x --jobs 0", "jobs must be from 1 to 1024, not 0"),
        ("run digits --seed -1", "seed must be from 0 to 9223372036854775807, not -1"),
        ("run digits --save-every nan", "save_every must be 0 or more, not nan"),
        ("resume x --save-every -1", "save_every must be 0 or more, not -1"),
        ("run digits --updates 1" + "0" * 40, "updates must be a whole number of at most 63 bits, not 1.000e+40"),
        ("run digits --updates 1" + "0" * 5000, "Error parsing --updates: Exceeds the limit"),
    ],
)
def test_a_number_beyond_sense_is_refused_before_anything_begins(words, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(words.split()) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {says}"), said
    assert len(said) < 600
    assert list(tmp_path.iterdir()) == []


def test_a_flag_of_one_value_each_time_leaves_the_words_after_it():
    words = ["run", "--target", "a", "x.csv", "--target", "b"]
    assert gathered(PredictFlags, words) == words
