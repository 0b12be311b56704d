"""Proximal policy optimisation: learn from each roll-out for a few epochs, but never move far from who made it.

Schulman et al. 2017, arXiv:1707.06347, with the details that matter (Huang et al. 2022, "The 37 implementation details
of proximal policy optimization"). With r = p(action) / p_old(action), the gradient at what the actor says is that of
-A r log p(action), for choices -A r (onehot(action) - p), as long as r has not left [1 - clip, 1 + clip] on the side
where the advantage A pushes it. Actions are choices or numbers: `family` knows their density.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from core import Array, Concat, Layer, Loss, Optimizer, Rng, Schedule, check_shapes, clip_norm, linear
from core.lab import Exam, settings, unprefixed
from core.lab.envs.rollout import Policy, rollout
from core.lab.envs.vector import Envs, Steps
from reinforcement.agent import Agent
from reinforcement.config import Checked
from reinforcement.distributions import CATEGORICAL, ActionDistribution, Density, categorical
from reinforcement.returns import gae
from reinforcement.running_stats import RunningMeanStd


def ppo_loss(
    y: Array,
    action: Array,
    old_log_p: Array,
    advantage: Array,
    target: Array,
    clip: float = 0.2,
    value_weight: float = 0.5,
    entropy_weight: float = 0.0,
    density: Density = categorical,
) -> Loss:
    """mean of -min(r A, clip(r, 1 - c, 1 + c) A) + value_weight (v - target)^2 - entropy_weight H(p).

    y (B, Y + 1) = [what the actor says, v]; action (B, ...); old_log_p, advantage, target (B,). Returns (loss, dy).
    """
    check_shapes(y.shape[:1], old_log_p=old_log_p, advantage=advantage, target=target)
    log_p, H, back = density(y[:, :-1], action)  # B, B
    ratio = np.exp(log_p - old_log_p)
    free, held = ratio * advantage, ratio.clip(1 - clip, 1 + clip) * advantage
    error = y[:, -1] - target
    loss = value_weight * error.dot(error) - (np.minimum(free, held) + entropy_weight * H).sum()

    free[free > held] = 0  # A r, but 0 where the ratio is held: there the minimum is flat
    dy = np.empty_like(y)
    dy[:, :-1] = back(free * (-1 / len(y)), -entropy_weight / len(y))
    dy[:, -1] = (2 * value_weight / len(y)) * error
    return float(loss) / len(y), dy


@dataclass(frozen=True)
class PPOSettings(Checked):
    """All settings of PPO but how long it learns, which a task may count in its own way: it then says `updates`."""

    nonnegative: ClassVar[tuple[str, ...]] = "value_weight", "entropy_weight"
    probability = "gamma", "lam"

    envs: int = 32  # environments side by side
    rollout: int = 64  # steps of each in one roll-out
    epochs: int = 8  # passes over a roll-out
    batch: int = 256  # steps in a minibatch
    gamma: float = 0.99  # a reward k steps away counts gamma^k
    lam: float = 0.95  # how far an advantage looks beyond the critic: 0 one step, 1 to the end
    clip: float = 0.2  # how far the probability of an action may move in one update, relatively
    value_weight: float = 0.25  # of the critic's squared error
    entropy_weight: float = 0.0  # of the reward for staying undecided
    max_norm: float = 0.5  # longer gradients are cut to this length


@dataclass(frozen=True)
class PPOConfig(PPOSettings):
    """The settings of PPO; a task gives them its own defaults."""

    updates: int = 100  # roll-outs that are learnt from


class PPO(Agent):
    """One update is a roll-out, some steps of all environments, and a few passes over it in minibatches.

    Actor (I -> what `family` takes) and critic (I -> 1 value) are one network with one w, Concat(actor, critic),
    w[: actor.size] the actor's part. With `obs_stats` the network is shown (obs - mean) / deviation of all observations
    so far; the weights that are judged are those of the same function of obs itself. Every reward is an answer of the
    teacher. Raises ValueError when the actor does not fit.
    """

    actor: Layer
    kept = "done", "rng", "seen=obs_stats", "optimizer", "envs"

    def __init__(
        self,
        actor: Layer,
        critic: Layer,
        make_envs: Callable[[int, Rng], Envs],
        exam: Exam,
        optimizer: Optimizer,
        rng: Rng,
        config: PPOSettings | None = None,
        *,
        schedule: Schedule = linear,
        family: ActionDistribution = CATEGORICAL,
        obs_stats: RunningMeanStd | None = None,
        **changes: Any,
    ) -> None:
        if family.density is None:
            raise ValueError("PPO needs a family of policies with a density, such as CATEGORICAL or GAUSSIAN")
        self.config = settings(PPOConfig, config, changes, former={"n": "envs", "T": "rollout"})
        w_rng, env_rng, self.rng = rng.spawn(3)
        super().__init__(Concat(actor, critic), exam, optimizer, schedule, w_rng)
        self.actor, self.critic, self.obs_stats = actor, critic, obs_stats
        self.family, self.density = family, family.density
        self.play_in(make_envs, self.config.envs, env_rng)

    def start_from(self, w: Array, state: Mapping[str, Array]) -> None:
        """Statistics of the observations, if the other run kept some of as many numbers, are taken over with w."""
        stats, theirs = self.obs_stats, unprefixed("seen", state)
        if stats is None or "mean" not in theirs or theirs["mean"].shape != stats.mean.shape:
            self.w[:] = w
        else:
            stats.load(theirs)
            self.w[:] = stats.unfolded(w, self.w, self.actor, self.critic)

    @property
    def entropy_weight(self) -> float:
        return float(self.config.entropy_weight)

    @property
    def weights(self) -> Array:
        """Those that are judged: of the network that takes observations as they come."""
        return self.w if self.obs_stats is None else self.obs_stats.folded(self.w, self.actor, self.critic)

    def policy(self, rng: Rng) -> Policy:
        """Actions as the present weights draw them."""
        weights = self.weights
        return lambda obs: self.family.draw(rng, self.logits(weights, obs))

    def update(self) -> dict[str, float]:
        steps = rollout(self.envs, self.policy(self.rng), self.config.rollout)  # T, B
        experience, losses = self.experience(steps), []
        N = len(experience[0])
        edges = np.linspace(0, N, max(1, N // self.config.batch) + 1).astype(int)  # of the minibatches, nearly even
        for _ in range(self.config.epochs):
            order = self.rng.permutation(N)
            shuffled = [part.take(order, 0) for part in experience]
            for a, b in pairwise(edges):
                losses.append(self.loss(self.w, tuple(part[a:b] for part in shuffled), self.g))
                clip_norm(self.g, self.config.max_norm)
                self.optimizer.step(self.w, self.g, self.schedule(self.progress))
        if self.obs_stats is not None:
            self.obs_stats.add(steps.obs[steps.valid])
        return {"loss": float(np.mean(losses)), **self.counted(N)}

    def experience(self, steps: Steps) -> tuple[Array, ...]:
        """obs, action, old_log_p, advantage (mean 0, deviation 1) and target of the valid steps, each (N, ...)."""
        obs, next_obs = (x if self.obs_stats is None else self.obs_stats(x) for x in (steps.obs, steps.next_obs))
        y = self.net(obs, self.w)[0]  # T, B, Y + 1
        next_value = self.critic(next_obs, self.w[self.actor.size :])[0][..., 0]  # T, B
        log_p = self.density(y[..., :-1], steps.action)[0]  # T, B
        discount = (self.config.gamma * ~steps.terminated).astype(y.dtype)
        A = gae(steps.reward.astype(y.dtype), discount, y[..., -1], next_value, steps.end, self.config.lam)
        valid, target = steps.valid, A + y[..., -1]
        A = (A - A[valid].mean()) / (A[valid].std() + 1e-8)
        return obs[valid], steps.action[valid], log_p[valid], A[valid], target[valid]

    def sample(self, rng: Rng, n: int) -> tuple[Array, ...]:
        """n steps of one environment under the present policy, as `loss` takes them."""
        return self.experience(rollout(self.make_envs(1, rng), self.policy(rng), n))

    def loss(self, w: Array, batch: tuple[Array, ...], g: Array | None = None, rng: Rng | None = None) -> float:
        obs, action, old_log_p, advantage, target = batch
        y, back = self.net(obs, w, rng)
        coefficients = self.config.clip, self.config.value_weight, self.entropy_weight
        loss, dy = ppo_loss(y, action, old_log_p, advantage, target, *coefficients, self.density)
        if g is not None:
            back(dy, g)
        return loss
