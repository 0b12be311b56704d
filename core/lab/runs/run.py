"""One run: from a task, a configuration and a seed to a run folder; on from there; and back from a folder to a network.

run("digits", hidden=64).predict(x)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from core import Array
from core.lab import Learner, Report, lock, read_json, write_json
from core.lab.environment import blas_threads
from core.lab.errors import Refusal, Stopped, refusing
from core.lab.files import sweep
from core.lab.guard import aside, guarded
from core.lab.paths import located, path_fields, user_path
from core.lab.runs import folder as folders
from core.lab.runs.card import mend_card, write_card
from core.lab.runs.imports import load
from core.lab.runs.loop import Watch, silent
from core.lab.runs.open import Run, loop_of, open_run
from core.lab.runs.origin import begin, check_fits, origin_of
from core.lab.runs.page import ALL, mend_page, reported, run_page, write_shown
from core.lab.runs.progress import notes_of
from core.lab.runs.result import result_of
from core.lab.runs.setup import Setup
from core.lab.runs.signals import Signals
from core.lab.runs.tasks import configure, find, preset
from core.lab.terminal import note


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
        died = (run.folder / folders.DRAWING).exists()
        sweep(run.folder)
        if not (run.folder / folders.RESULT).exists():
            return _go(run, watch, save_every, pictures, died)
        if pictures and run.result:  # which is refused, before anything is drawn, where it is damaged
            with Signals().installed() as signals:
                mend_page(run.folder, partial(_again, run, signals))
        _mend_facts(run)
        mend_card(run.folder, run.setup, lambda: run.built()[0])
        return run


def _mend_facts(run: Run) -> None:
    """Writes what the predictor of a finished run is made from, where it is not what it was, if the data is there."""
    path = run.folder / folders.PREDICTION
    with suppress(Refusal):
        if run.setup.task.predictor is None or (path.exists() and run.predictor is not None):
            return
    with suppress(OSError, Refusal):
        write_json(path, run.setup.facts(run.built()[0]))


def _again(run: Run, signals: Signals) -> tuple[Report, dict[str, str]]:
    """The report of a finished run anew, with its pictures, from where its checkpoint stands."""
    loop, _ = loop_of(run)
    if not loop.load():
        raise Refusal("its checkpoint is not there")
    name = run.setup.task.name
    with blas_threads(loop.learner.net.size), guarded(f"{name}: report"):
        return _report(
            loop.learner, loop.chosen, run.folder, notes_of(name, loop.learner, run.setup.notes(loop.learner)), signals
        )


def _report(
    learner: Learner, w: Array, folder: Path | None, notes: Sequence[str], signals: Signals
) -> tuple[Report, dict[str, str]]:
    """What `reported` gives, with the learner's notes among the texts. Raises Stopped where a signal came."""
    report, undrawn = reported(learner, w, folder)
    if signals.caught is not None:  # what it stopped has kept it to itself, as a film that fails does
        raise Stopped(signals.caught)
    report.texts.update({"Notes": "\n".join(notes)} if notes else {})
    return report, undrawn


@contextmanager
def _drawing(folder: Path | None) -> Iterator[None]:
    """While a report draws into a folder a file there says so, which a process leaves that dies of it."""
    with suppress(OSError):
        if folder:
            (folder / folders.DRAWING).touch()
    try:
        yield
    finally:
        if folder:
            (folder / folders.DRAWING).unlink(missing_ok=True)


def _go(run: Run, watch: Watch, save_every: float, pictures: bool, died: bool = False) -> Run:
    """`died`: the process before has died while it drew. Then the result is written first, and pictures afterwards."""
    name, folder = run.setup.task.name, run.folder
    with Signals().installed() as signals:
        loop, sums = loop_of(run, save_every)
        learner, origin = loop.learner, run.setup.origin
        if origin:
            check_fits(origin, learner)
        try:
            facts = run.setup.facts(learner)
            begun = loop.load()  # what is refused is refused before anything is written
            (folder / folders.LOG).touch()
            if facts is not None:
                write_json(folder / folders.PREDICTION, facts)
            _keep_places(run)
            for line in (notes := notes_of(name, learner, run.setup.notes(learner))):
                note(line)
            if not begun and origin:
                begin(loop, origin)
            with blas_threads(learner.net.size):
                best = loop.train(signals, watch)
                kept = f"; the weights are kept: trivium resume {folder} makes the report again"
                drawn = folder if pictures and not died else None
                with _drawing(drawn), guarded(f"{name}: report", lambda: kept):
                    report, undrawn = _report(learner, best, drawn, notes, signals)
                result = result_of(run.setup, loop, best, report, sums)
            if pictures and died:
                undrawn[ALL] = f"the process ended while it drew; trivium resume {folder} draws again"
                note("the process before this one ended while it drew: the result is written first, pictures then")
            write_shown(folder, report, undrawn)
            write_json(folder / folders.RESULT, result)
            if pictures and died:
                mend_page(folder, partial(_again, run, signals))
            elif pictures:
                run_page(folder)
            write_card(folder, run.setup, learner)
        except OSError as error:
            how = f"make room or mend it, then trivium resume {folder}"
            raise Refusal(f"cannot write to {folder}: {error.strerror or error}; {how}") from error
    return run


def _keep_places(run: Run) -> None:
    """Writes into config.json where the run's files lie, if they do not lie where it says."""
    path = run.folder / folders.CONFIG
    kept, now = read_json(path, folders.CONFIG_FORM)["config"], asdict(run.setup.config)
    if any(kept.get(name) != now[name] for name in path_fields(type(run.setup.config))):
        write_json(path, run.setup.describe_in(run.folder))


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
