"""A run folder, opened: its result, its log, the network that it trained, and what that answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core import Array
from core.lab import Learner, Report, read_json
from core.lab.answers.asking import given, joined
from core.lab.environment import blas_threads
from core.lab.errors import Refusal
from core.lab.guard import guarded
from core.lab.paths import missing, moved, path_fields, user_path
from core.lab.plain import plain_report
from core.lab.runs import folder as folders, former
from core.lab.runs.loop import Loop, Row, read_checkpoint
from core.lab.runs.origin import from_json
from core.lab.runs.setup import Setup
from core.lab.runs.tasks import Task, configure, find, is_file

if TYPE_CHECKING:
    from core.lab import Data


@dataclass(frozen=True, repr=False)
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
        return learner, self._best(self.setup.texts(learner.net, self.setup.facts(learner), data.sums))

    @cached_property
    def _opened(self) -> tuple[Any, Array]:
        """What answers, with its weights. Needs the run's data only where the task has no `predictor`."""
        make, path = self.setup.task.predictor, self.folder / folders.PREDICTION
        if make is None or not path.exists():
            learner, w = self._learnt
            return getattr(learner, "predictor", learner), w
        facts = read_json(path, self.setup.task.facts)
        wrong = f"{path} does not fit the task {self.setup.task.name}"
        how = f"remove it, and the run is opened with its data, or trivium resume {self.folder} writes it again"
        with guarded(f"{wrong}: predictor", lambda: f"; {how}"):
            predictor = make(self.setup.config, facts)
        return predictor, self._best(self.setup.texts(predictor.net, facts))

    @property
    def learner(self) -> Learner:
        """The learner, built anew, at its start. Needs the run's data."""
        return self._learnt[0]

    @property
    def predictor(self) -> Any:
        """What answers: a Predictor, or the learner itself where it has none."""
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

    def ask(self, member: str, x: Any) -> Any:
        """What answers, asked to `predict`, or for `probabilities`, of examples as it takes them."""
        lacking = "predict" if member == "predict" else "tell how likely each class is"
        ask, name = self.can(member, lacking), f"{self.setup.task.name}: {member}"
        with guarded(name, passing=(ValueError, TypeError)), blas_threads(self.predictor.net.size):
            return ask(self.w, x)

    def predict(self, x: Any) -> Any:
        """What the best weights say of `x`, in the task's own form, such as (N, 64) images -> (N,) classes.

        `x` is an array, a DataFrame or a dictionary of columns; or a path, a folder or a list of paths, which are read
        as `trivium predict` reads them. Raises ValueError or TypeError for what is no example.
        """
        return joined([self.ask("predict", each) for each in given(x, self.predictor)])

    def predict_proba(self, x: Any) -> Array:
        """How likely each of `classes` is, (N, C): rows that sum to 1. Raises Refusal where the answer is no class."""
        found = [self.ask("probabilities", each) for each in given(x, self.predictor)]
        if not all(found):
            raise Refusal(f"a run of {self.setup.task.name} answers with values, not classes")
        return np.concatenate([each.p for each in found])

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes that it tells apart; () where the answer is no class."""
        return tuple(getattr(self.predictor, "classes", ()))

    def __repr__(self) -> str:
        """The task, its score, the folder, and what can be done next."""
        task, folder = self.setup.task.name, self.folder
        try:
            score = self.result["score"]
        except Refusal as refusal:
            there = (folder / folders.RESULT).exists()
            return f"<Run of {task}, {refusal if there else f'not finished; next: trivium resume {folder}'}>"
        said = f"{score['metric']} {score['value']:.4g} (chance {score['chance']:.4g})"
        return f"<Run of {task}: {said}, in {folder}; next: .predict(x), .evaluate(), trivium eval {folder}>"

    def evaluate(self) -> Report:
        """The report on the test part, made again from the best weights; no files are written. Needs the run's data."""
        learner, w = self._learnt
        with guarded(f"{self.setup.task.name}: report"), blas_threads(learner.net.size):
            return plain_report(learner.report(w, None))

    def rows(self) -> list[Row]:
        """The log: one row an evaluation."""
        return folders.read_log(self.folder)


def loop_of(run: Run, save_every: float = 20.0) -> tuple[Loop, dict[str, str]]:
    """The loop of a run at its start, and the sums of the data that it reads."""
    learner, data = run.built()
    texts, paths = run.setup.texts(learner.net, run.setup.facts(learner), data.sums), path_fields(run.setup.task.config)
    return Loop(learner, run.folder, texts, save_every, paths), data.sums


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
    config, lengthened = configure(task, values), [(each["field"], each["was"]) for each in found.get("lengthened", ())]
    for field, was in lengthened:
        configure(task, {**values, field: was})
    about = found.get("preset", "default"), data, imports, from_json(found.get("from")), tuple(lengthened)
    return Run(folder, Setup(task, config, seed, *about))


def _placed(task: Task, places: Mapping[str, str]) -> dict[str, str]:
    """Fields of the task that hold paths, with others. Raises Refusal for a field that it has not."""
    for name in places.keys() - path_fields(task.config).keys():
        raise Refusal(f"the task {task.name} reads no --{name}")
    return {name: str(user_path(path).absolute()) for name, path in places.items()}
