"""What the algorithms share: how an agent is examined, asked and saved. How it learns stands in the file of each."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core import Array, Layer, Optimizer, Rescale, Rng, Schedule, Sequential
from core.lab import Exam, Kept, Refusal, Report
from core.lab.envs.units import acted, observed, shown_through
from core.lab.envs.vector import Envs, check_count
from core.lab.signature import Choice, Features, Ids, Numbers, Outputs, Signature
from reinforcement.distributions import CATEGORICAL, GAUSSIAN, SQUASHED, ActionDistribution

FREE = np.array([[-np.inf], [np.inf]])  # an action without a border


class Agent(Kept):
    """A network that acts, its exam and its environments. An algorithm adds `update`, and names in `kept` its state."""

    family: ActionDistribution = CATEGORICAL
    reads = (".jsonl",)  # an observation a line, as its environment shows it
    config: Any
    envs: Envs

    def __init__(self, net: Layer, exam: Exam, optimizer: Optimizer, schedule: Schedule, rng: Rng) -> None:
        self.net, self.w = net, net.init(rng)
        self.g = np.zeros_like(self.w)
        self.exam, self.optimizer, self.schedule, self.done = exam, optimizer, schedule, 0

    def play_in(self, make_envs: Callable[[int, Rng], Envs], n: int, rng: Rng) -> None:
        """Makes n environments to learn from. Raises ValueError when the network does not fit them."""
        self.make_envs, self.envs = make_envs, make_envs(check_count(n), rng)
        self.family.check(self.envs, self.logits(self.w, self.envs.obs))

    @property
    def monitor(self) -> str:
        return self.exam.monitor

    @property
    def progress(self) -> float:
        return float(self.done / self.config.updates)

    @property
    def weights(self) -> Array:
        """Those that are judged."""
        return self.w

    def logits(self, w: Array, obs: Array) -> Array:
        """What the network says of observations (B, ...): `family` makes actions of it."""
        return self.net(obs, w)[0]

    def model(self, w: Array) -> Any:
        """What the exam takes: the agent with the weights w, as a function."""
        return partial(self.logits, w)

    def predict(self, w: Array, obs: Any) -> Any:
        """The best actions (N, ...) at observations (N, ...), or at one alone, both in the environment's own units.

        Actions that are a Dict or a Tuple are objects (N,) of plain values.

        Raises ValueError for what is no observation of it.
        """
        return acted(self.envs, self.family.best(self.logits(w, observed(self.envs, obs))))

    def signature(self, w: Array) -> Signature:
        """Observations and actions in the environment's own units, to be exported.

        What is done to observations before the network sees them is part of it where that is affine; else they are
        taken as the network sees them, and a note says so.
        """
        net: Layer = getattr(self, "actor", self.net)
        obs, ask, one = self.envs.obs, partial(self.logits, w), self.envs.single()
        outputs, w = self._outputs(ask(obs)), w[: net.size]
        if self.envs.column:
            n = self.envs.vec.single_observation_space.n
            return Signature(Ids(1, tuple(map(str, range(n)))), net, w, outputs, ask)
        inputs, seen = Features(obs.shape[1:]), [] if one is None else shown_through(one)
        if not seen:
            return Signature(inputs, net, w, outputs, ask)
        if found := self._affine(obs.shape[1:]):
            whole = Sequential(Rescale(*found), net)
            return Signature(inputs, whole, w, outputs, lambda x: ask(observed(self.envs, x)))
        notes = (f"observations are taken as the network sees them, behind {', '.join(seen)}",)
        return Signature(inputs, net, w, outputs, ask, notes)

    def _affine(self, shape: tuple[int, ...]) -> tuple[Array, Array] | None:
        """m and k, where the network sees k (x - m) of observations x (N, *shape); None where it sees another thing."""
        trial = np.random.default_rng(0).uniform(-1, 1, (9, *shape)).astype(np.float32)
        try:
            zero, one, seen = (observed(self.envs, x) for x in (0 * trial[:1], 1 + 0 * trial[:1], trial))
        except (ValueError, TypeError):
            return None
        k = one[0] - zero[0]
        if seen.shape != trial.shape or (k == 0).any() or not np.allclose(seen, zero[0] + k * trial, 1e-5, 1e-5):
            return None
        return -zero[0] / k, k

    def _outputs(self, y: Array) -> Outputs:
        """What y (B, ...) means for the environment. Raises Refusal where that is no choice and no affine map."""
        refused = Refusal("the actions of this environment are made of the outputs in a way that cannot be exported")
        if self.family is CATEGORICAL:
            table = np.asarray(acted(self.envs, np.arange(y.shape[-1])))
            if table.dtype.kind not in "iu":
                raise refused
            return Choice(None if table.tolist() == list(range(len(table))) else table)
        if self.family not in (GAUSSIAN, SQUASHED):
            raise refused

        def act(value: Any) -> Array:
            return np.asarray(acted(self.envs, value), np.float64)

        one, tanh = np.ones((1, y.shape[-1] // 2), y.dtype), self.family is SQUASHED
        middle = act(0 * one)[0]
        scale, far = 2 * (act(one / 2)[0] - middle), 1.0 if tanh else 1e6
        low, high = act(-far * one)[0], act(far * one)[0]
        made = Numbers(tanh, scale, middle, *np.where(np.abs([low, high]) < 1e5 * np.abs(scale), [low, high], FREE))
        trial = np.random.default_rng(0).uniform(-1, 1, (9, y.shape[-1])).astype(y.dtype) * (1 if tanh else 3)
        if middle.ndim != 1 or not np.allclose(act(self.family.best(trial)), made.answer(trial), 1e-5, 1e-6):
            raise refused
        return made

    def notes(self) -> list[str]:
        """What whoever runs it should know of its environments, where it has some."""
        return self.envs.notes() if hasattr(self, "envs") else []

    def counted(self, examples: int, answers: int | None = None) -> dict[str, float]:
        """Ends an update; what it logs of its examples and answers, by default one of each example.

        The labels by which an exam chooses weights, if it needs any, are answers of the first update.
        """
        self.done += 1
        labels = getattr(self.exam, "labels", 0) if self.done == 1 else 0
        return {"examples": examples, "answers": (examples if answers is None else answers) + labels}

    def evaluate(self) -> dict[str, float]:
        return self.exam.validate(self.model(self.weights))

    def report(self, w: Array, folder: Path | None) -> Report:
        return self.exam.report(self.model(w), folder)
