"""Figures that stand in a document and come from no record."""

import pytest

from core.lab.cli.results import results
from core.lab.results.quotes import typed


def figures(text):
    return [figure for _, figure in typed(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("an accuracy of 0.93, and .875 (worst)", ["0.93", ".875"]),
        ("| -21.5 | 1,234.5 |", ["-21.5", "1,234.5"]),
        ("97 % of them, or 97%", ["97", "97"]),
        ("12 times as fast", ["12"]),
        ("in 3 seconds, 40 ms, 2 minutes, 1 hour", ["3", "40", "2", "1"]),
        ("5 nats and 2 bits", ["5", "2"]),
        ("12,000 steps a second, 300 games per second", ["12,000", "300"]),
        ("a score of 0.5.", ["0.5"]),
        ("(0.5)", ["0.5"]),
        ("[the 0.7 of others](page.md)", ["0.7"]),
    ],
)
def test_decimals_shares_times_and_rates_are_caught(text, found):
    assert figures(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "a step size of `0.003`, the `95 %` interval",
        "<!--= a; rows/*/v; mean; .2f -->0.38<!--/-->",
        "<!-- 0.38 by hand -->",
        "see [there](figures-0.5.png)",
        '<img width="0.5" src="a.png">',
        "<!-- one\n0.5\n-->",
        "```sh\ntrivium run digits --lr 0.1\n```",
        "    accuracy 0.97    3 seconds",
        "Python 3.11, NumPy 2.4.6.",
        "version 1.2.3",
        "10 digits, 5 seeds, 2 workers",
        "5 x 5 points",
        "cells 3 to 7",
        "1998",
        "a-0.5b",
        "arXiv:1708.07747.",
    ],
)
def test_code_quotes_comments_targets_and_versions_are_left_alone(text):
    assert figures(text) == []


def test_the_line_is_told_below_what_is_hidden():
    text = "one\n<!-- two\nthree -->\n```\n0.1\n```\nhere <!--= a; b; g -->1.5<!--/--> and 0.2\n"
    assert list(typed(text)) == [(7, "0.2")]


def test_check_lists_typed_figures_when_asked(tmp_path, capsys):
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs" / "page.md"
    page.write_text("# A page\n\nIt takes 3 seconds and reaches 0.97, 0.98.\n")
    where = ["--folder", "records", "--root", str(tmp_path)]
    assert results(["docs", "--check", *where]) == 0
    assert not capsys.readouterr().out
    assert results(["docs", "--check", "--typed", *where]) == 1
    said = capsys.readouterr().out
    assert f"{page}:3: no record holds '3'" in said
    assert f"{page}:3: no record holds '0.97'" in said
    assert results(["docs", "--typed", *where]) == 1  # without --check too: nothing can be written for them
    page.write_text("It takes `3` seconds.\n")
    assert results(["docs", "--check", "--typed", *where]) == 0
