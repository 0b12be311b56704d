"""Texts in pictures: drawn as they are, whatever a class is called; and no warning reaches the user."""

import warnings

import numpy as np
import pytest
from matplotlib.text import Text

from core.lab.report import plain_figure
from core.lab.report.gif import pixels
from core.lab.report.plain_figure import LONGEST, plain
from core.lab.report.plots import drawing, image_sheet, matrix, new_figure

NAMES = [
    "$",
    "$$",
    "$x^2$",
    "a_b",
    "two\nlines",
    "\0nul\x1b[31m",
    "שלום",
    "e\u0301",
    "圆 方块",
    "🌸",
    "l" * 5000,
    "\\frac{",
    "",
]


def drawn(figure):
    """The texts of a figure as they stand when it is drawn."""
    pixels(figure)
    return [text for text in figure.findobj(Text) if text.get_text()]


@pytest.mark.parametrize("name", NAMES)
def test_a_class_may_have_any_name(name, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        matrix(tmp_path / "m.png", np.eye(2), "true", "said", [name, "another"])
        image_sheet(tmp_path / "s.png", np.zeros((2, 4)), [name, "b"])
        with drawing(tmp_path / "d.png", (3, 3)) as axis:
            axis.plot([1, 2], label=f"class {name}")
            axis.set(title=name, xlabel=name, xticks=[0, 1], xticklabels=[name, name])
            axis.legend()
    assert all((tmp_path / f"{k}.png").stat().st_size > 100 for k in "msd")


def test_no_text_is_read_as_a_formula_or_left_too_long():
    figure, axis = new_figure((4, 4))
    axis.set(title="$x^2$ costs $5", xticks=[0, 1], xticklabels=["$$", "l" * 200])
    texts = drawn(figure)
    assert not any(text.get_parse_math() for text in texts)
    shown = {text.get_text() for text in texts}
    assert {"$x^2$ costs $5", "$$", "l" * (LONGEST - 3) + "..."} <= shown


def test_the_labels_of_a_logarithmic_axis_are_numbers():
    figure, axis = new_figure((4, 4))
    axis.plot([0.01, 1, 100], [1, 2, 3])
    axis.set(xscale="log")
    shown = {text.get_text() for text in drawn(figure)}
    assert {"0.01", "1", "100"} <= shown
    assert not any("$" in text for text in shown)


def test_a_character_that_no_font_has_is_told_by_its_number(monkeypatch):
    monkeypatch.setattr(plain_figure, "glyphs", lambda: frozenset(map(ord, "é花")))
    assert plain("é花 圆\u200d") == "é花 \\u5706"  # a joiner is nothing by itself
    assert plain("a\tb\x1b[31m\0") == "a\tb"
