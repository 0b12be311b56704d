"""Self-contained HTML pages: tables, pictures and texts in one file that loads nothing and runs nothing.

All text is escaped by Jinja2, wherever it came from; pictures and sounds are embedded as data.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.lab.files import write_text
from core.lab.report.pictures import KINDS, reason
from core.lab.terminal import printable


@dataclass
class Section:
    """A part of a page: a heading, a lead, and whichever of table, pictures, links and text it has."""

    title: str = ""
    lead: str = ""
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    pictures: list[dict[str, str]] = field(default_factory=list)
    text: str = ""
    links: Sequence[tuple[str, str]] = ()  # to other pages beside this one: address, words

    def __bool__(self) -> bool:
        """Whether there is more than a heading: a page leaves out a section that says nothing."""
        return bool(self.rows or self.pictures or self.text or self.links)


def picture(path: Path, caption: str) -> dict[str, str]:
    """A PNG, GIF or WAV as data, with its caption; where there is none, the caption says why."""
    if said := reason(path):
        return {"kind": "none", "uri": "", "caption": f"{path.name} is not here: {said} ({caption})"}
    data, kind = base64.b64encode(path.read_bytes()).decode("ascii"), KINDS[path.suffix][0]
    return {"kind": kind.split("/")[0], "uri": f"data:{kind};base64,{data}", "caption": caption}


def write_page(path: Path, title: str, lead: str, sections: Sequence[Section]) -> None:
    """Writes one page, atomically."""
    from jinja2 import Environment, PackageLoader

    sections = [section for section in sections if section]
    for section in sections:
        section.text = printable(section.text)
    page = Environment(loader=PackageLoader("core.lab.report"), autoescape=True).get_template("page.html")
    write_text(path, page.render(title=title, lead=lead, sections=sections))
