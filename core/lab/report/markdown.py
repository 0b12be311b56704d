"""Markdown out of a template, in which everything that is put in is escaped: it is shown, and never followed.

A stranger's text becomes one line without links, marks or HTML; `name | code` shows it as code, where code can hold it.
"""

import re
import shlex
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from core.lab.report.format import figure
from core.lab.terminal import printable

MARKS = re.compile(r"[\\`*\[\]~|#]|(?<!\w)_|_(?!\w)|(?<=:)/(?=/)|^[-+=](?=[-+=\s]|$)|^\d+[.)](?=\s|$)")
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


class Markdown(str):
    """Text that is Markdown already."""

    __slots__ = ()


def flat(text: str) -> str:
    """`text` on one line, without control characters."""
    return " ".join(printable(text).split())


def escaped(text: Any) -> Markdown:
    """`text` on one line, as Markdown that shows it as it is."""
    if isinstance(text, Markdown):
        return text
    marked = MARKS.sub(lambda mark: f"{mark[0][:-1]}\\{mark[0][-1]}", flat(str(text)))
    return Markdown(re.sub("[&<>]", lambda mark: ENTITIES[mark[0]], marked))


def code(text: Any) -> Markdown:
    """A name as code; escaped, where it holds what ends code or a cell."""
    plain = flat(str(text))
    return Markdown(f"`{plain}`") if plain and not set("`|") & set(plain) else escaped(plain)


def leaf(name: str) -> str:
    """The last part of an absolute path of any system; another name as it is."""
    paths = (kind(name) for kind in (PurePosixPath, PureWindowsPath))
    return next((path.name for path in paths if path.is_absolute()), name)


def command(words: str) -> Markdown:
    """Commands joined by &&, for a block of code, on one line; of each absolute path the last part: it is nobody's."""
    try:
        lines = [[leaf(word) for word in shlex.split(line)] for line in words.split(" && ")]
    except ValueError:  # && in a quoted word
        lines = [words.split()]
    return Markdown(flat(" && ".join(map(shlex.join, lines))).replace("```", ""))


def render(name: str, told: Mapping[str, Any]) -> str:
    """The template of that name, filled in."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("core.lab.report"),
        finalize=escaped,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    made.filters |= {"code": code, "figure": figure, "leaf": leaf, "command": command}
    return made.get_template(name).render(told)
