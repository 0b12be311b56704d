"""The documents, in a checkout or as pip installed them, and the glossary that pages and commands share."""

import re
from fnmatch import fnmatchcase
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

GLOSSARY = "glossary.md"
FIGURES = "Figures:"  # before the keys that a term explains, each a pattern of fnmatch


@cache
def folder() -> Path | None:
    """Where the documents lie; None where this copy of the project has none."""
    if (here := Path(__file__).resolve().parents[3] / "docs" / GLOSSARY).exists():
        return here.parent
    try:
        found = [file for file in files("trivium") or () if file.name == GLOSSARY]
    except PackageNotFoundError:
        return None
    return next((at.parent for file in found if (at := Path(str(file.locate())).resolve()).exists()), None)


def pages() -> dict[str, Path]:
    """The documents by their names, such as "comparing"."""
    at = folder()
    return {path.stem: path for path in sorted(at.glob("*.md"))} if at else {}


def read(path: Path) -> str:
    """The text of a document, without the marks that are no text: comments, and what stands around pictures."""
    text = re.sub(r"<!--.*?-->", "", path.read_text("utf-8"), flags=re.DOTALL)
    return re.sub(r"^!\[.*\n+|^<img.*\n+", "", text, flags=re.MULTILINE)


def sections(text: str) -> dict[str, str]:
    """Headings and what stands below each, up to the next heading of any depth. Blocks of code are left alone."""
    found, fenced, heading = dict[str, str](), False, ""
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        if not fenced and (mark := re.match(r"#+ (.+)", line)):
            heading = mark[1].strip()
            found[heading] = ""
        elif heading:
            found[heading] += line + "\n"
    return {name: body.strip() for name, body in found.items()}


@cache
def _terms() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Every term of the glossary: its definition, and the patterns of the figures that it explains."""
    if GLOSSARY[:-3] not in pages():
        return {}
    found = sections(read(pages()[GLOSSARY[:-3]]))
    del found[next(iter(found))]  # the page's own heading
    split = {term: body.partition(FIGURES) for term, body in found.items()}
    return {
        term: (" ".join(says.split()), tuple(re.findall("`(.+?)`", keys))) for term, (says, _, keys) in split.items()
    }


def glossary() -> dict[str, str]:
    """Terms and their definitions."""
    return {term: says for term, (says, _) in _terms().items()}


def term_of(name: str) -> str | None:
    """The term that explains a word or a figure: "Return", "test_return_worst", "baseline: random"; None if none does.

    A figure belongs to the term with the longest pattern that fits it.
    """
    terms = _terms()
    if found := next((term for term in terms if term.casefold() == name.strip().casefold()), None):
        return found
    key = re.sub(r"\W+", "_", name.strip().casefold())
    fits = [(len(pattern), term) for term, (_, keys) in terms.items() for pattern in keys if fnmatchcase(key, pattern)]
    return max(fits)[1] if fits else None


def definition(name: str) -> str | None:
    """What a word or a figure means, as the glossary has it; None where it says nothing of it."""
    term = term_of(name)
    return _terms()[term][0] if term else None
