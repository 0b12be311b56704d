"""Deep Q-learning: learn what each action is worth from what was lived through, over and over.

Q(obs, a) should be the return of taking a and the best actions from there on. After n steps with the rewards' sum G
and what is left of the discount D,
    target = G + D Q_old(next_obs, argmax_a Q(next_obs, a))
where Q_old are weights that follow slowly, and Q chooses what Q_old prices, so that no one picks its own errors
(Mnih et al. 2015; double: van Hasselt et al. 2016, arXiv:1509.06461; n steps: Hessel et al. 2018, arXiv:1710.02298).
The gradient at the output is Q(obs, action) - target, cut off at 1, at the action that was taken; 0 at all others: no
one says what they would have been worth. Weakness: with n > 1 the explorer's own actions are taken for the best.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from core.initializers import Array
from core.lab.envs.rollout import rollout
from core.lab.envs.vector import Envs, Steps, side_by_side
from core.lab.learner import Report
from core.lab.state import State, prefixed, rng_state, set_rng_state, unprefixed
from core.layers import Layer, Rng
from core.losses import Loss, huber
from core.optimizers import Optimizer, Schedule, average, clip_norm, linear
from reinforcement.distributions import as_batch, draw, epsilon_greedy_logits, greedy
from reinforcement.evaluate import Exam
from reinforcement.replay_buffer import ReplayBuffer
from reinforcement.returns import n_step


def q_loss(q: Array, action: Array, target: Array) -> Loss:
    """Huber's loss, mean over the batch, of q[action] - target: q (B, A), action, target (B,); returns dq (B, A)."""
    rows, dq = np.arange(len(q)), np.zeros_like(q)
    loss, dq[rows, action] = huber(q[rows, action], target.astype(q.dtype))
    return loss, dq


class DQN:
    """One update is `T` steps of `n` environments into the memory, then `batches` minibatches out of it.

    An action is drawn evenly with a probability that falls from 1 to `explore` over the first `exploring` of progress.
    Every reward is an answer of the teacher. Raises ValueError when `net` (I -> A) does not fit the environment.
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
        n: int = 8,
        T: int = 32,
        batches: int = 64,
        batch: int = 64,
        memory: int = 100_000,
        gamma: float = 0.99,
        steps: int = 1,
        explore: float = 0.05,
        exploring: float = 0.3,
        follow: float = 0.01,
        max_norm: float = 10.0,
        schedule: Schedule = linear,
    ) -> None:
        w_rng, env_rng, self.rng = rng.spawn(3)
        self.net, self.w = net, net.init(w_rng)
        self.g, self.old = np.empty_like(self.w), self.w.copy()
        self.make_envs, self.envs, self.exam = make_envs, make_envs(side_by_side(n), env_rng), exam
        self.optimizer, self.schedule, self.updates, self.memory = optimizer, schedule, updates, ReplayBuffer(memory)
        self.T, self.batches, self.batch, self.gamma, self.steps = T, batches, batch, gamma, steps
        self.least, self.exploring, self.follow, self.max_norm = explore, exploring, follow, max_norm
        self.done = 0
        self.envs.check_actions(self.net(self.envs.obs, self.w)[0])
        if n * T > memory:
            raise ValueError(f"the memory of {memory} does not hold the {n * T} steps of one update")

    @property
    def monitor(self) -> str:
        return self.exam.monitor

    @property
    def progress(self) -> float:
        return self.done / self.updates

    @property
    def explore(self) -> float:
        return max(self.least, 1 - (1 - self.least) * self.progress / self.exploring)

    def act(self, w: Array, obs: Array, explore: float, rng: Rng) -> Array:
        return draw(rng, epsilon_greedy_logits(self.net(obs, w)[0], explore))

    def update(self) -> dict[str, float]:
        steps = rollout(self.envs, lambda obs: self.act(self.w, obs, self.explore, self.rng), self.T)
        self.memory.add(*self.judge(steps))
        losses = []
        for _ in range(self.batches):
            obs, action, G, D, next_obs = self.memory.draw(self.rng, self.batch)
            losses.append(self.loss(self.w, (obs, action, self.target(G, D, next_obs)), self.g))
            clip_norm(self.g, self.max_norm)
            self.optimizer.step(self.w, self.g, self.schedule(self.progress))
            average(self.old, self.w, self.follow)
        count, labels = int(steps.valid.sum()), self.exam.labels if self.done == 0 else 0
        self.done += 1
        return {"loss": float(np.mean(losses)), "explore": self.explore, "examples": count, "answers": count + labels}

    def judge(self, steps: Steps) -> tuple[Array, ...]:
        """obs, action, G, D and the observation that follows, of the valid steps, each (N, ...)."""
        discount = (self.gamma * ~steps.terminated).astype(self.w.dtype)
        G, D, last = n_step(steps.reward.astype(self.w.dtype), discount, steps.end, self.steps)
        next_obs = steps.next_obs[last, np.arange(last.shape[1])]
        return tuple(part[steps.valid] for part in (steps.obs, steps.action, G, D, next_obs))

    def target(self, G: Array, D: Array, next_obs: Array) -> Array:
        """G + D Q_old(next_obs, argmax_a Q(next_obs, a)), each (B,)."""
        best, prices = greedy(self.net(next_obs, self.w)[0]), self.net(next_obs, self.old)[0]
        value: Array = G + D * prices[np.arange(len(best)), best]
        return value

    def sample(self, rng: Rng, n: int) -> tuple[Array, ...]:
        """n steps of one environment, drawn evenly, as `loss` takes them."""
        steps = rollout(self.make_envs(1, rng), lambda obs: self.act(self.w, obs, 1.0, rng), n)
        obs, action, G, D, next_obs = self.judge(steps)
        return obs, action, self.target(G, D, next_obs)

    def loss(self, w: Array, batch: tuple[Array, ...], g: Array | None = None, rng: Rng | None = None) -> float:
        obs, action, target = batch
        q, back = self.net(obs, w, rng)
        loss, dq = q_loss(q, action, target)
        if g is not None:
            back(dq, g)
        return loss

    def predict(self, w: Array, obs: Array) -> Array:
        """The greedy actions (B,) at observations (B, ...), or at one alone."""
        return greedy(self.net(as_batch(obs, self.envs.obs), w)[0])

    def logits(self, w: Array, obs: Array) -> Array:
        """What the exam takes for the agent's policy: greedy, but for the exploration that is left at the end."""
        return epsilon_greedy_logits(self.net(obs, w)[0], self.least)

    def evaluate(self) -> dict[str, float]:
        return self.exam.validate(lambda obs: self.logits(self.w, obs))

    def report(self, w: Array, folder: Path | None) -> Report:
        return self.exam.report(lambda obs: self.logits(w, obs), folder)

    def state(self) -> State:
        return {
            "done": np.asarray(self.done),
            "rng": rng_state(self.rng),
            "old": self.old,
            **prefixed("optimizer", self.optimizer.state),
            **prefixed("envs", self.envs.state()),
            **prefixed("memory", self.memory.state()),
        }

    def load(self, state: Mapping[str, Array]) -> None:
        self.envs.load(unprefixed("envs", state))
        self.memory.load(unprefixed("memory", state))
        self.done, self.old[:] = int(state["done"]), state["old"]
        set_rng_state(self.rng, state["rng"])
        self.optimizer.state = unprefixed("optimizer", state)
