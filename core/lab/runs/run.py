"""One run: from a task, a configuration and a seed to a run folder; on from there; and back from a folder to a network.

run("digits", hidden=64).predict(x)
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core import Array
from core.checkpoint import sha256
from core.lab import Learner, Report, free_name, lock, read_json, write_json
from core.lab.environment import versions
from core.lab.errors import Refusal, Stopped, refusing
from core.lab.guard import aside, guarded
from core.lab.learner import MEMBERS
from core.lab.plain import plain_report
from core.lab.runs import folder as folders, former
from core.lab.runs.imports import load
from core.lab.runs.loop import Loop, Row, Watch, read_checkpoint, silent
from core.lab.runs.page import run_page, write_shown
from core.lab.runs.progress import tell_notes
from core.lab.runs.signals import Signals
from core.lab.runs.tasks import Task, configure, find, preset
from core.lab.runs.threads import blas_threads

if TYPE_CHECKING:
    from core.lab import Data


@dataclass(frozen=True)
class Setup:
    """What a run is of: together with the data and the BLAS kernels it determines every byte of the weights."""

    task: Task
    config: Any
    seed: int = 0
    preset: str = "default"
    data: Path | None = None  # where data sets lie; None: TRIVIUM_DATA or the cache
    imports: tuple[str, ...] = ()  # files and modules that were imported beside the task

    @property
    def command(self) -> str:
        """The command that repeats the run."""
        base = configure(self.task, preset(self.task, self.preset))
        words = ["trivium", "run", f"{self.task.module.__file__}" if self.task.outside else self.task.name]
        words += ["--seed", str(self.seed)] + (["--preset", self.preset] if self.preset != "default" else [])
        words += [word for name in self.imports for word in ("--import", name)]
        changed = {name: value for name, value in asdict(self.config).items() if value != getattr(base, name)}
        for flag, value in ((name.replace("_", "-"), value) for name, value in changed.items()):
            if isinstance(value, bool):
                words.append(f"--{flag}" if value else f"--no-{flag}")
            else:
                words += [f"--{flag}", *map(str, value if isinstance(value, tuple) else (value,))]
        return shlex.join(words)

    def describe(self) -> dict[str, Any]:
        """What config.json holds. A task that came as a file is named, but never found again by itself."""
        return {
            "format": former.FORMAT,
            "task": self.task.name,
            "outside": self.task.outside,
            "paradigm": self.task.paradigm,
            "problem": self.task.problem,
            "seed": self.seed,
            "preset": self.preset,
            "config": asdict(self.config),
            "command": self.command,
        }

    def build(self) -> tuple[Learner, Data]:
        """The learner at its start, and the data that it read. Raises Refusal for what the task itself refuses."""
        from core.lab import Data

        data, name = Data(self.data), self.task.name
        with guarded(f"{name}: make"), blas_threads(0):
            try:
                learner = self.task.make(self.config, np.random.default_rng(self.seed), data)
            except (ValueError, OSError) as error:
                raise Refusal(f"{name}: {error}") from error
            if lacking := [member for member in MEMBERS if not hasattr(learner, member)]:
                raise Refusal(
                    f"{name}: make gives a {type(learner).__name__}, no learner: it lacks {', '.join(lacking)}"
                )
        return learner, data

    def texts(self, learner: Learner, sums: dict[str, str]) -> dict[str, str]:
        """What a checkpoint of this run carries, and what another run's checkpoint is told by."""
        return {
            "format": str(former.FORMAT),
            "task": self.task.name,
            "seed": str(self.seed),
            "config": json.dumps(asdict(self.config)),
            "layout": json.dumps({k: list(v) for k, v in learner.net.layout.items()}),
            "data": json.dumps(dict(sorted(sums.items()))),
        }


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
        return read_json(self.folder / folders.RESULT)

    @cached_property
    def _opened(self) -> tuple[Learner, Array]:
        learner, data = self.setup.build()
        arrays = read_checkpoint(self.folder, self.setup.texts(learner, data.sums))
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
    setup: Setup, out: Path, force: bool = False, watch: Watch = silent, save_every: float = 20.0, pictures: bool = True
) -> Run:
    """Makes the folder, writes config.json, and runs to the end. Raises Refusal, Stopped and MemoryError."""
    new = not out.exists()
    out = folders.create(out, force)
    with lock(out), aside():
        with refusing(f"cannot write to {out}", OSError):
            write_json(out / folders.CONFIG, setup.describe())
        try:
            return _go(Run(out, setup), watch, save_every, pictures)
        except (Refusal, MemoryError):
            if not (out / folders.LOG).exists():  # refused before it began: there is nothing to go on with
                (out / folders.CONFIG).unlink(missing_ok=True)
                if new:  # and nobody's folder is left over
                    folders.remove_empty(out)
            raise


