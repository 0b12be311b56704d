"""The one loop that drives any learner: update, log, evaluate, keep the best weights, save, go on.

Counts steer it, never the clock: the clock only says when to save. So a run that was killed and resumed ends with the
same bytes as one that was never stopped.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core import Array
from core.checkpoint import CheckpointError, load, previous, save
from core.lab import Learner, prefixed, unprefixed, weights
from core.lab.environment import versions
from core.lab.errors import Refusal, Stopped, refusing
from core.lab.guard import guarded
from core.lab.plain import real, short
from core.lab.runs import former
from core.lab.runs.folder import CHECKPOINT, LOG, PREDICTION, read_log
from core.lab.runs.signals import Signals

EVALUATIONS = 20  # evenly spaced points of progress
STILL = 10_000  # updates without progress after which there will be none
MAY = {"from", "lengthened", "facts"}  # texts that a checkpoint has where they say something
COUNTS = ("updates", "examples", "answers", "evaluations", "log_bytes", "summed")
Row = dict[str, float]
Watch = Callable[[float, Row | None], None]  # told the progress after each update, with a row after an evaluation


def silent(progress: float, row: Row | None) -> None:
    """Watches without a word."""


@dataclass
class Loop:
    """Where a run stands: counters, the means since the last evaluation, and the best weights so far."""

    learner: Learner
    folder: Path
    texts: Mapping[str, str]  # task, layout, config ...: stored in each checkpoint, and must be equal on resuming
    save_every: float = 20.0  # seconds between checkpoints
    paths: Iterable[str] = ()  # the fields of the configuration that hold paths
    updates: int = 0
    examples: int = 0
    answers: int = 0
    evaluations: int = 0
    seconds: float = 0.0
    log_bytes: int = 0
    best_value: float = -math.inf
    best: Array | None = None
    sums: dict[str, float] = field(default_factory=dict)
    summed: int = 0
    reached: tuple[float, int] = -math.inf, 0  # the highest progress in this process, and the update that came there

    def train(self, signals: Signals, watch: Watch) -> Array:
        """Runs the learner to the end of its progress and returns the best weights.

        `watch(progress, row)` is told after each update, with a row after an evaluation. Raises Stopped when a
        signal came or `watch` raised it, after saving, and Refusal when the learner diverges: the checkpoints then
        stay as they are.
        """
        started = saved = time.perf_counter()
        before, cost = self.seconds, 0.0
        with signals.gentle(), np.errstate(all="ignore"), open(self.folder / LOG, "r+b") as log:
            log.truncate(self.log_bytes)
            log.seek(self.log_bytes)
            while self.progress < 1 and signals.caught is None:
                self._update()
                row, self.seconds = None, before + time.perf_counter() - started
                if (due := self._due()) > self.evaluations:
                    self.evaluations, row = due, self._evaluate()
                    self.log_bytes += log.write(json.dumps(row, allow_nan=False).encode() + b"\n")
                    log.flush()
                try:
                    watch(self.progress, row)
                except Stopped as stop:  # who watches may stop the run, as a signal does
                    signals.caught = stop.signum
                now = time.perf_counter()
                first = row is not None and not (self.folder / CHECKPOINT).exists()  # whatever comes, weights are kept
                if first or now - saved > max(self.save_every, 20 * cost):  # a large network does not only save
                    self.save(log)
                    cost = (saved := time.perf_counter()) - now
            signals.rest()  # the update has ended: its state is saved in peace
            self.save(log)
        if signals.caught is not None:
            raise Stopped(signals.caught)
        return self.chosen

    @property
    def chosen(self) -> Array:
        """The weights that are judged at the end: the best, or those that are there where none were evaluated."""
        return self.best if self.best is not None else weights(self.learner)

    @property
    def progress(self) -> float:
        """The learner's. Raises Refusal where it is no number."""
        with guarded(self._of("progress"), self._kept):
            if (value := real(self.learner.progress)) is None or math.isnan(value):
                raise Refusal(f"{self._of('progress')} is {short(self.learner.progress)}, not a number from 0 to 1")
            if value > self.reached[0]:
                self.reached = value, self.updates
            if self.updates - self.reached[1] > STILL:
                raise Refusal(f"{self._of('progress')} stands still at {value} since {STILL:,} updates")
        return value

    def _due(self) -> int:
        """How many evaluations there should have been."""
        return int(self.progress * EVALUATIONS + 1e-9)

    def _update(self) -> None:
        self.updates += 1
        logs = self._asked("update")
        self.examples += int(logs.pop("examples", 0))
        self.answers += int(logs.pop("answers", 0))
        for name, value in logs.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
        self.summed += 1

    def _evaluate(self) -> Row:
        self._check_weights()
        figures = self._asked("evaluate")
        self.answers += int(figures.pop("answers", 0))  # what choosing itself asked: rewards of validation episodes
        means = {name: total / self.summed for name, total in self.sums.items()}
        self.sums, self.summed = {}, 0
        sign, name = str(self.learner.monitor)[:1], str(self.learner.monitor)[1:]
        if name not in figures:
            known = ", ".join(figures) or "none"
            raise Refusal(f"{self._of('monitor')} is {sign}{name}, which is no figure of evaluate: {known}")
        value = figures[name] if sign == "+" else -figures[name]
        if value > self.best_value:
            with guarded(self._of("weights"), self._kept):
                self.best_value, w = value, weights(self.learner)
            if self.best is None:
                self.best = w.copy()
            else:
                self.best[:] = w
        return {
            "progress": round(self.progress, 6),
            "update": self.updates,
            "examples": self.examples,
            "answers": self.answers,
            "seconds": round(self.seconds, 3),
            **means,
            **figures,
        }

    def _check(self, figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            if not math.isfinite(value):
                raise Refusal(
                    f"the run diverged: {name} is {value} at update {self.updates}{self._kept()}. "
                    "Try a smaller step size, and look for NaN or huge values in the data"
                )

    def _check_weights(self) -> None:
        with guarded(self._of("w"), self._kept):
            total = float(self.learner.w.sum(dtype=np.float64))
        self._check({"the sum of w": total})

    def _of(self, member: str) -> str:
        return f"{self.texts.get('task', 'the task')}: {member}"

    def _asked(self, member: str) -> dict[str, float]:
        """The figures that update or evaluate gives. Whatever these raise becomes a line that names what is kept."""
        name = self._of(member)
        with guarded(name, self._kept):
            if not isinstance(figures := getattr(self.learner, member)(), Mapping):
                raise Refusal(f"{name} gives {short(figures)}, not a dictionary of figures")
            said = dict[str, float]()
            for key, value in figures.items():
                if (one := real(value)) is None:
                    raise Refusal(f"{name} gives {key} = {short(value)}, which is no number")
                said[str(key)] = one
        self._check(said)
        return said

    def _kept(self) -> str:
        path = self.folder / CHECKPOINT
        return f"; the last good checkpoint is {path}" if path.exists() else "; there was no checkpoint yet"

    def save(self, log: Any) -> None:
        """Writes a checkpoint of where the run stands; `log` is the open metrics.jsonl."""
        self._check_weights()
        log.flush()
        os.fsync(log.fileno())
        with guarded(self._of("state"), self._kept):
            state = {name: np.asarray(value) for name, value in self.learner.state().items()}
            if odd := [name for name, array in state.items() if array.dtype.kind not in "biufc"]:
                raise Refusal(f"{self._of('state')} holds {odd[0]} of {state[odd[0]].dtype}, not an array of numbers")
        counters = {name: np.asarray(getattr(self, name)) for name in (*COUNTS, "seconds", "best_value")}
        arrays = {
            "w": self.learner.w,
            **prefixed("learner", state),
            **prefixed("loop", counters),
            **prefixed("sums", {name: np.asarray(total) for name, total in self.sums.items()}),
        }
        if self.best is not None:
            arrays["best"] = self.best
        save(self.folder / CHECKPOINT, arrays, {**self.texts, "versions": json.dumps(versions())})

    def load(self) -> bool:
        """Takes up the folder's checkpoint; False when none was written yet, and the run starts over.

        Raises Refusal when it is damaged, or of another task, layout or configuration, naming both.
        """
        if (arrays := read_checkpoint(self.folder, self.texts, self.paths)) is None:
            return False
        fits = refusing(f"{self.folder / CHECKPOINT} does not fit this task", Exception)  # whatever a learner raises
        with guarded(self._of("load")), fits:
            self.learner.w[:] = arrays["w"]
            self.learner.load(unprefixed("learner", arrays))
            counts = {name: int(arrays[f"loop.{name}"]) for name in COUNTS}
            if min(counts.values()) < 0 or not 0 <= self.learner.progress < math.inf:
                raise ValueError(f"progress {self.learner.progress}, {counts}")
            vars(self).update(counts)
            self.seconds, self.best_value = float(arrays["loop.seconds"]), float(arrays["loop.best_value"])
            self.sums = {name: float(total) for name, total in unprefixed("sums", arrays).items()}
        if "lengthened" in self.texts:  # the checkpoint may be of before, when the same count was further on
            self.evaluations = min(self.evaluations, self._due())
        self.best = arrays.get("best")
        log = self.folder / LOG
        if self.log_bytes and not (log.is_file() and log.stat().st_size >= self.log_bytes):
            raise Refusal(
                f"{self.folder / LOG} is shorter than when the checkpoint was written: put the whole file back"
            )
        read_log(self.folder, self.log_bytes)  # a damaged line is told now, not after all that is left to learn
        return True


def read_checkpoint(folder: Path, texts: Mapping[str, str], paths: Iterable[str] = ()) -> dict[str, Array] | None:
    """The arrays of a run folder's checkpoint, None where there is none; Refusal unless its texts equal `texts`.

    Where files lie is of no account, if their names and sums are equal: `paths` are the fields that say it.
    """
    path, other = folder / CHECKPOINT, previous(folder / CHECKPOINT)
    if not path.exists():
        path = other  # killed between the two renames of a save
    if not path.exists():
        return None
    try:
        arrays, found = load(path)
    except CheckpointError as error:
        advice = f"; move {other} to {path} to go on from the one before" if other.exists() and other != path else ""
        raise Refusal(f"{error}{advice}") from error
    found = former.lengthened(found, texts)
    before = former.check_format(found.get("format"), path) < former.FORMAT
    found = dict((former.same_texts if before else former.same_config)(found, texts))
    if changed := former.changed_files(found, texts):
        how = "put it back as it was, or begin another run"
        raise Refusal(f"{changed} is not what it was when the run in {folder} began: {how}")
    found = former.same_files(found, texts, paths)
    if "facts" in texts and found.setdefault("facts", texts["facts"]) != texts["facts"]:
        how = f"remove it, and the run is asked with its data, or trivium resume {folder} writes it again"
        raise Refusal(f"{folder / PREDICTION} is not what it was when the run in {folder} began: {how}")
    for name in (*texts, *(MAY - {"facts"} & found.keys() - texts.keys())):
        if found.get(name) != (expected := texts.get(name)):
            its, here = found.get(name, "missing"), "missing" if expected is None else expected
            raise Refusal(f"{path} belongs to another run: its {name} is {its}, here it is {here}")
    size = sum(math.prod(shape) for shape in json.loads(texts["layout"]).values())
    for name in {"w", "best"} & {"w", *arrays}:
        if name not in arrays or arrays[name].shape != (size,) or not np.isfinite(arrays[name].sum(dtype=np.float64)):
            raise Refusal(f"{path} does not fit this task: its {name} is no vector of {size} finite numbers")
    return arrays
