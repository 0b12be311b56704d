"""One run: from a task, a configuration and a seed to a run folder; on from there; and back from a folder to a network.

run("digits", hidden=64).predict(x)
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import Array
from core.lab import Learner, Report, lock, read_json, write_json
from core.lab.environment import blas_threads
from core.lab.errors import Refusal, Stopped, refusing
from core.lab.files import sweep
from core.lab.guard import aside, guarded
from core.lab.paths import located, missing, moved, path_fields, user_path
from core.lab.plain import plain_report
from core.lab.runs import folder as folders, former
from core.lab.runs.card import mend_card, write_card
from core.lab.runs.imports import load
from core.lab.runs.loop import Loop, Row, Watch, read_checkpoint, silent
from core.lab.runs.origin import begin, check_fits, from_json, origin_of
from core.lab.runs.page import mend_page, reported, run_page, write_shown
from core.lab.runs.progress import tell_notes
from core.lab.runs.result import result_of
from core.lab.runs.setup import Setup
from core.lab.runs.signals import Signals
from core.lab.runs.tasks import Task, configure, find, is_file, preset

if TYPE_CHECKING:
    from core.lab import Data


@dataclass(frozen=True)
class Run:
    """A finished run, or one that can go on: its folder, and what it was set up as."""

    folder: Path
    setup: Setup

    @cached_property
    def result(self) -> dict[str, Any]:
        """What result.json holds. Raises Refusal when the run has not finished."""
        if not (self.folder / folders.RESULT).exists():
            raise Refusal(f"the run in {self.folder} has not finished: trivium resume {self.folder}")
        return folders.read_result(self.folder)

    def built(self) -> tuple[Learner, Data]:
        """The learner at its start, and its data. Raises Refusal, also where what the run began with is not there."""
        try:
            return self.setup.build()
        except Refusal:
            config, begun = self.setup.config, (self.folder / folders.LOG).exists()
            if lost := missing(type(config), asdict(config)) if begun else "":
                how = f"put it back, or write into {self.folder / folders.CONFIG} where it is now"
                raise Refusal(f"{lost} of the run in {self.folder}, is not there: {how}") from None
            raise

    @cached_property
    def _opened(self) -> tuple[Learner, Array]:
        learner, data = self.built()
        arrays = read_checkpoint(self.folder, self.setup.texts(learner, data.sums), path_fields(self.setup.task.config))
        if arrays is None or "best" not in arrays:
            raise Refusal(f"the run in {self.folder} has no weights yet: trivium resume {self.folder}")
        return learner, arrays["best"]

    @property
    def learner(self) -> Learner:
        """The learner, built anew, at its start."""
        return self._opened[0]

    @property
    def w(self) -> Array:
        """The best weights, (net.size,)."""
        return self._opened[1]

    def predict(self, x: Any) -> Any:
        """What the best weights say of `x`; its form is the learner's, such as (N, 64) images -> (N,) classes."""
        learner: Any
        learner, w = self._opened
        if not hasattr(learner, "predict"):
            raise Refusal(f"the learner of {self.setup.task.name} does not predict")
        name = f"{self.setup.task.name}: predict"
        with guarded(name, passing=(ValueError, TypeError)), blas_threads(learner.net.size):
            return learner.predict(w, x)

    def evaluate(self) -> Report:
        """The report on the test part, made again from the best weights; no files are written."""
        learner, w = self._opened
        with guarded(f"{self.setup.task.name}: report"), blas_threads(learner.net.size):
            return plain_report(learner.report(w, None))

    def rows(self) -> list[Row]:
        """The log: one row an evaluation."""
        return folders.read_log(self.folder)


def start(
    setup: Setup,
    out: Path,
    force: bool = False,
    watch: Watch = silent,
    save_every: float = 20.0,
    pictures: bool = True,
    made: bool = False,
) -> Run:
    """Makes the folder, writes config.json, and runs to the end. Raises Refusal, Stopped and MemoryError.

    A folder that was `made` for this run goes again when the run is refused at once, as one does that is made here.
    """
    if setup.origin and out.exists() and out.samefile(setup.origin.folder):
        raise Refusal(f"{out} is the run to start from: name another folder with --out")
    new = made or not out.exists()
    out = folders.create(out, force)
    with lock(out), aside():
        sweep(out)
        with refusing(f"cannot write to {out}", OSError):
            write_json(out / folders.CONFIG, setup.describe_in(out))
        try:
            return _go(Run(out, setup), watch, save_every, pictures)
        except (Refusal, MemoryError):
            if not (out / folders.LOG).exists():  # refused before it began: there is nothing to go on with
                (out / folders.CONFIG).unlink(missing_ok=True)
                if new:  # and nobody's folder is left over
                    folders.remove_empty(out)
            raise


def resume(run: Run, watch: Watch = silent, save_every: float = 20.0, pictures: bool = True) -> Run:
    """Goes on where the folder's checkpoint stands; of a finished run only what its page lacks is made again."""
    with lock(run.folder, needed=not (run.folder / folders.RESULT).exists()), aside():
        sweep(run.folder)
        if not (run.folder / folders.RESULT).exists():
            return _go(run, watch, save_every, pictures)
        if pictures:
            mend_page(run.folder, partial(_again, run))
        mend_card(run.folder, run.setup, lambda: run.built()[0])
        return run