def resume(run: Run, watch: Watch = silent, save_every: float = 20.0, pictures: bool = True) -> Run:
    """Goes on where the folder's checkpoint stands; a finished run is left as it is."""
    with lock(run.folder), aside():
        if (run.folder / folders.RESULT).exists():
            if pictures and not (run.folder / folders.PAGE).exists():
                run_page(run.folder)  # killed between the two
            return run
        return _go(run, watch, save_every, pictures)


def _go(run: Run, watch: Watch, save_every: float, pictures: bool) -> Run:
    with Signals().installed() as signals:
        learner, data = run.setup.build()
        loop = Loop(learner, run.folder, run.setup.texts(learner, data.sums), save_every)
        try:
            (run.folder / folders.LOG).touch()
            if hasattr(learner, "prediction"):
                with guarded(f"{run.setup.task.name}: prediction"):
                    json.dumps(prediction := learner.prediction(), allow_nan=False)
                write_json(run.folder / folders.PREDICTION, prediction)
            notes = tell_notes(run.setup.task.name, learner)
            loop.load()
            with blas_threads(learner.net.size):
                best = loop.train(signals, watch)
                kept = f"; the weights are kept: trivium resume {run.folder} makes the report again"
                with guarded(f"{run.setup.task.name}: report", lambda: kept):
                    where = run.folder if pictures else None
                    report = plain_report(learner.report(best, where), where)
                report.texts.update({"Notes": "\n".join(notes)} if notes else {})
                result = _result(run.setup, loop, best, report, data.sums)
            write_shown(run.folder, report)
            write_json(run.folder / folders.RESULT, result)
            if pictures:
                run_page(run.folder)
        except OSError as error:
            how = f"make room or mend it, then trivium resume {run.folder}"
            raise Refusal(f"cannot write to {run.folder}: {error.strerror or error}; {how}") from error
    return run


def _result(setup: Setup, loop: Loop, best: Array, report: Report, sums: dict[str, str]) -> dict[str, Any]:
    return {
        **{name: value for name, value in setup.describe().items() if name not in ("format", "outside", "command")},
        "parameters": loop.learner.net.size,
        "examples": loop.examples,
        "answers": loop.answers + report.answers,
        "seconds": round(loop.seconds, 3),
        "validation": chosen(folders.read_log(loop.folder), loop.learner.monitor),
        "metrics": report.metrics,
        "score": report.score(),
        "baselines": report.baselines,
        "w_sha256": sha256(best),
        "versions": versions(),
        "data": sums,
        "command": setup.command,
    }


def chosen(log: Sequence[Row], monitor: str) -> Row:
    """The validation figures of the evaluation whose weights were kept, and the one that chose them."""
    sign, name = 1 if monitor[0] == "+" else -1, monitor[1:]
    best: Row = max(log, key=lambda row: sign * row[name], default={})
    return {figure: value for figure, value in best.items() if figure == name or figure.startswith("val_")}


def open_run(
    folder: str | Path, task: Task | None = None, data: Path | None = None, imports: tuple[str, ...] = ()
) -> Run:
    """A run folder as a Run. A task that came as a file must be given again: its path is not followed from a folder.

    `imports` are what was imported beside it, here and now, which a folder does not lead to either.

    Raises Refusal when the folder holds no run, or its config.json does not fit the installed task.
    """
    folder = Path(folder)
    found = read_json(folder / folders.CONFIG)
    name, values, seed = found.get("task"), found.get("config"), found.get("seed")
    before = former.check_format(found.get("format"), folder / folders.CONFIG) < former.FORMAT
    if before and found.get("outside") is not True and isinstance(name, str):
        name = former.TASKS.get(name, name)
    if not (isinstance(name, str) and name.isidentifier() and isinstance(values, dict) and type(seed) is int):
        raise Refusal(f"{folder / folders.CONFIG} does not hold a task's name, configuration and seed")
    if found.get("outside") is True and task is None:
        raise Refusal(f"the task of {folder} came as a file: give it again with --task FILE")
    task = task or find(name)
    if task.name != name:
        raise Refusal(f"{folder} is a run of the task {name}, not of {task.name}")
    if before:
        values = former.config(name, values, (field.name for field in fields(task.config)))
    return Run(folder, Setup(task, configure(task, values), seed, str(found.get("preset", "default")), data, imports))


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
    return start(setup, Path(out) if out else free_name(Path("runs") / setup.task.name), force)


def prepare(
    task: str, preset_name: str, values: dict[str, Any], seed: int, data: Path | None, imports: Sequence[str] = ()
) -> Setup:
    """A Setup out of names and values; `imports` are imported first. Raises Refusal for what is unknown or wrong."""
    loaded = load(imports)
    found = find(task)
    if not 0 <= seed < 2**63:
        raise Refusal(f"seed must be a whole number from 0, not {seed}")
    return Setup(found, configure(found, {**preset(found, preset_name), **values}), seed, preset_name, data, loaded)


__all__ = ["Run", "Setup", "Stopped", "open_run", "resume", "run", "start"]
