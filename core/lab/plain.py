"""What a run writes as JSON is plain: numbers that are finite, texts, truth values, and tuples of them.

A configuration is checked before anything is learnt, a report when it is made, so that no run ends in an error of JSON.
"""

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, replace
from decimal import Decimal
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from core.lab.errors import Refusal
from core.lab.learner import Report


def check_config(task: str, config: Any) -> None:
    """Raises Refusal, naming the field, unless every value of a task's Config can be stored as it is."""
    for field in fields(config):
        value = getattr(config, field.name)
        if not _plain(value):
            raise Refusal(
                f"{task}: the field {field.name} of Config holds {short(value)}, a {type(value).__name__}, which a run "
                "folder cannot hold: take finite numbers, texts, True and False, None, or tuples of them"
            )


def _plain(value: Any) -> bool:
    if type(value) is tuple:
        return all(map(_plain, value))
    return value is None or type(value) in (str, int, bool) or (type(value) is float and math.isfinite(value))


def real(value: Any) -> float | None:
    """Any real number as a float, also one alone in an array; None for all else. NaN and infinity are numbers here."""
    with suppress(Exception):  # whatever a stranger's object does when it is asked for an array
        if isinstance(value, Real | Decimal):
            return float(value)
        if (one := np.asarray(value)).size == 1 and one.dtype.kind in "biuf":
            return float(one.item())
    return None


def number(what: str, value: Any) -> float:
    """The same. Raises Refusal, naming `what`, for what is no number, and for NaN and infinity."""
    one = real(value)
    if one is None or not math.isfinite(one):
        raise Refusal(f"{what} is {short(value)}, which is not a finite number")
    return one


def short(value: Any) -> str:
    """The first 60 characters of a value."""
    text = repr(value)
    return f"{text[:60]}..." if len(text) > 60 else text


def plain_report(report: Any, folder: Path | None = None) -> Report:
    """A report whose figures are floats and whose texts are texts. Raises Refusal, naming what is neither.

    Its pictures must be files in `folder`, if one is given.
    """
    if not isinstance(report, Report):
        raise Refusal(f"report gives {short(report)}, not a Report")

    def numbers(part: str) -> dict[str, float]:
        return {str(k): number(f"the figure {k} in {part} of the report", v) for k, v in _items(report, part)}

    for part in ("pictures", "texts"):
        for name, text in _items(report, part):
            if not isinstance(name, str) or not isinstance(text, str):
                raise Refusal(f"{part} of the report holds {short(name)}: {short(text)}, which is no text")
    if lost := [
        name for name in report.pictures if folder and not (Path(name).name == name and (folder / name).is_file())
    ]:
        raise Refusal(f"the report names pictures that it did not draw in the run's folder: {', '.join(lost)}")
    metrics = numbers("metrics")
    if report.metric not in metrics:
        raise Refusal(f"the report's metric {report.metric!r} is not among its metrics: {', '.join(metrics) or 'none'}")
    return replace(
        report,
        metrics=metrics,
        baselines=numbers("baselines"),
        chance=number("chance in the report", report.chance),
        reference=number("reference in the report", report.reference),
        reference_name=str(report.reference_name),
        answers=int(number("answers in the report", report.answers)),
    )


def _items(report: Report, part: str) -> Any:
    held = getattr(report, part)
    if not isinstance(held, Mapping):
        raise Refusal(f"{part} of the report is {short(held)}, not a dictionary")
    return held.items()
