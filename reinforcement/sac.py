"""Soft actor-critic: act as well as the critics say, and as freely as that allows; learn from what was lived through.

The reward is joined by the policy's entropy, weighed by alpha. Two critics price an action, and the lower price counts,
since the actor looks for the highest error as eagerly as for the highest value. With D the discount, a' drawn:
    target   r + D (min_k Q_k,old(next_obs, a') - alpha log p(a' | next_obs))
    critics  mean of (Q_k(obs, action) - target)^2 / 2, both k
    actor    mean of alpha log p(a | obs) - min_k Q_k(obs, a), a = tanh(m + s e) a function of its y, e drawn
    alpha    raised while the entropy is below -A, lowered while it is above
No one says which action would have been right: the gradient at the action is dQ/da, the critics' own opinion, and goes
through it into the actor. Haarnoja et al. 2018, arXiv:1812.05905; two critics: Fujimoto et al. 2018, arXiv:1802.09477.
The critics are two members of one network, so their products are one batched call. Actor, critics and log alpha lie in
one w, in this order.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import Adam, Array, Layer, Loss, Parts, Rng, Schedule, average, check_shapes, constant
from core.lab import Exam, settings
from core.lab.envs.rollout import rollout
from core.lab.envs.vector import Envs, Steps
from reinforcement.agent import Agent
from reinforcement.config import Checked
from reinforcement.distributions import SQUASHED, Constant, squashed
from reinforcement.predictor import AgentPredictor
from reinforcement.replay_buffer import ReplayBuffer, check_replay_size


def critic_loss(q: Array, target: Array) -> Loss:
    """sum over the critics of mean (q - target)^2 / 2: q (E, B, 1), target (B,); the gradient (E, B, 1)."""
    check_shapes((len(q), *target.shape, 1), q=q)
    d = q - target[:, None].astype(q.dtype)
    return float((d * d).sum()) / (2 * len(target)), d / len(target)


@dataclass(frozen=True)
class SACSettings(Checked):
    """All settings of SAC but how long it learns and how often, which a task may count in its own way.

    It then says `updates`, `rollout` and `batches`.
    """

    nonnegative = ("learning_starts",)
    probability = "gamma", "tau"

    envs: int = 1  # environments side by side
    batch: int = 256  # steps in a minibatch
    replay_size: int = 100_000  # steps that are remembered
    gamma: float = 0.99  # a reward k steps away counts gamma^k
    tau: float = 0.005  # how fast the old critics follow
    learning_starts: int = 1000  # steps that are drawn evenly, at first
    alpha: float = 1.0  # weight of the policy's entropy at the start; it is learnt


@dataclass(frozen=True)
class SACConfig(SACSettings):
    """The settings of SAC; a task gives them its own defaults."""

    updates: int = 300  # roll-outs that are learnt from
    rollout: int = 64  # steps of each environment in one roll-out
    batches: int = 64  # minibatches after each roll-out


def sac_parts(actor: Layer, critics: Layer, alpha: float) -> Parts:
    """Actor, critics and the log of the entropy's weight in one w."""
    return Parts(actor=actor, critics=critics, temperature=Constant("log_alpha", 1, math.log(alpha)))


def soft_actor(networks: tuple[Layer, Layer], alpha: float, make_envs: Callable[[int, Rng], Envs]) -> AgentPredictor:
    """What answers when SAC has learnt."""
    actor, critics = networks
    return AgentPredictor(sac_parts(actor, critics, alpha).net, make_envs, SQUASHED, actor)


