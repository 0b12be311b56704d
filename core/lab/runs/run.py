"""One run: from a task, a configuration and a seed to a run folder; on from there; and back from a folder to a network.

run("digits", hidden=64).predict(x)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
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
from core.lab.runs.imports import load
from core.lab.runs.loop import Loop, Row, Watch, read_checkpoint, silent
from core.lab.runs.page import ALL, mend_page, reported, run_page, write_shown
from core.lab.runs.progress import notes_of
from core.lab.runs.result import result_of
from core.lab.runs.setup import Setup
from core.lab.runs.signals import Signals
from core.lab.runs.tasks import Task, configure, find, is_file, preset
from core.lab.terminal import note

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
                how = "put it back, or say with --file or --dir where it lies now"
                raise Refusal(f"{lost} of the run in {self.folder}, is not there: {how}") from None
            raise

    def _best(self, texts: dict[str, str]) -> Array:
        """The best weights of the checkpoint, whose texts must be these."""
        arrays = read_checkpoint(self.folder, texts, path_fields(self.setup.task.config))
        if arrays is None or "best" not in arrays:
            raise Refusal(f"the run in {self.folder} has no weights yet: trivium resume {self.folder}")
        return arrays["best"]

    @cached_property
    def _learnt(self) -> tuple[Learner, Array]:
        learner, data = self.built()
        return learner, self._best(self.setup.texts(learner.net, data.sums))

    @cached_property
    def _opened(self) -> tuple[Any, Array]:
        """What answers, with its weights. Needs the run's data only where the task has no `predictor`."""
        make, path = self.setup.task.predictor, self.folder / folders.PREDICTION
        if make is None or not path.exists():
            return self._learnt
        facts = read_json(path, self.setup.task.facts)
        wrong = f"{path} does not fit the task {self.setup.task.name}"
        how = f"remove it, and the run is opened with its data, or trivium resume {self.folder} writes it again"
        with guarded(f"{wrong}: predictor", lambda: f"; {how}"):
            predictor = make(self.setup.config, facts)
        return predictor, self._best(self.setup.texts(predictor.net))

    @property
    def learner(self) -> Learner:
        """The learner, built anew, at its start. Needs the run's data."""
        return self._learnt[0]

    @property
    def predictor(self) -> Any:
        """What answers: a Predictor, or the learner itself where the task has none."""
        return self._opened[0]

    @property
    def w(self) -> Array:
        """The best weights, (net.size,)."""
        return self._opened[1]

    def can(self, member: str, what: str) -> Any:
        """That member of what answers. Raises Refusal where it lacks it: the run does not `what`."""
        if not hasattr(self.predictor, member):
            raise Refusal(f"a run of {self.setup.task.name} does not {what}")
        return getattr(self.predictor, member)

    def predict(self, x: Any) -> Any:
        """What the best weights say of `x`, in the task's own form, such as (N, 64) images -> (N,) classes."""
        ask, name = self.can("predict", "predict"), f"{self.setup.task.name}: predict"
        with guarded(name, passing=(ValueError, TypeError)), blas_threads(self.predictor.net.size):
            return ask(self.w, x)

    def evaluate(self) -> Report:
        """The report on the test part, made again from the best weights; no files are written. Needs the run's data."""
        learner, w = self._learnt
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
        return run


def _again(run: Run, signals: Signals) -> tuple[Report, dict[str, str]]:
    """The report of a finished run anew, with its pictures, from where its checkpoint stands."""
    loop, _ = _loop(run)
    if not loop.load():
        raise Refusal("its checkpoint is not there")
    name = run.setup.task.name
    with blas_threads(loop.learner.net.size), guarded(f"{name}: report"):
        return _report(loop.learner, loop.chosen, run.folder, notes_of(name, loop.learner), signals)


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


def _loop(run: Run, save_every: float = 20.0) -> tuple[Loop, dict[str, str]]:
    """The loop of a run at its start, and the sums of the data that it reads."""
    learner, data = run.built()
    texts, paths = run.setup.texts(learner.net, data.sums), path_fields(run.setup.task.config)
    return Loop(learner, run.folder, texts, save_every, paths), data.sums


def _go(run: Run, watch: Watch, save_every: float, pictures: bool, died: bool = False) -> Run:
    """`died`: the process before has died while it drew. Then the result is written first, and pictures afterwards."""
    name, folder = run.setup.task.name, run.folder
    with Signals().installed() as signals:
        loop, sums = _loop(run, save_every)
        learner = loop.learner
        try:
            facts = run.setup.facts(learner) if run.setup.task.predictor or hasattr(learner, "prediction") else None
            loop.load()  # what is refused is refused before anything is written
            (folder / folders.LOG).touch()
            if facts is not None:
                write_json(folder / folders.PREDICTION, facts)
            _keep_places(run)
            for line in (notes := notes_of(name, learner)):
                note(line)
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


def open_run(
    folder: str | Path,
    task: Task | None = None,
    data: Path | None = None,
    imports: tuple[str, ...] = (),
    places: Mapping[str, str] | None = None,
) -> Run:
    """A run folder as a Run. A task that came as a file must be given again: its path is not followed from a folder.

    `imports` are what was imported beside it, here and now, which a folder does not lead to either. `places` says where
    files of the run lie now, by the field of the task that names them.

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
    values = moved(task.config, values, folder, found.get("beside", {})) | _placed(task, places or {})
    if data is None and (kept := found.get("data_folder")) and Path(kept).is_dir():
        data = Path(kept)
    return Run(folder, Setup(task, configure(task, values), seed, found.get("preset", "default"), data, imports))


def _placed(task: Task, places: Mapping[str, str]) -> dict[str, str]:
    """Fields of the task that hold paths, with others. Raises Refusal for a field that it has not."""
    for name in places.keys() - path_fields(task.config).keys():
        raise Refusal(f"the task {task.name} reads no --{name}")
    return {name: str(user_path(path).absolute()) for name, path in places.items()}


def run(
    task: str,
    *,
    seed: int = 0,
    preset: str = "default",
    out: str | Path | None = None,
    data: Path | None = None,
    force: bool = False,
    **config: Any,
) -> Run:
    """Runs a task to the end and returns it: run("digits", hidden=64).predict(x). Fields of its Config are keywords."""
    setup = prepare(task, preset, config, seed, data)
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
