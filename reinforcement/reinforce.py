"""REINFORCE: make an action more likely if what followed was better than usual, else less likely.

Williams 1992, "Simple statistical gradient-following algorithms for connectionist reinforcement learning". The
gradient at the logits is -A (onehot(action) - p): cross-entropy's, with the action that was tried in the place of the
label, and weighted by A, how much better than usual the return was. No one says which action would have been right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from core.initializers import Array
from core.lab.envs.rollout import play, stack
from core.lab.envs.vector import Envs, Steps, side_by_side
from core.lab.learner import Report
from core.lab.state import State, prefixed, rng_state, set_rng_state, unprefixed
from core.layers import Layer, Rng
from core.losses import Loss, log_softmax
from core.optimizers import Optimizer, Schedule, linear
from reinforcement.distributions import as_batch, draw, entropy, greedy
from reinforcement.evaluate import Exam
from reinforcement.returns import discounted_returns


def reinforce_loss(y: Array, action: Array, advantage: Array, entropy_weight: float = 0.0) -> Loss:
    """mean of -A log p(action) - entropy_weight H(p), p = softmax(y); y (B, A), action, advantage (B,)."""
    B, rows = len(y), np.arange(len(y))
    log_p = log_softmax(y)
    H, dH = entropy(log_p)
    loss = -(advantage * log_p[rows, action] + entropy_weight * H).mean()
    dy = advantage[:, None] * np.exp(log_p) - entropy_weight * dH
    dy[rows, action] -= advantage  # with the line above: -A (onehot(action) - p)
    dy /= B
    return float(loss), dy


class REINFORCE:
    """One update is `batches` times: a whole episode of each of `n` environments, then one step.

    A = return - baseline, the baseline a running mean of returns that moves by `memory`. Entropy is rewarded less and
    less, as `schedule` says. Every reward is an answer of the teacher, and so is, once, every label of the exam. An
    episode that a time limit cuts off counts as if it had ended there. Raises ValueError when `net` does not fit.
    """

    def __init__(
        self,
        net: Layer,
        make_envs: Callable[[int, Rng], Envs],
        exam: Exam,
        optimizer: Optimizer,
        rng: Rng,
        *,
        updates: int,
        batches: int = 100,
        n: int = 64,
        gamma: float = 1.0,
        memory: float = 0.01,
        entropy_weight: float = 0.0,
        schedule: Schedule = linear,
    ) -> None:
        w_rng, env_rng, self.rng = rng.spawn(3)
        self.net, self.w = net, net.init(w_rng)
        self.g = np.empty_like(self.w)
        self.make_envs, self.envs, self.exam = make_envs, make_envs(side_by_side(n), env_rng), exam
        self.optimizer, self.schedule, self.updates, self.batches = optimizer, schedule, updates, batches
        self.gamma, self.memory, self.entropy_weight = gamma, memory, entropy_weight
        self.done, self.baseline = 0, 0.0
        self.envs.check_actions(self.net(self.envs.obs, self.w)[0])

    @property
    def monitor(self) -> str:
        return self.exam.monitor

    @property
    def progress(self) -> float:
        return self.done / self.updates

    def update(self) -> dict[str, float]:
        losses, earned, count = [], [], 0
        for _ in range(self.batches):
            steps = stack(play(self.envs, lambda obs: draw(self.rng, self.net(obs, self.w)[0])))  # T, n
            obs, action, G = self.judge(steps)
            losses.append(self.loss(self.w, (obs, action, G - self.baseline), self.g))
            self.optimizer.step(self.w, self.g, self.schedule(self.progress))
            self.baseline += self.memory * (float(G.mean()) - self.baseline)
            earned.append(float((steps.reward * steps.valid).sum()) / self.envs.n)
            count += len(G)
        labels = self.exam.labels if self.done == 0 else 0
        self.done += 1
        return {
            "loss": float(np.mean(losses)),
            "return": float(np.mean(earned)),
            "examples": count,
            "answers": count + labels,
        }

    def judge(self, steps: Steps) -> tuple[Array, Array, Array]:
        """obs, action and return of the valid steps, each (N, ...)."""
        G = discounted_returns(steps.reward, self.gamma * ~steps.end).astype(self.w.dtype)
        return steps.obs[steps.valid], steps.action[steps.valid], G[steps.valid]

    def sample(self, rng: Rng, n: int) -> tuple[Array, Array, Array]:
        """Observations of n episodes, drawn actions, and random advantages: the gradient must hold for any."""
        episodes = play(self.make_envs(n, rng), lambda obs: draw(rng, self.net(obs, self.w)[0]))
        obs, action, G = self.judge(stack(episodes))
        return obs, action, rng.standard_normal(len(G)).astype(G.dtype)

    def loss(self, w: Array, batch: tuple[Array, ...], g: Array | None = None, rng: Rng | None = None) -> float:
        obs, action, advantage = batch
        y, back = self.net(obs, w, rng)
        loss, dy = reinforce_loss(y, action, advantage, self.entropy_weight * self.schedule(self.progress))
        if g is not None:
            back(dy, g)
        return loss

    def predict(self, w: Array, obs: Array) -> Array:
        """The greedy actions (B,) at observations (B, ...), or at one alone."""
        return greedy(self.net(as_batch(obs, self.envs.obs), w)[0])

    def evaluate(self) -> dict[str, float]:
        return self.exam.validate(lambda obs: self.net(obs, self.w)[0])

    def report(self, w: Array, folder: Path | None) -> Report:
        return self.exam.report(lambda obs: self.net(obs, w)[0], folder)

    def state(self) -> State:
        return {
            "done": np.asarray(self.done),
            "baseline": np.asarray(self.baseline),
            "rng": rng_state(self.rng),
            **prefixed("optimizer", self.optimizer.state),
            **prefixed("envs", self.envs.state()),
        }

    def load(self, state: Mapping[str, Array]) -> None:
        self.envs.load(unprefixed("envs", state))
        self.done, self.baseline = int(state["done"]), float(state["baseline"])
        set_rng_state(self.rng, state["rng"])
        self.optimizer.state = unprefixed("optimizer", state)
