"""The page of a run: its score, curves, pictures and texts. What cannot be drawn is a note on it."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core import Array
from core.lab import Learner, Refusal, Report, printable, write_json
from core.lab.plain import plain_report
from core.lab.report.format import figure
from core.lab.report.page import Section, picture, write_page
from core.lab.report.pictures import is_whole, noting, why
from core.lab.report.plots import drawing
from core.lab.runs.folder import PAGE, SHOWN, read_log, read_result, read_shown
from core.lab.runs.loop import Row
from core.lab.runs.progress import COUNTERS

CURVES = "curves.png"
ALL = "pictures"  # stands for all of a report that failed while it drew


def learning_curves(path: Path, rows: Sequence[Row], names: Sequence[str]) -> None:
    """Draws the named figures of a log against the examples seen, one small picture each."""
    n = max(len(names), 1)
    with drawing(path, (3.4 * n, 2.6), 1, n, squeeze=False) as (panels,):
        for axis, name in zip(panels, names, strict=False):
            axis.plot(*zip(*((row["examples"], row[name]) for row in rows if name in row), strict=True), marker=".")
            axis.set(xlabel="examples", title=name)
            axis.locator_params(axis="x", nbins=4)
            axis.grid(alpha=0.3)


def best_baseline(result: Mapping[str, Any]) -> str | None:
    """The name of the baseline that comes closest to the reference, None where there is none."""
    baselines, score = result["baselines"], result["score"]
    best = max if score["reference"] > score["chance"] else min
    return best(baselines, key=baselines.get, default=None)


def score_row(result: Mapping[str, Any]) -> list[str]:
    """task, paradigm, metric, value, chance, best baseline, reference, seconds: the row that every table shows."""
    score, best = result["score"], best_baseline(result)
    return [
        result["task"],
        result["paradigm"],
        score["metric"],
        figure(score["value"]),
        figure(score["chance"]),
        f"{figure(result['baselines'][best])} ({best})" if best else "-",
        figure(score["reference"]),
        f"{result['seconds']:.1f}",
    ]


SCORE_HEADER = ("task", "paradigm", "metric", "value", "chance", "best baseline", "reference", "seconds")


def run_sections(folder: Path) -> list[Section]:
    """What a page shows of a finished run: score, figures, curves, pictures, texts; all out of its folder.

    The curves are drawn here, and where they cannot be, that is said on stderr too.
    """
    result, shown, rows = read_result(folder), read_shown(folder), read_log(folder)
    told = result["metrics"] | {f"baseline: {name}": value for name, value in result["baselines"].items()}
    with noting() as failed:
        failed |= shown.get("undrawn", {})
        pictures = [picture(folder / name, caption) for name, caption in shown["pictures"].items() if is_inside(name)]
        if rows:
            learning_curves(folder / CURVES, rows, [name for name in rows[-1] if name not in COUNTERS])
            of = "means over the training part between two evaluations, and figures on the validation part"
            pictures.insert(0, picture(folder / CURVES, f"Learning curves: {of}"))
    if CURVES in failed:
        print(printable(f"not drawn: {CURVES}: {failed[CURVES]}"), file=sys.stderr)
    return [
        Section(
            f"{result['task']}: {result['score']['metric']} {figure(result['score']['value'])}",
            f"Reference: {shown['reference']}. Repeat with: {result['command']}",
            SCORE_HEADER,
            [score_row(result)],
        ),
        Section(header=("figure", "value"), rows=[[name, figure(value)] for name, value in told.items()]),
        Section(pictures=pictures, text=f"No pictures: {failed[ALL]}" if ALL in failed else ""),
        *(Section(title, text=text) for title, text in shown["texts"].items()),
    ]


def is_inside(name: str) -> bool:
    """Does this name a file of the run folder, and none elsewhere?"""
    return not Path(name).is_absolute() and ".." not in Path(name).parts


def lacking(folder: Path) -> list[str]:
    """What the page of a finished run lacks: itself, or pictures that it should show."""
    try:
        shown = read_shown(folder)
    except Refusal:
        return [SHOWN, PAGE]
    lost = [name for name in shown["pictures"] if not (is_inside(name) and is_whole(folder / name))]
    lost += [name for name in shown.get("undrawn", ()) if name not in lost]
    lost += [] if is_whole(folder / CURVES) or not read_log(folder) else [CURVES]
    return lost if (folder / PAGE).exists() and not lost else [*lost, PAGE]


def run_page(folder: Path) -> None:
    """Writes report.html of a finished run."""
    result = read_result(folder)
    lead = (
        f"{result['paradigm']} learning, seed {result['seed']}, preset {result['preset']}, "
        f"{result['parameters']} parameters, {result['examples']} examples, {result['answers']} answers "
        f"from the teacher, {result['seconds']:.1f} s."
    )
    write_page(folder / PAGE, f"Trivium: {result['task']}", lead, run_sections(folder))


def reported(learner: Learner, w: Array, folder: Path | None) -> tuple[Report, dict[str, str]]:
    """The learner's report, with pictures in `folder`; and the pictures that could not be drawn, each with its reason.

    A report that fails while it draws is made again without pictures: what was measured is worth more. Raises Refusal
    for figures that are no numbers.
    """
    with noting() as undrawn:
        try:
            report = learner.report(w, folder)
        except Refusal:
            raise
        except Exception as error:
            if folder is None:
                raise
            report, undrawn = learner.report(w, None), undrawn | {ALL: why(error)}
    return plain_report(report), undrawn


def write_shown(folder: Path, report: Report, undrawn: Mapping[str, str]) -> None:
    """Stores what a page shows beside the figures: captions, texts, the reference's name, and what was not drawn."""
    shown = {"reference": report.reference_name, "pictures": report.pictures, "texts": report.texts}
    write_json(folder / SHOWN, shown | ({"undrawn": undrawn} if undrawn else {}))


def mend_page(folder: Path, report: Callable[[], tuple[Report, Mapping[str, str]]]) -> None:
    """Makes the page of a finished run and its pictures again where some are lacking; says in a line how that went.

    `report` makes the learner's report anew, with its pictures in the folder, whose lock the caller holds.
    """
    lost: list[str] = []
    try:
        if not (lost := lacking(folder)):
            return
        read_log(folder)  # which the page shows: a damaged one is told before anything is drawn
        if not {*lost} <= {PAGE, CURVES}:
            write_shown(folder, *report())
        run_page(folder)
        still = [name for name in lacking(folder) if name != PAGE]
        said = f"made again: {', '.join(lost)}" + (f"; still not drawn: {', '.join(still)}" if still else "")
    except Exception as error:  # the result is there, whatever hinders its page
        why_not = " ".join(str(error).split())
        said = f"the page of {folder} could not be made again ({', '.join(lost) or PAGE}): {why_not}"
    print(printable(said), file=sys.stderr)
