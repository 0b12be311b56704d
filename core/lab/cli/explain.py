"""`trivium explain`: what a task, a term, a figure or a page of the documents says."""

import sys
from collections.abc import Iterator, Sequence

from core.lab import Refusal, printable
from core.lab.cli.helptext import asked_for_help, wrapped
from core.lab.errors import nearest
from core.lab.report.documents import glossary, pages, read, sections, term_of
from core.lab.runs.tasks import Info, describe_all

USAGE = "trivium explain WORD: a task, a term or a figure of the glossary, a page or a heading of the documents"


def explain(args: Sequence[str]) -> int:
    if asked_for_help(args):
        print(wrapped(USAGE))
        return 0
    if flags := [word for word in args if word.startswith("-")]:
        raise Refusal(f"trivium explain takes no {flags[0]!r}; {USAGE}")
    print(printable("\n\n".join(explained(" ".join(args)) if args else known())))
    return 0


def explained(word: str) -> Iterator[str]:
    """All that is known by that name, in paragraphs. Raises Refusal where there is nothing."""
    tasks, documents = {info.name: info for info in describe_all()}, pages()
    name, found = word.strip().casefold(), False
    if info := tasks.get(name.replace("-", "_").replace(" ", "_")):
        yield wrapped("\n\n".join(of_task(info)))
        found = True
    if term := term_of(word):
        yield wrapped(f"{term}: {glossary()[term]}")
        found = True
    if path := documents.get(name.removesuffix(".md")):
        yield rendered(read(path))
        found = True
    if found:
        return
    headings = {
        heading: text for path in documents.values() for heading, text in sections(read(path)).items() if text.strip()
    }
    if heading := next((heading for heading in headings if heading.casefold() == name), None):
        yield rendered(f"# {heading}\n\n{headings[heading]}")
        return
    words = [*tasks, *glossary(), *documents, *headings]
    raise Refusal(f"nothing explains {word!r}{nearest(word, words)} (trivium explain lists what there is)")


def of_task(info: Info) -> Iterator[str]:
    yield f"{info.name}, {info.paradigm} learning: {info.summary}"
    if info.about:
        yield info.about
    yield f"Run it: trivium run {info.name} --quick. Its flags: trivium run {info.name} --help."
    if info.needs:
        yield f"It needs more than is installed: {info.needs}"


def known() -> Iterator[str]:
    yield wrapped(USAGE)
    yield wrapped(f"Terms: {', '.join(glossary())}.")
    yield wrapped(f"Pages: {', '.join(pages())}.")
    yield "Tasks: trivium list shows them."


def rendered(text: str) -> str:
    """A page of Markdown as a terminal shows it; elsewhere as it is."""
    if not sys.stdout.isatty():
        return text.strip()
    from io import StringIO

    from rich.console import Console
    from rich.markdown import Markdown

    page = StringIO()
    Console(file=page, force_terminal=True).print(Markdown(text))
    return page.getvalue().rstrip()
