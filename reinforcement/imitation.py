"""Imitation: an expert says what it would have done, and its action is the label.

Behaviour cloning is classification: the gradient at the output is p - onehot(the expert's action), a classifier's
(Pomerleau 1989). But the learner then goes where it acts, and what the expert does there it was never told. DAgger
(Ross et al. 2011, arXiv:1011.0686) lets the learner act, asks the expert about every observation that it comes to, and
learns from all labels so far. Cloning is DAgger that never asks again. No reward is learnt from; rewards only judge.
The expert is any policy, obs (B, ...) -> actions (B, ...): a rule, or the network of a finished run (`from_run`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import Array, Layer, Loss, Optimizer, Rng, Schedule, cross_entropy, linear
from core.lab import Exam, settings
from core.lab.envs.rollout import Policy, play, rollout, stack
from core.lab.envs.vector import Envs, check_count
from reinforcement.agent import Agent
from reinforcement.config import Checked
from reinforcement.distributions import CATEGORICAL, ActionDistribution
from reinforcement.replay_buffer import ReplayBuffer


def from_run(folder: str) -> Policy:
    """What the best weights of a finished run would do. Raises Refusal when the folder holds no agent."""
    from core.lab import Refusal
    from core.lab.runs.open import open_run

    run = open_run(folder)
    if run.setup.task.paradigm != "reinforcement":
        raise Refusal(f"{folder} is a run of {run.setup.task.name}, which does not act: give one of an agent")
    answers = run.predictor
    return lambda obs: np.asarray(answers.predict(run.w, obs))


@dataclass(frozen=True)
class ImitationConfig(Checked):
    """The settings of cloning and DAgger; a task gives them its own defaults."""

    nonnegative = ("ask",)

    updates: int = 40  # each of some minibatches
    episodes: int = 1  # of the expert, at first
    envs: int = 8  # environments side by side that the learner plays
    ask: int = 0  # steps of each environment before each update about which the expert is asked (DAgger); 0: none
    batches: int = 100  # minibatches in an update
    batch: int = 64  # labels in a minibatch
    replay_size: int = 100_000  # labels that are remembered


class Imitation(Agent):
    """One update is `ask` steps of all environments, which the expert labels, then some minibatches of all labels.

    At first there are whole episodes of the expert; with `ask` 0 nothing more (cloning). Every label is an answer of
    the teacher, once. Raises ValueError when `net` or the expert does not fit the environment.
    """

    kept = "done", "rng", "optimizer", "envs", "memory=replay"

    def __init__(
        self,
        net: Layer,
        make_envs: Callable[[int, Rng], Envs],
        exam: Exam,
        expert: Policy,
        optimizer: Optimizer,
        rng: Rng,
        config: ImitationConfig | None = None,
        *,
        loss: Callable[[Array, Array], Loss] = cross_entropy,
        family: ActionDistribution = CATEGORICAL,
        schedule: Schedule = linear,
        **changes: Any,
    ) -> None:
        self.config = c = settings(ImitationConfig, config, changes)
        w_rng, env_rng, first_rng, self.rng = rng.spawn(4)
        super().__init__(net, exam, optimizer, schedule, w_rng)
        self.expert, self.of_labels, self.family, self.replay = expert, loss, family, ReplayBuffer(c.replay_size)
        self.play_in(make_envs, c.envs, env_rng)
        said, fits = np.asarray(expert(self.envs.obs)), family.best(self.logits(self.w, self.envs.obs))
        if said.shape != fits.shape or said.dtype.kind != fits.dtype.kind:
            raise ValueError(
                f"the expert's actions for {c.envs} observations are {said.dtype} of shape {said.shape}, "
                f"not {fits.dtype} of shape {fits.shape}"
            )
        steps = stack(play(make_envs(check_count(c.episodes), first_rng), expert))
        self._add(steps.obs[steps.valid], steps.action[steps.valid])

    def _add(self, obs: Array, action: Array) -> None:
        if len(obs) > self.replay.size:
            raise ValueError(f"the memory of {self.replay.size} does not hold {len(obs)} labels at once")
        self.replay.add(obs, action)

    def update(self) -> dict[str, float]:
        told = self.replay.count if self.done == 0 else 0
        if self.config.ask:
            steps = rollout(self.envs, lambda obs: self.family.best(self.logits(self.w, obs)), self.config.ask)
            obs = steps.obs[steps.valid]
            self._add(obs, self.expert(obs))
            told += len(obs)
        losses = []
        for _ in range(self.config.batches):
            losses.append(self.loss(self.w, self.replay.draw(self.rng, self.config.batch), self.g))
            self.optimizer.step(self.w, self.g, self.schedule(self.progress))
        return {"loss": float(np.mean(losses)), **self.counted(len(losses) * self.config.batch, told)}

    def sample(self, rng: Rng, n: int) -> tuple[Array, ...]:
        return self.replay.draw(rng, n)

    def loss(self, w: Array, batch: tuple[Array, ...], g: Array | None = None, rng: Rng | None = None) -> float:
        obs, action = batch
        y, back = self.net(obs, w, rng)
        loss, dy = self.of_labels(y, action)
        if g is not None:
            back(dy, g)
        return loss
