"""`trivium check TASK`: does a task keep the contract? Each promise is put to the test on its quick preset, in seconds.

What a task offers no way to check is named as skipped, not passed over in silence.
"""

import dataclasses
import math
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core import Adam, Array, checkpoint
from core.gradcheck import directional_error
from core.lab import Data, Learner, Refusal, prefixed, unprefixed, weights
from core.lab.environment import blas_threads
from core.lab.guard import aside, said, theirs
from core.lab.learner import MEMBERS
from core.lab.plain import plain_report
from core.lab.runs.setup import Setup
from core.lab.runs.tasks import Task, configure, preset

STEPS = 3  # updates that a comparison of two learners takes
SECONDS = 20.0  # the longest that a run to the end, for the report, may take before it is left out
WORDS = 80  # of ABOUT, at most
OPTIONAL = (
    "predict",
    "sample",
    "loss",
    "units",
    "table",
    "stage",
    "prediction",
    "notes",
)  # members that a learner may have


ANSWERS = ("predict", "stream", "recordings", "game")  # members by which a learner answers, once it has learnt


class Skip(Exception):
    """The task offers no way to check this."""


class Warn(Exception):
    """The task lacks what it need not have, and does without."""


def expect(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(message)


class Check:
    """All checks of one task: each method `check_*` is one, its first line of docstring the promise."""

    def __init__(self, task: Task, data: Path | None) -> None:
        self.task, self.data = task, data
        self.config = configure(task, preset(task, "quick"))

    def learner(self, seed: int = 0) -> Learner:
        return self.task.make(self.config, np.random.default_rng(seed), Data(self.data))

    def check_config(self) -> None:
        """Config is a frozen dataclass whose fields all have defaults, and the presets fit it"""
        expect(dataclasses.is_dataclass(self.task.config), "Config is no dataclass")
        expect(self.task.config.__dataclass_params__.frozen, "Config is not frozen")
        self.task.config()
        for name, values in self.task.presets.items():
            expect(name in ("quick", "best"), f"PRESETS has {name!r}; the presets are quick and best")
            configure(self.task, values)

    def check_about(self) -> None:
        """ABOUT says in at most 80 words what the task is, what goes in, what comes out, and what is good"""
        if not hasattr(self.task.module, "ABOUT"):
            expect(not self.task.ours, "the task has no ABOUT")
            raise Warn("the task has no ABOUT: its first line stands in for it")
        expect(isinstance(self.task.module.ABOUT, str), "ABOUT is not a text")
        words = len(self.task.about.split())
        expect(1 <= words <= WORDS, f"ABOUT has {words} words")

    def check_bad_config(self) -> None:
        """unknown fields and nonsense values are refused"""
        default = {field.name: field.default for field in dataclasses.fields(self.task.config)}
        counts = {name: -1 for name, value in default.items() if type(value) is int and value > 0}
        numbers = {name: math.nan for name, value in default.items() if type(value) is float}
        for name, value in {"no_such_field": 1, **counts, **numbers}.items():
            try:
                self.task.make(configure(self.task, {name: value}), np.random.default_rng(0), Data(self.data))
            except (Refusal, ValueError):
                continue
            raise AssertionError(f"{name}={value} is not refused: raise ValueError in Config.__post_init__")

    def check_members(self) -> None:
        """the learner has a net, one flat float32 w of its size, a monitor with a sign, and progress 0"""
        learner = self.learner()
        missing = [name for name in MEMBERS if not hasattr(learner, name)]
        expect(not missing, f"the learner lacks {', '.join(missing)}")
        odd = [name for name in OPTIONAL if hasattr(learner, name) and not callable(getattr(learner, name))]
        expect(not odd, f"{', '.join(odd)} must be a function")
        w = learner.w
        expect(w.shape == (learner.net.size,), f"w has shape {w.shape}, the network has {learner.net.size} parameters")
        expect(w.dtype == np.float32, f"w is {w.dtype}, not float32")
        expect(bool(np.isfinite(w).all()), "w starts with NaN or infinity")
        expect(learner.monitor[:1] in ("+", "-"), f"monitor {learner.monitor!r} must start with + or -")
        expect(learner.progress == 0, f"progress starts at {learner.progress}, not 0")
        expect(weights(learner).shape == w.shape, "weights and w differ in shape")

    def check_update(self) -> None:
        """update learns in place, advances progress, and logs finite figures with examples and answers"""
        learner = self.learner()
        w, before, progress, started = learner.w, learner.w.copy(), learner.progress, time.perf_counter()
        logs = learner.update()
        seconds = time.perf_counter() - started
        expect(seconds <= 2, f"an update took {seconds:.1f} s; at most 2, so that a signal is heeded")
        expect({"examples", "answers"} <= set(logs), f"update logs {sorted(logs)}, which lacks examples or answers")
        expect(all(math.isfinite(value) for value in logs.values()), f"update logs {logs}")
        expect(learner.w is w, "update puts another array in the place of w; write into it")
        expect(w.dtype == np.float32, f"update turned w into {w.dtype}")
        expect(learner.progress > progress, "update does not advance progress")
        expect(not np.array_equal(w, before), "update does not change w")

    def check_evaluate(self) -> None:
        """evaluate changes nothing, gives the same twice, and has the monitored figure"""
        learner = self.learner()
        learner.update()
        before, state = learner.w.copy(), digest(learner)
        first, second = learner.evaluate(), learner.evaluate()
        expect(np.array_equal(learner.w, before) and digest(learner) == state, "evaluate changes the learner")
        expect(first == second, f"evaluate gives {first}, then {second}")
        expect(learner.monitor[1:] in first, f"evaluate gives {sorted(first)}, without {learner.monitor[1:]}")

    def check_determinism(self) -> None:
        """the same seed gives the same bytes, another seed other ones"""
        a, b, c = self.learner(0), self.learner(0), self.learner(1)
        logs = [[one.update() for _ in range(STEPS)] for one in (a, b, c)]
        expect(np.array_equal(a.w, b.w), "two learners of one seed differ: is there randomness that is not rng's?")
        expect(logs[0] == logs[1], "two learners of one seed log different figures")
        expect(not np.array_equal(a.w, c.w), "another seed gives the same weights: rng is not used")

    def check_resume(self) -> None:
        """saved, loaded and continued equals never stopped"""
        whole, stopped = self.learner(), self.learner()
        for _ in range(STEPS):
            whole.update()
            stopped.update()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "checkpoint.safetensors"
            checkpoint.save(path, {"w": stopped.w, **prefixed("learner", stopped.state())}, {})
            arrays, _ = checkpoint.load(path)
        resumed = self.learner()
        resumed.w[:] = arrays["w"]
        resumed.load(unprefixed("learner", arrays))
        expect(resumed.progress == whole.progress, f"progress is {resumed.progress} after load, was {whole.progress}")
        for k in range(STEPS):
            if whole.progress >= 1:
                break
            expect(resumed.update() == whole.update(), f"update {k + 1} after load logs other figures")
        expect(np.array_equal(resumed.w, whole.w), "the weights after load and continue differ: what does state lack?")
        expect(digest(resumed) == digest(whole), "the states after load and continue differ")

    def check_gradient(self) -> None:
        """the gradient of loss(w, batch, g) is the true one, in float64"""
        learner, batch = self._batch()
        call, w = _loss(learner, batch), learner.w.astype(np.float64)
        call(w, g := np.zeros_like(w))
        errors = [directional_error(lambda u: call(u, None), w, g, np.random.default_rng(k)) for k in range(3)]
        expect(sorted(errors)[1] < 1e-5, f"the directional error is {sorted(errors)[1]:.1e}, above 1e-5")

    def check_overfit(self) -> None:
        """the network can learn one batch: its loss falls by half"""
        learner, batch = self._batch()
        call, g = _loss(learner, batch), np.zeros_like(learner.w)
        first = call(learner.w, None)
        enough = 0.5 * first if first > 0 else 1.1 * first  # a loss without the floor 0 starts anywhere
        for lr in (1e-2, 1e-3):  # small networks want the first, large ones may not bear it
            optimizer, w = Adam(lr), learner.w.copy()
            for _ in range(300):
                call(w, g)
                optimizer.step(w, g)
            last = call(w, None)
            if last < enough:
                return
        expect(False, f"300 steps on one batch took the loss from {first:.4f} to {last:.4f}")

    def check_predict(self) -> None:
        """predict gives one answer an example"""
        learner, batch = self._batch(5, "predict", "sample", "loss")
        x = batch[0] if isinstance(batch, tuple) else batch
        said = learner.predict(learner.w, x)  # type: ignore[attr-defined]
        expect(isinstance(said, str) or len(said) == len(x), "predict does not give one answer an example")

    def check_predictor(self) -> None:
        """predictor(config, facts) gives the learner's answers without its data"""
        learner = self.learner()
        if not (make := self.task.predictor):
            if not any(hasattr(learner, name) for name in ANSWERS):
                raise Skip("the learner does not answer")
            lack = "the task has no predictor: a run of it can be asked only where its data is"
            expect(not self.task.ours, lack)
            raise Warn(lack)
        facts = Setup(self.task, self.config).facts(learner)
        predictor: Any = make(self.config, facts)
        ours, its = learner.net.layout, predictor.net.layout
        expect(ours == its, f"the predictor's layout is {its}, that of the learner {ours}")
        learner, batch = self._batch(5, "sample")
        x, w = batch[0] if isinstance(batch, tuple) else batch, learner.w
        expected: Any = learner if hasattr(learner, "predict") else getattr(learner, "predictor", learner)
        if hasattr(predictor, "predict"):
            expect(np.array_equal(predictor.predict(w, x), expected.predict(w, x)), "the predictor gives other answers")
        if found := predictor.probabilities(w, x) if hasattr(predictor, "probabilities") else None:
            names, p = found
            expect(p.shape == (len(x), len(names)), f"probabilities of {len(names)} classes have the shape {p.shape}")
            expect(bool((p >= 0).all() and np.allclose(p.sum(1), 1, atol=1e-3)), "probabilities do not sum to 1")

    def check_report(self) -> None:
        """a run to the end gives a report with finite figures, and leaves the weights alone"""
        learner = self.learner()
        started = time.perf_counter()
        while (before := learner.progress) < 1:
            learner.update()
            expect(learner.progress > before, "progress stands still")
            if time.perf_counter() - started > SECONDS:
                raise Skip(f"the quick preset takes more than {SECONDS:.0f} s")
        w, kept = weights(learner).copy(), weights(learner).copy()
        with tempfile.TemporaryDirectory() as folder:
            plain_report(learner.report(w, Path(folder)), Path(folder))
        expect(np.array_equal(w, kept), "report changes the weights")

    def _batch(self, n: int = 8, *needs: str) -> tuple[Learner, Any]:
        learner = self.learner()
        if lacking := [name for name in needs or ("sample", "loss") if not hasattr(learner, name)]:
            raise Skip(f"the learner has no {' and no '.join(lacking)}")
        return learner, learner.sample(np.random.default_rng(0), n)  # type: ignore[attr-defined]


def _loss(learner: Any, batch: Any) -> Callable[[Array, Array | None], float]:
    return lambda w, g: float(learner.loss(w, batch, g, rng=np.random.default_rng(0)))


def digest(learner: Learner) -> str:
    """One SHA-256 over all that the learner is."""
    return checkpoint.digest({"w": learner.w, **learner.state()}, {})


def outcomes(task: Task, data: Path | None = None) -> list[tuple[str, str, str]]:
    """(outcome, promise, detail) of each check; outcome is ok, skip, warn or FAIL."""
    check, found = Check(task, data), []
    for method in [getattr(check, name) for name in vars(Check) if name.startswith("check_")]:
        outcome, detail = "ok", ""
        try:
            with blas_threads(0), aside():  # one thread: two on a busy machine make seconds of these checks minutes
                method()
        except (Skip, Warn, AssertionError) as error:
            outcome, detail = {Skip: "skip", Warn: "warn"}.get(type(error), "FAIL"), str(error)
        except Refusal as refusal:
            outcome, detail = "FAIL", str(refusal)
        except BaseException as error:
            if not theirs(error):
                raise
            outcome, detail = "FAIL", said(error)
        found.append((outcome, str(method.__doc__).strip(), detail))
    return found
