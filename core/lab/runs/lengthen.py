"""`trivium resume DIR --updates N`: a finished run goes on beyond its end, to N updates in all.

It goes on from its last state, not from its best weights, and its schedules fall back to where a run of N has them
after as many updates: a step size that had fallen to 0 rises again. So it ends as no run of N from its start. The best
weights so far stay in the race.

The result is put aside and config.json written anew, in this order; a checkpoint of before fits it then. Whatever is
killed in between, the same command and `resume` go on.
"""

from __future__ import annotations

import os
from dataclasses import asdict, fields, replace
from typing import Any

from core.checkpoint import sync_folder
from core.lab import lock, write_json
from core.lab.errors import Refusal, refusing
from core.lab.files import sweep
from core.lab.guard import aside
from core.lab.runs import folder as folders
from core.lab.runs.open import Run, loop_of
from core.lab.runs.tasks import configure

LENGTHS = ("timesteps", "updates", "passes", "rounds", "again")  # fields of a Config that say how long a run learns


def length(run: Run, learner: Any) -> str:
    """The field that makes a run longer: the learner's `longer_by`, else timesteps or updates; "" where none does."""
    known = {field.name for field in fields(run.setup.config)}
    name = getattr(learner, "longer_by", None)
    if name is None:
        return next((name for name in LENGTHS[:2] if name in known), "")
    return name if name in known & set(LENGTHS) else ""


def lengthen(run: Run, name: str, n: int) -> Run:
    """The run, whose field `name` is now n; `resume` then goes on with it. The result so far is kept beside it.

    A run that is n long already is given back as it is: the same command may come twice. Raises Refusal where the field
    is not the run's length, n is less than it was, the run has not finished, or there is nothing left to learn.
    """
    with lock(run.folder), aside():
        sweep(run.folder)
        loop, _ = loop_of(run)
        task, own = run.setup.task.name, length(run, loop.learner)
        if name != own:
            other = f"--{own} N does" if own else f"trivium run {task} --from {run.folder} begins another there"
            raise Refusal(f"--{name} takes no run of {task} beyond its end: {other}")
        if n == (now := int(getattr(run.setup.config, name))):
            return run
        result, kept = run.folder / folders.RESULT, run.folder / f"result.{name}-{now}.json"
        if not result.exists() and not kept.exists():
            raise Refusal(f"the run in {run.folder} has not finished: trivium resume {run.folder} goes on to its end")
        if n < now:
            raise Refusal(f"the run in {run.folder} has come to {name} {now} already: --{name} takes more")
        config = configure(run.setup.task, {**asdict(run.setup.config), name: n})
        longer = Run(run.folder, replace(run.setup, config=config, lengthened=(*run.setup.lengthened, (name, now))))
        loop, _ = loop_of(longer)
        if not loop.load():
            raise Refusal(f"the run in {run.folder} has no checkpoint: there is nothing to go on from")
        if loop.progress >= 1:
            raise Refusal(f"the run in {run.folder} has come to rest by itself: {name} {n} gives it nothing to learn")
        with refusing(f"cannot write to {run.folder}", OSError):
            for page in (folders.PAGE, folders.MODEL):  # a page that lags behind would pass for the new one
                (run.folder / page).unlink(missing_ok=True)
            if result.exists():
                os.replace(result, kept)  # a run without a result is one that goes on
            sync_folder(run.folder)
            write_json(run.folder / folders.CONFIG, longer.setup.describe_in(run.folder))
    return longer