class SAC(Agent):
    """One update is some steps of all environments into the replay buffer, then some minibatches out of it.

    `actor` maps obs (B, I) to y (B, 2A), `critics` [obs, action] (B, I + A) to (2, B, 1). The first update begins with
    `learning_starts` steps that are drawn evenly, and only remembered. Every reward is an answer of the teacher. Raises
    ValueError when they do not fit.
    """

    actor: Layer
    family = SQUASHED
    kept = "done", "rng", "old", "optimizer0=optimizer", "optimizer1", "optimizer2", "envs", "memory=replay"

    def __init__(
        self,
        actor: Layer,
        critics: Layer,
        make_envs: Callable[[int, Rng], Envs],
        exam: Exam,
        lr: float,
        rng: Rng,
        config: SACSettings | None = None,
        *,
        schedule: Schedule = constant,
        **changes: Any,
    ) -> None:
        self.config = c = settings(SACConfig, config, changes)
        w_rng, env_rng, self.rng = rng.spawn(3)
        self.actor, self.critics = actor, critics
        self.parts = sac_parts(actor, critics, c.alpha)
        super().__init__(self.parts.net, exam, Adam(lr), schedule, w_rng)  # the optimizer of the actor
        self.optimizer1, self.optimizer2 = Adam(lr), Adam(lr)  # of the critics, and of log alpha
        self.old, self.replay = self.parts.split(self.w)[1].copy(), ReplayBuffer(c.replay_size)
        self.play_in(make_envs, c.envs, env_rng)
        self.A = self.logits(self.w, self.envs.obs).shape[-1] // 2
        check_replay_size(c)

    def start_from(self, w: Array, state: Mapping[str, Array]) -> None:
        self.w[:], self.old[:] = w, self.parts.split(w)[1]

    def act(self, obs: Array) -> Array:
        choose = SQUASHED.random if self.replay.count < self.config.learning_starts else SQUASHED.draw
        return choose(self.rng, self.logits(self.w, obs))

    def collect(self) -> None:
        self.replay.add(*self.experience(rollout(self.envs, self.act, self.config.rollout)))

    def update(self) -> dict[str, float]:
        before, c = self.replay.count, self.config
        self.collect()
        while self.replay.count < c.learning_starts:
            self.collect()
        log = [self.learn(self.replay.draw(self.rng, c.batch)) for _ in range(c.batches)]
        means = {name: float(np.mean([one[name] for one in log])) for name in log[0]}
        return {**means, "alpha": float(np.exp(self.w[-1])), **self.counted(self.replay.count - before)}

    def experience(self, steps: Steps) -> tuple[Array, ...]:
        """obs, action, reward, discount and the observation that follows, of the valid steps, each (N, ...)."""
        dtype = self.w.dtype
        discount = (self.config.gamma * ~steps.terminated).astype(dtype)
        obs, next_obs = (part.astype(dtype, copy=False) for part in (steps.obs, steps.next_obs))
        return tuple(part[steps.valid] for part in (obs, steps.action, steps.reward.astype(dtype), discount, next_obs))

    def learn(self, batch: tuple[Array, ...]) -> dict[str, float]:
        """One step of the critics, one of the actor, one of alpha."""
        obs, action, reward, D, next_obs = batch
        rate = self.schedule(self.progress)
        loss = self.loss(self.w, (obs, action, self.target(reward, D, next_obs)), self.g)
        w, g = self.parts.split(self.w), self.parts.split(self.g)
        self.optimizer1.step(w[1], g[1], rate)
        value, entropy = self.actor_loss(self.w, obs, self.rng.standard_normal((len(obs), self.A), np.float32), self.g)
        self.optimizer.step(w[0], g[0], rate)
        g[2][:] = entropy + self.A  # d/d log alpha of log alpha (entropy - (-A))
        self.optimizer2.step(w[2], g[2], rate)
        average(self.old, w[1], self.config.tau)
        return {"loss": loss, "q": -value, "entropy": entropy}

    def target(self, reward: Array, D: Array, next_obs: Array) -> Array:
        """r + D (min_k Q_k,old(next_obs, a') - alpha log p(a')), each (B,)."""
        noise = self.rng.standard_normal((len(next_obs), self.A), np.float32)
        action, log_p, _ = squashed(self.logits(self.w, next_obs), noise)
        q = self.critics(np.concatenate([next_obs, action], -1), self.old)[0][..., 0].min(0)
        return reward + D * (q - np.exp(self.w[-1]) * log_p)

    def actor_loss(self, w: Array, obs: Array, noise: Array, g: Array | None = None) -> tuple[float, float]:
        """mean of alpha log p(a) - min_k Q_k(obs, a), and of -log p(a); g: the gradient of the first in the actor."""
        of_actor, of_critics, log_alpha = self.parts.split(w)
        y, back_actor = self.actor(obs, of_actor)
        action, log_p, back_action = squashed(y, noise)
        q, back_critics = self.critics(np.concatenate([obs, action], -1), of_critics)  # 2, B, 1
        B, alpha = len(obs), float(np.exp(log_alpha[0]))
        if g is not None:
            lower = (np.arange(len(q))[:, None] == q[..., 0].argmin(0)).astype(w.dtype)[..., None]  # 2, B, 1
            da = back_critics(lower * (-1 / B), dx=True)[:, -self.A :]
            back_actor(back_action(da, np.full(B, alpha / B, w.dtype)), self.parts.split(g)[0])
        return float((alpha * log_p - q[..., 0].min(0)).mean()), -float(log_p.mean())

    def sample(self, rng: Rng, n: int) -> tuple[Array, ...]:
        """n steps of one environment, drawn evenly, with prices as targets."""
        steps = rollout(self.make_envs(1, rng), lambda obs: SQUASHED.random(rng, self.logits(self.w, obs)), n)
        return self.experience(steps)[:3]

    def loss(self, w: Array, batch: tuple[Array, ...], g: Array | None = None, rng: Rng | None = None) -> float:
        """The critics' loss; with `g` its gradient, which is 0 outside the critics."""
        obs, action, target = batch
        q, back = self.critics(np.concatenate([obs, action], -1), self.parts.split(w)[1])
        loss, dq = critic_loss(q, target)
        if g is not None:
            g[:] = 0
            back(dq, self.parts.split(g)[1])
        return loss
