"""Deep Q-learning: learn what each action is worth from what was lived through, over and over.

Q(obs, a) should be the return of taking a and the best actions from there on. After n steps with the rewards' sum G
and what is left of the discount D,
    target = G + D Q_old(next_obs, argmax_a Q(next_obs, a))
where Q_old are weights that follow slowly, and Q chooses what Q_old prices, so that no one picks its own errors
(Mnih et al. 2015; double: van Hasselt et al. 2016, arXiv:1509.06461; n steps: Hessel et al. 2018, arXiv:1710.02298).
The gradient at the output is Q(obs, action) - target, cut off at 1, at the action that was taken; 0 at all others: no
one says what they would have been worth. Weakness: with n > 1 the explorer's own actions are taken for the best.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import Array, Layer, Loss, Optimizer, Rng, Schedule, average, check_shapes, clip_norm, huber, linear
from core.lab import Exam, settings
from core.lab.envs.rollout import rollout
from core.lab.envs.vector import Envs, Steps
from reinforcement.agent import Agent
from reinforcement.config import Checked
from reinforcement.distributions import draw, epsilon_greedy_logits, greedy
from reinforcement.replay_buffer import ReplayBuffer, check_replay_size
from reinforcement.returns import n_step


def q_loss(q: Array, action: Array, target: Array) -> Loss:
    """Huber's loss, mean over the batch, of q[action] - target: q (B, A), action, target (B,); returns dq (B, A)."""
    check_shapes(q.shape[:1], action=action, target=target)
    rows, dq = np.arange(len(q)), np.zeros_like(q)
    loss, dq[rows, action] = huber(q[rows, action], target.astype(q.dtype))
    return loss, dq


@dataclass(frozen=True)
class DQNConfig(Checked):
    """The settings of deep Q-learning; a task gives them its own defaults."""

    probability = "gamma", "explore", "tau"

    updates: int = 200  # roll-outs that are learnt from
    envs: int = 8  # environments side by side
    rollout: int = 32  # steps of each in one roll-out
    batches: int = 64  # minibatches after each roll-out
    batch: int = 64  # steps in a minibatch
    replay_size: int = 100_000  # steps that are remembered
    gamma: float = 0.99  # a reward k steps away counts gamma^k
    n_step: int = 1  # steps after which the value of what follows stands for the rest
    explore: float = 0.05  # share of actions drawn evenly, in the end; at first all are
    exploration_fraction: float = 0.3  # share of the run over which it falls
    tau: float = 0.01  # how fast the old weights follow
    max_norm: float = 10.0  # longer gradients are cut to this length


class DQN(Agent):
    """One update is some steps of all environments into the replay buffer, then some minibatches out of it.

    An action is drawn evenly with a probability that falls from 1 to `explore` over the first `exploration_fraction`
    of progress. Every reward is an answer of the teacher. Raises ValueError when `net` (I -> A) does not fit the
    environment.
    """

    kept = "done", "rng", "old", "optimizer", "envs", "memory=replay"

    def __init__(
        self,
        net: Layer,
        make_envs: Callable[[int, Rng], Envs],
        exam: Exam,
        optimizer: Optimizer,
        rng: Rng,
        config: DQNConfig | None = None,
        *,
        schedule: Schedule = linear,
        **changes: Any,
    ) -> None:
        self.config = c = settings(DQNConfig, config, changes)
        w_rng, env_rng, self.rng = rng.spawn(3)
        super().__init__(net, exam, optimizer, schedule, w_rng)
        self.old, self.replay = self.w.copy(), ReplayBuffer(c.replay_size)
        self.play_in(make_envs, c.envs, env_rng)
        check_replay_size(c)

    def start_from(self, w: Array, state: Mapping[str, Array]) -> None:
        self.w[:] = self.old[:] = w

    @property
    def explore(self) -> float:
        c = self.config
        return float(max(c.explore, 1 - (1 - c.explore) * self.progress / c.exploration_fraction))

    def act(self, w: Array, obs: Array, explore: float, rng: Rng) -> Array:
        return draw(rng, epsilon_greedy_logits(self.logits(w, obs), explore))

    def update(self) -> dict[str, float]:
        steps = rollout(self.envs, lambda obs: self.act(self.w, obs, self.explore, self.rng), self.config.rollout)
        self.replay.add(*self.experience(steps))
        losses = []
        for _ in range(self.config.batches):
            obs, action, G, D, next_obs = self.replay.draw(self.rng, self.config.batch)
            losses.append(self.loss(self.w, (obs, action, self.target(G, D, next_obs)), self.g))
            clip_norm(self.g, self.config.max_norm)
            self.optimizer.step(self.w, self.g, self.schedule(self.progress))
            average(self.old, self.w, self.config.tau)
        told = self.counted(int(steps.valid.sum()))
        return {"loss": float(np.mean(losses)), "explore": self.explore, **told}

    def experience(self, steps: Steps) -> tuple[Array, ...]:
        """obs, action, G, D and the observation that follows, of the valid steps, each (N, ...)."""
        discount = (self.config.gamma * ~steps.terminated).astype(self.w.dtype)
        G, D, last = n_step(steps.reward.astype(self.w.dtype), discount, steps.end, self.config.n_step)
        next_obs = steps.next_obs[last, np.arange(last.shape[1])]
        return tuple(part[steps.valid] for part in (steps.obs, steps.action, G, D, next_obs))

    def target(self, G: Array, D: Array, next_obs: Array) -> Array:
        """G + D Q_old(next_obs, argmax_a Q(next_obs, a)), each (B,)."""
        best, prices = greedy(self.net(next_obs, self.w)[0]), self.net(next_obs, self.old)[0]
        return G + D * prices[np.arange(len(best)), best]

    def sample(self, rng: Rng, n: int) -> tuple[Array, ...]:
        """n steps of one environment, drawn evenly, as `loss` takes them."""
        steps = rollout(self.make_envs(1, rng), lambda obs: self.act(self.w, obs, 1.0, rng), n)
        obs, action, G, D, next_obs = self.experience(steps)
        return obs, action, self.target(G, D, next_obs)

    def loss(self, w: Array, batch: tuple[Array, ...], g: Array | None = None, rng: Rng | None = None) -> float:
        obs, action, target = batch
        q, back = self.net(obs, w, rng)
        loss, dq = q_loss(q, action, target)
        if g is not None:
            back(dq, g)
        return loss

    def model(self, w: Array) -> Callable[[Array], Array]:
        """The policy: greedy, but for the exploration that is left at the end."""
        return lambda obs: epsilon_greedy_logits(self.logits(w, obs), self.config.explore)
