"""Imitation: an expert says what it would have done, and its action is the label.

Behaviour cloning is classification: the gradient at the output is p - onehot(the expert's action), a classifier's
(Pomerleau 1989). But the learner then goes where it acts, and what the expert does there it was never told. DAgger
(Ross et al. 2011, arXiv:1011.0686) lets the learner act, asks the expert about every observation that it comes to, and
learns from all labels so far. Cloning is DAgger that never asks again. No reward is learnt from; rewards only judge.
The expert is any policy, obs (B, ...) -> actions (B, ...): a rule, or the network of a finished run (`from_run`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.initializers import Array
from core.lab.envs.rollout import Policy, play, rollout, stack
from core.lab.envs.vector import Envs, side_by_side
from core.lab.learner import Report
from core.lab.state import State, prefixed, rng_state, set_rng_state, unprefixed
from core.layers import Layer, Rng
from core.losses import Loss, cross_entropy, mse
from core.optimizers import Optimizer, Schedule, linear
from reinforcement.distributions import CATEGORICAL, ActionDistribution, as_batch
from reinforcement.evaluate import Exam
from reinforcement.replay_buffer import ReplayBuffer


def from_run(folder: str) -> Policy:
    """What the best weights of a finished run would do. Raises Refusal when the folder holds no agent."""
    from core.lab.errors import Refusal
    from core.lab.runs.run import open_run

    run = open_run(folder)
    if run.setup.task.paradigm != "reinforcement":
        raise Refusal(f"{folder} is a run of {run.setup.task.name}, which does not act: give one of an agent")
    learner: Any = run.learner
    return lambda obs: np.asarray(learner.predict(run.w, obs))


def closeness(y: Array, action: Array) -> Loss:
    """For actions that are numbers: the mean squared error of m, y (B, 2A) = [m, log s], action (B, A)."""
    A, dy = action.shape[-1], np.zeros_like(y)
    loss, dy[:, :A] = mse(y[:, :A], action)
    return loss, dy


class Imitation:
    """One update is `T` steps of `n` environments, which the expert labels, then `batches` minibatches of all labels.

    At first there are whole episodes of the expert, `episodes` of them; with T = 0 nothing more (cloning). Every label
    is an answer of the teacher, once. Raises ValueError when `net` or the expert does not fit the environment.
    """

    def __init__(
        self,
        net: Layer,
        make_envs: Callable[[int, Rng], Envs],
        exam: Exam,
        expert: Policy,
        optimizer: Optimizer,
        rng: Rng,
        *,
        updates: int,
        episodes: int = 1,
        n: int = 8,
        T: int = 0,
        batches: int = 100,
        batch: int = 64,
        memory: int = 100_000,
        loss: Callable[[Array, Array], Loss] = cross_entropy,
        family: ActionDistribution = CATEGORICAL,
        schedule: Schedule = linear,
    ) -> None:
        w_rng, env_rng, first_rng, self.rng = rng.spawn(4)
        self.net, self.w = net, net.init(w_rng)
        self.g = np.empty_like(self.w)
        self.make_envs, self.envs, self.exam, self.expert = make_envs, make_envs(side_by_side(n), env_rng), exam, expert
        self.optimizer, self.schedule, self.updates, self.memory = optimizer, schedule, updates, ReplayBuffer(memory)
        self.T, self.batches, self.batch, self.of_labels, self.family = T, batches, batch, loss, family
        self.done = 0
        family.check(self.envs, self.net(self.envs.obs, self.w)[0])
        said, fits = np.asarray(expert(self.envs.obs)), family.best(self.net(self.envs.obs, self.w)[0])
        if said.shape != fits.shape or said.dtype.kind != fits.dtype.kind:
            raise ValueError(
                f"the expert's actions for {n} observations are {said.dtype} of shape {said.shape}, "
                f"not {fits.dtype} of shape {fits.shape}"
            )
        steps = stack(play(make_envs(side_by_side(episodes), first_rng), expert))
        self._add(steps.obs[steps.valid], steps.action[steps.valid])

    def _add(self, obs: Array, action: Array) -> None:
        if len(obs) > self.memory.size:
            raise ValueError(f"the memory of {self.memory.size} does not hold {len(obs)} labels at once")
        self.memory.add(obs, action)

    @property
    def monitor(self) -> str:
        return self.exam.monitor

    @property
    def progress(self) -> float:
        return self.done / self.updates

    def act(self, w: Array, obs: Array) -> Array:
        return self.family.best(self.net(obs, w)[0])

    def update(self) -> dict[str, float]:
        told = self.memory.count if self.done == 0 else 0
        if self.T:
            steps = rollout(self.envs, lambda obs: self.act(self.w, obs), self.T)
            obs = steps.obs[steps.valid]
            self._add(obs, self.expert(obs))
            told += len(obs)
        losses = []
        for _ in range(self.batches):
            losses.append(self.loss(self.w, self.memory.draw(self.rng, self.batch), self.g))
            self.optimizer.step(self.w, self.g, self.schedule(self.progress))
        labels = self.exam.labels if self.done == 0 else 0
        self.done += 1
        return {"loss": float(np.mean(losses)), "examples": self.batches * self.batch, "answers": told + labels}

    def sample(self, rng: Rng, n: int) -> tuple[Array, ...]:
        return self.memory.draw(rng, n)

    def loss(self, w: Array, batch: tuple[Array, ...], g: Array | None = None, rng: Rng | None = None) -> float:
        obs, action = batch
        y, back = self.net(obs, w, rng)
        loss, dy = self.of_labels(y, action)
        if g is not None:
            back(dy, g)
        return loss

    def predict(self, w: Array, obs: Array) -> Array:
        """The actions (B, ...) at observations (B, ...), or at one alone."""
        return self.act(w, as_batch(obs, self.envs.obs))

    def evaluate(self) -> dict[str, float]:
        return self.exam.validate(lambda obs: self.net(obs, self.w)[0])

    def report(self, w: Array, folder: Path | None) -> Report:
        return self.exam.report(lambda obs: self.net(obs, w)[0], folder)

    def state(self) -> State:
        return {
            "done": np.asarray(self.done),
            "rng": rng_state(self.rng),
            **prefixed("optimizer", self.optimizer.state),
            **prefixed("envs", self.envs.state()),
            **prefixed("memory", self.memory.state()),
        }

    def load(self, state: Mapping[str, Array]) -> None:
        self.envs.load(unprefixed("envs", state))
        self.memory.load(unprefixed("memory", state))
        self.done = int(state["done"])
        set_rng_state(self.rng, state["rng"])
        self.optimizer.state = unprefixed("optimizer", state)
