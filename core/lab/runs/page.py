"""The page of a run: its score, curves, pictures and texts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.lab import Report, read_json, write_json
from core.lab.report.format import figure
from core.lab.report.page import Section, picture, write_page
from core.lab.report.plots import drawing
from core.lab.runs.folder import PAGE, RESULT, SHOWN, read_log
from core.lab.runs.loop import Row
from core.lab.runs.progress import COUNTERS

CURVES = "curves.png"


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
    """What a page shows of a finished run: score, figures, curves, pictures, texts; all out of its folder."""
    result, shown, rows = read_json(folder / RESULT), read_json(folder / SHOWN), read_log(folder)
    told = result["metrics"] | {f"baseline: {name}": value for name, value in result["baselines"].items()}
    pictures = [picture(folder / name, caption) for name, caption in shown["pictures"].items()]
    if rows:
        learning_curves(folder / CURVES, rows, [name for name in rows[-1] if name not in COUNTERS])
        of = "means over the training part between two evaluations, and figures on the validation part"
        pictures.insert(0, picture(folder / CURVES, f"Learning curves: {of}"))
    return [
        Section(
            f"{result['task']}: {result['score']['metric']} {figure(result['score']['value'])}",
            f"Reference: {shown['reference']}. Repeat with: {result['command']}",
            SCORE_HEADER,
            [score_row(result)],
        ),
        Section(header=("figure", "value"), rows=[[name, figure(value)] for name, value in told.items()]),
        Section(pictures=pictures),
        *(Section(title, text=text) for title, text in shown["texts"].items()),
    ]


def run_page(folder: Path) -> None:
    """Writes report.html of a finished run."""
    result = read_json(folder / RESULT)
    lead = (
        f"{result['paradigm']} learning, seed {result['seed']}, preset {result['preset']}, "
        f"{result['parameters']} parameters, {result['examples']} examples, {result['answers']} answers "
        f"from the teacher, {result['seconds']:.1f} s."
    )
    write_page(folder / PAGE, f"Trivium: {result['task']}", lead, run_sections(folder))


def write_shown(folder: Path, report: Report) -> None:
    """Stores what a page shows beside the figures: the captions of the pictures, the texts, the reference's name."""
    write_json(folder / SHOWN, {"reference": report.reference_name, "pictures": report.pictures, "texts": report.texts})