def _again(run: Run) -> tuple[Report, dict[str, str]]:
    """The report of a finished run anew, with its pictures, from where its checkpoint stands."""
    loop, _ = loop_of(run)
    if not loop.load():
        raise Refusal("its checkpoint is not there")
    with blas_threads(loop.learner.net.size):
        return reported(loop.learner, loop.chosen, run.folder)


def loop_of(run: Run, save_every: float = 20.0) -> tuple[Loop, dict[str, str]]:
    """The loop of a run at its start, and the sums of the data that it reads."""
    learner, data = run.built()
    texts, paths = run.setup.texts(learner, data.sums), path_fields(run.setup.task.config)
    return Loop(learner, run.folder, texts, save_every, paths), data.sums


def _go(run: Run, watch: Watch, save_every: float, pictures: bool) -> Run:
    with Signals().installed() as signals:
        loop, sums = loop_of(run, save_every)
        learner, origin = loop.learner, run.setup.origin
        if origin:
            check_fits(origin, learner)
        try:
            (run.folder / folders.LOG).touch()
            if hasattr(learner, "prediction"):
                with guarded(f"{run.setup.task.name}: prediction"):
                    json.dumps(prediction := learner.prediction(), allow_nan=False)
                write_json(run.folder / folders.PREDICTION, prediction)
            notes = tell_notes(run.setup.task.name, learner, run.setup.notes(learner))
            if not loop.load() and origin:
                begin(loop, origin)
            with blas_threads(learner.net.size):
                best = loop.train(signals, watch)
                kept = f"; the weights are kept: trivium resume {run.folder} makes the report again"
                with guarded(f"{run.setup.task.name}: report", lambda: kept):
                    report, undrawn = reported(learner, best, run.folder if pictures else None)
                if signals.caught is not None:  # what it stopped has kept it to itself, as a film that fails does
                    raise Stopped(signals.caught)
                report.texts.update({"Notes": "\n".join(notes)} if notes else {})
                result = result_of(run.setup, loop, best, report, sums)
            write_shown(run.folder, report, undrawn)
            write_json(run.folder / folders.RESULT, result)
            if pictures:
                run_page(run.folder)
            write_card(run.folder, run.setup, learner)
        except OSError as error:
            how = f"make room or mend it, then trivium resume {run.folder}"
            raise Refusal(f"cannot write to {run.folder}: {error.strerror or error}; {how}") from error
    return run


def open_run(
    folder: str | Path, task: Task | None = None, data: Path | None = None, imports: tuple[str, ...] = ()
) -> Run:
    """A run folder as a Run. A task that came as a file must be given again: its path is not followed from a folder.

    `imports` are what was imported beside it, here and now, which a folder does not lead to either.

    Raises Refusal when the folder holds no run, or its config.json does not fit the installed task.
    """
    folder = user_path(folder)
    found = read_json(folder / folders.CONFIG, folders.CONFIG_FORM)
    name, values, seed = found["task"], found["config"], found["seed"]
    before = former.check_format(found.get("format"), folder / folders.CONFIG) < former.FORMAT
    if before and found.get("outside") is not True:
        name = former.TASKS.get(name, name)
    if seed < 0:
        raise Refusal(f"{folder / folders.CONFIG} has the seed {seed}, which is below 0")
    if task is None and (found.get("outside") is True or is_file(name)):  # a folder of data names no code
        raise Refusal(f"the task of {folder} came as a file: give it again with --task FILE")
    task = task or find(name)
    if task.name != name:
        raise Refusal(f"{folder} is a run of the task {name}, not of {task.name}")
    if before:
        values = former.config(name, values, (field.name for field in fields(task.config)))
    values = moved(task.config, values, folder, found.get("beside", {}))
    if data is None and (kept := found.get("data_folder")) and Path(kept).is_dir():
        data = Path(kept)
    config, lengthened = configure(task, values), [(each["field"], each["was"]) for each in found.get("lengthened", ())]
    for field, was in lengthened:
        configure(task, {**values, field: was})
    about = found.get("preset", "default"), data, imports, from_json(found.get("from")), tuple(lengthened)
    return Run(folder, Setup(task, config, seed, *about))


def run(
    task: str,
    *,
    seed: int = 0,
    preset: str = "default",
    out: str | Path | None = None,
    data: Path | None = None,
    force: bool = False,
    from_: str | Path | None = None,
    **config: Any,
) -> Run:
    """Runs a task to the end and returns it: run("digits", hidden=64).predict(x). Fields of its Config are keywords.

    `from_` is the folder of a run whose best weights it starts from: all of them, or the layers that fit.
    """
    setup = prepare(task, preset, config, seed, data)
    setup = replace(setup, origin=origin_of(from_)) if from_ else setup
    folder = user_path(out) if out else folders.new_folder(Path("runs") / setup.task.name)
    return start(setup, folder, force, made=not out)


def prepare(
    task: str, preset_name: str, values: dict[str, Any], seed: int, data: Path | None, imports: Sequence[str] = ()
) -> Setup:
    """A Setup out of names and values; `imports` are imported first. Raises Refusal for what is unknown or wrong."""
    loaded = load(imports)
    found = find(task)
    if not 0 <= seed < 2**63:
        raise Refusal(f"seed must be a whole number from 0, not {seed}")
    values = {**preset(found, preset_name), **located(found.config, values)}
    return Setup(found, configure(found, values), seed, preset_name, data, loaded)


__all__ = ["Run", "Setup", "Stopped", "open_run", "resume", "run", "start"]
