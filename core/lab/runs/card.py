"""MODEL.md: what the network of a run is, learnt from what, how good, within which limits, and how it is used.

It is made of what the folder and the task say, so that the same run has the same bytes wherever it lies and whenever it
ran: no clock, no absolute path.
"""

import json
import shlex
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.lab import Learner, Refusal
from core.lab.data.registry import whose
from core.lab.environment import packages
from core.lab.files import write_text
from core.lab.guard import guarded
from core.lab.report.markdown import Markdown, leaf, render
from core.lab.runs.folder import MODEL, read_result, read_shown
from core.lab.runs.page import best_baseline
from core.lab.runs.setup import Setup
from core.lab.terminal import one_line

PARTS = {"train": "training", "val": "validation", "test": "test"}
HELD = {"splits": "examples", "target": "examples", "pairs": "pairs", "text": "characters"}  # members, and what of
DOES = {  # member of what answers: the command that it is for
    "predict": "trivium predict DIR FILE",
    "stream": "trivium generate DIR",
    "recordings": "trivium speak DIR",
    "game": "trivium play GAME DIR",
    "signature": "trivium export DIR model.onnx",
}


def card(folder: Path, setup: Setup, learner: Any) -> str:
    """The text of MODEL.md, of a run that has finished."""
    result, reference = read_result(folder), ""
    with suppress(Refusal):  # what the page shows may be damaged
        reference = read_shown(folder)["reference"]
    file = Path(str(setup.task.module.__file__)).name if setup.task.outside else ""
    known = {name: whose(name, total) for name, total in result["data"].items()}
    bytes_of = {form.name: f"{form.size:,}" for one in known.values() if one for f in one.files for form in f.forms()}
    figures = result["metrics"] | result.get("validation", {})
    of, counts = parts(learner)
    notes = setup.notes(learner)
    if hasattr(learner, "notes"):
        with guarded(f"{setup.task.name}: notes"):
            notes += map(str, learner.notes())
    data = [
        {"name": leaf(name), "sha256": result["data"][name], "bytes": bytes_of.get(name, "")}
        | {"licence": one.licence if one else "not known"}
        for name, one in known.items()
    ]
    make = setup.task.predictor
    answering = make(setup.config, setup.facts(learner)) if make else getattr(learner, "predictor", learner)
    commands = ["trivium eval DIR", *(line for name, line in DOES.items() if hasattr(answering, name))]
    told = {
        "result": result,
        "about": setup.task.about,
        "reference": reference,
        "best": best_baseline(result),
        "others": {name: value for name, value in figures.items() if name != result["score"]["metric"]},
        "data": data,
        "sources": list(dict.fromkeys(f"{one.about}. {one.citation}." for one in known.values() if one)),
        "own": not all(known.values()),
        "of": of,
        "counts": counts,
        "monitor": str(learner.monitor)[1:],
        "notes": notes,
        "commands": [f"{line} --task {shlex.quote(file)}" if file else line for line in commands],
        "file": Markdown(json.dumps(file)) if file else "",
        "predicts": hasattr(answering, "predict"),
        "packages": packages(),
    }
    return render("MODEL.md", told)


def parts(learner: Any) -> tuple[str, Mapping[str, int]]:
    """Of what the parts of its data are, and how many are in each, as far as the learner or its exam shows it."""
    exam = getattr(learner, "exam", None)
    for owner in (learner, exam, getattr(learner, "start", None), getattr(learner, "auto", None)):
        for name, of in HELD.items():
            held = getattr(owner, name, None)
            found: list[Any] = [getattr(held, f"x_{part}", getattr(held, part, None)) for part in PARTS]
            if all(hasattr(each, "__len__") for each in found):
                return of, dict(zip(PARTS.values(), map(len, found), strict=True))
    tests = [getattr(one, "n_test", None) for one in (getattr(exam, "judge", None), exam)]
    return next((("episodes", {"test": n}) for n in tests if isinstance(n, int)), ("", {}))


def write_card(folder: Path, setup: Setup, learner: Learner) -> None:
    """Writes MODEL.md of a finished run. Raises OSError where it cannot be written; for other faults it is a line."""
    try:
        write_text(folder / MODEL, card(folder, setup, learner))
    except OSError:
        raise
    except Exception as error:  # the result is there, whatever hinders its card
        print(one_line(f"{MODEL} of {folder} could not be made: {error}"), file=sys.stderr)


def mend_card(folder: Path, setup: Setup, learner: Callable[[], Learner]) -> None:
    """Writes the card of a finished run where it is missing, if that can be."""
    if not (folder / MODEL).exists():
        with suppress(OSError, Refusal):  # of a folder that is to be read alone, of data that is not there any more
            write_card(folder, setup, learner())
