"""Figures in prose and tables that a record fills in, so that nobody types them.

In Markdown, between two comments that a reader never sees:

    <!--= taxi_best; rows/*/score/value; mean; .2f -->7.93<!--/-->

The first part is the record, NAME.json. The second says where in it: keys joined by `/`, each a name, a position in a
list, `*` for all of a list, or `name=value` for the rows of a list that say so; `name=*` puts rows that say the same
into groups, and the first word works on each group. The last is how it is written: Python's format, with `~` in front
where .5 is meant and not 0.5, or `s` for a text. A part between may hold words that work on what was found, from left
to right: `mean`, `min`, `max`, `median`, `sum`, `count`, `spread` (largest minus smallest), `low` and `high` (the ends
of the mean's 95 % interval, Student's t), or arithmetic with a number: `*100`, `/60`, `-1`, `+1`, `1-` (one minus).
"""

import json
import operator
import re
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.lab.stats.intervals import mean_interval

HIDDEN = re.compile(
    r"<!--=.*?<!--/-->|<!--.*?-->|^```.*?^```|^ {4}[^\n]*|`[^`\n]*`|(?<=\])\([^)\n]*\)|<[^>\n]*>",
    re.DOTALL | re.MULTILINE,
)
FIGURE = re.compile(
    r"(?<![\w.,/-])(?<!Python )(?<!arXiv:)-?\d[\d,]*\.\d+(?!\w|\.\d)|(?<![\w.,/])-?\.\d+|"  # 0.93, .93, not 3.11.7
    r"(?<![\w.,])\d[\d,]*(?= ?%| (?:times|ms|s|seconds?|minutes?|min|hours?|nats|bits)\b)|"
    r"(?<![\w.,])\d[\d,]*(?= [a-z]+ (?:a|per) (?:second|character|update|step|picture)\b)"
)
QUOTE = re.compile(r"<!--=((?:[^;>]*;){2,3}[^;>]*)-->(.*?)<!--/-->", re.DOTALL)
REDUCE: dict[str, Callable[[list[float]], float]] = {
    "mean": statistics.fmean,
    "min": min,
    "max": max,
    "median": statistics.median,
    "sum": sum,
    "count": len,
    "spread": lambda values: max(values) - min(values),
    "low": lambda values: mean_interval(values).low,
    "high": lambda values: mean_interval(values).high,
}
OPERATORS = {"*": operator.mul, "/": operator.truediv, "+": operator.add, "-": operator.sub}
ARITHMETIC = re.compile(r"([*/+-])([0-9.]+(?:e[+-]?[0-9]+)?)")


@dataclass(frozen=True)
class Stale:
    """A quote that is not what the record says, or one that cannot be filled in (`now` is then None)."""

    path: Path
    line: int
    said: str
    now: str | None
    why: str


def look_up(value: Any, keys: str) -> Any:
    """What stands under `keys` (see above). Raises LookupError, naming the key, when nothing does."""
    for k, key in enumerate(parts := keys.split("/")):
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif key == "*" and isinstance(value, list | dict):
            rest = "/".join(parts[k + 1 :])
            rows = value.values() if isinstance(value, dict) else value
            return [look_up(row, rest) if rest else row for row in rows]
        elif isinstance(value, list) and "=" in key:
            name, _, wanted = key.partition("=")
            if wanted == "*":
                rest, groups = "/".join(["*", *parts[k + 1 :]]), dict[str, list[Any]]()
                for row in value:
                    groups.setdefault(str(row[name]), []).append(row)
                return [look_up(group, rest) for group in groups.values()]
            value = [row for row in value if isinstance(row, dict) and str(row.get(name)) == wanted]
            if not value:
                raise LookupError(f"no row has {key}")
            if len(value) == 1 and (k + 1 == len(parts) or parts[k + 1] != "*"):
                value = value[0]
        elif isinstance(value, list) and key.lstrip("-").isdigit() and -len(value) <= int(key) < len(value):
            value = value[int(key)]
        else:
            raise LookupError(f"there is no {key!r} in {keys!r}")
    return value


def worked_out(value: Any, words: list[str]) -> Any:
    """`value` after each of the words: a reduction of a list, or arithmetic on a number or on each one of a list."""
    for word in words:
        if word in REDUCE:
            nested = isinstance(value, list) and value and all(isinstance(part, list) for part in value)
            value = [REDUCE[word](part) for part in value] if nested else REDUCE[word](value)
        elif word == "1-":
            value = [1 - v for v in value] if isinstance(value, list) else 1 - value
        elif found := ARITHMETIC.fullmatch(word):
            act, number = OPERATORS[found[1]], float(found[2])
            value = [act(v, number) for v in value] if isinstance(value, list) else act(value, number)
        else:
            raise LookupError(f"{word!r} is no word that works on a figure")
    return value


def written(value: Any, form: str) -> str:
    """`value` as the format says; of a list every value, with a comma between."""
    if isinstance(value, list):
        return ", ".join(written(one, form) for one in value)
    text = format(value, form.removeprefix("~"))
    return re.sub(r"^(-?)0\.", r"\1.", text) if form.startswith("~") else text


def filled(quote: str, records: Path) -> str:
    """What a quote ought to say. Raises LookupError, ValueError or TypeError when it cannot be filled in."""
    name, keys, *words, form = (part.strip() for part in quote.split(";"))
    if not (path := records / f"{name}.json").is_file():
        raise LookupError(f"there is no record {name}")
    found = look_up(json.loads(path.read_text("utf-8")), keys)
    return written(worked_out(found, " ".join(words).split()), form)


def refill(text: str, records: Path, path: Path = Path()) -> tuple[str, list[Stale]]:
    """`text` with every quote filled in, and those that said something else, or that cannot be filled in."""
    stale = list[Stale]()

    def said(quote: re.Match[str]) -> str:
        now, why = None, ""
        try:
            now = filled(quote[1], records)
        except (LookupError, ValueError, TypeError, ArithmeticError) as error:
            why = str(error)
        if now != quote[2]:
            stale.append(Stale(path, text.count("\n", 0, quote.start()) + 1, quote[2], now, why))
        return f"<!--={quote[1]}-->{quote[2] if now is None else now}<!--/-->"

    new, whole = QUOTE.subn(said, text)
    if (begun := text.count("<!--=")) != whole:
        form = "<!--= record; where; format -->figure<!--/-->"
        stale.append(Stale(path, 1, "", None, f"{begun} quotes begin and {whole} are whole: {form}"))
    return new, stale


def typed(text: str) -> Iterator[tuple[int, str]]:
    """The figures that stand in a document's prose and tables and come from nowhere: line and figure.

    A figure is a decimal fraction, a share in %, a time or a rate. In code it is a setting, in a quote it is measured.
    """
    bare = HIDDEN.sub(lambda part: "\n" * part[0].count("\n"), text)
    for number, line in enumerate(bare.split("\n"), 1):
        yield from ((number, found[0]) for found in FIGURE.finditer(line))


def documents(root: Path) -> Iterator[Path]:
    """The Markdown files that may quote figures."""
    yield from (path for path in (root / "README.md", root / "benchmarks" / "README.md") if path.exists())
    yield from sorted((root / "docs").glob("*.md"))
