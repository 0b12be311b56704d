"""The figure that all pictures are drawn on: every text in it is what it says, whatever characters a class name has.

A `$` begins no formula; a long name is cut; a character is drawn in the first font that has it, and where no font has
it, shown by its number. Matplotlib's warnings, of glyphs and of layouts, are not shown.
"""

import unicodedata
import warnings
from functools import cache
from typing import Any

from matplotlib import font_manager, rc_context
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, Formatter, FuncFormatter, LogFormatterMathtext

from core.lab.terminal import printable

LONGEST, LINES = 60, 4  # characters of a line, and lines of a text
FALLBACKS = (  # of Linux, macOS and Windows; none of them has colours, which cannot be drawn
    *("Noto Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei"),
    *("WenQuanYi Zen Hei", "Droid Sans Fallback", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Devanagari"),
    *("Noto Sans Thai", "Noto Sans Symbols2", "Noto Emoji", "Symbola", "FreeSans", "Unifont", "PingFang SC"),
    *("Hiragino Sans", "Apple SD Gothic Neo", "Arial Unicode MS", "Microsoft YaHei", "SimHei", "Yu Gothic"),
    *("Malgun Gothic", "Nirmala UI", "Segoe UI", "Segoe UI Symbol", "Segoe UI Emoji"),
)


@cache
def families() -> list[str]:
    """The usual font, and those that are here of `FALLBACKS`."""
    here = {font.name for font in font_manager.fontManager.ttflist}
    return ["sans-serif", *(name for name in FALLBACKS if name in here)]


@cache
def glyphs() -> frozenset[int]:
    """The characters that the fonts of `families` have."""
    paths = {font_manager.findfont(font_manager.FontProperties(family=[name])) for name in families()}
    return frozenset().union(*(font_manager.get_font(path).get_charmap() for path in paths))


def plain(text: str) -> str:
    """`text` as it is drawn: printable, cut where it is long, what no font has by its number."""
    lines = printable(text).split("\n")[:LINES]
    return "\n".join(
        "".join(map(_drawn, line if len(line) <= LONGEST else line[: LONGEST - 3] + "...")) for line in lines
    )


def _drawn(character: str) -> str:
    if character.isascii() or ord(character) in glyphs():
        return character
    mark = unicodedata.category(character) in ("Mn", "Me", "Cf")  # accents apart, joiners: nothing by themselves
    return "" if mark else f"\\u{ord(character):04x}"


class PlainTicks(Formatter):
    """The labels of another formatter as plain text; powers, which it would set as formulas, as numbers."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.power = inner, isinstance(inner, LogFormatterMathtext)

    def set_locs(self, locs: Any) -> None:
        self.inner.set_locs(locs)

    def __call__(self, x: float, pos: int | None = None) -> str:
        label = self.inner(x, pos)
        return f"{x:g}" if self.power and label else plain(label)


class PlainFigure(Figure):
    """A figure that draws its texts as they are."""

    def draw(self, renderer: Any) -> None:
        for axes in self.axes:
            for axis in axes.xaxis, axes.yaxis:
                for part in axis.major, axis.minor:
                    if isinstance(part.formatter, FixedFormatter | FuncFormatter | LogFormatterMathtext):
                        part.formatter = PlainTicks(part.formatter)
        for text in self.findobj(Text):
            text.set_text(plain(text.get_text()))
            text.set_parse_math(False)
            text.set_fontfamily(families())
        with warnings.catch_warnings(), rc_context({"text.parse_math": False, "font.family": families()}):
            warnings.simplefilter("ignore")
            super().draw(renderer)
