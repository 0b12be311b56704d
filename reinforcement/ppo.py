"""Proximal policy optimisation: learn from each roll-out for a few epochs, but never move far from who made it.

Schulman et al. 2017, arXiv:1707.06347, with the details that matter (Huang et al. 2022, "The 37 implementation details
of proximal policy optimization"). With r = p(action) / p_old(action), the gradient at what the actor says is that of
-A r log p(action), for choices -A r (onehot(action) - p), as long as r has not left [1 - clip, 1 + clip] on the side
where the advantage A pushes it. Actions are choices or numbers: `family` knows their density.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np

from core.initializers import Array
from core.lab.envs.rollout import rollout
from core.lab.envs.vector import Envs, Steps, side_by_side
from core.lab.learner import Report
from core.lab.state import State, prefixed, rng_state, set_rng_state, unprefixed
from core.layers import Layer, Rng
from core.losses import Loss
from core.network import Concat
from core.optimizers import Optimizer, Schedule, clip_norm, linear
from reinforcement.distributions import CATEGORICAL, ActionDistribution, Density, as_batch, categorical
from reinforcement.evaluate import Exam
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


class PPO:
    """One update is a roll-out, `T` steps of `n` environments, and `epochs` passes over it in minibatches.

    Actor (I -> what `family` takes) and critic (I -> 1 value) are one network with one w, Concat(actor, critic),
    w[: actor.size] the actor's part. With `seen` the network is shown (obs - mean) / deviation of all observations so
    far; the weights that are judged are those of the same function of obs itself. Every reward is an answer of the
    teacher. Raises ValueError when the actor does not fit.
    """

    def __init__(
        self,
        actor: Layer,
        critic: Layer,
        make_envs: Callable[[int, Rng], Envs],
        exam: Exam,
        optimizer: Optimizer,
        rng: Rng,
        *,
        updates: int,
        n: int = 32,
        T: int = 64,
        epochs: int = 8,
        batch: int = 256,
        gamma: float = 0.99,
        lam: float = 0.95,
        clip: float = 0.2,
        value_weight: float = 0.25,
        entropy_weight: float = 0.0,
        max_norm: float = 0.5,
        schedule: Schedule = linear,
        family: ActionDistribution = CATEGORICAL,
        seen: RunningMeanStd | None = None,
    ) -> None:
        if family.density is None:
            raise ValueError("PPO needs a family of policies with a density, such as CATEGORICAL or GAUSSIAN")
        w_rng, env_rng, self.rng = rng.spawn(3)
        self.actor, self.critic, self.net = actor, critic, Concat(actor, critic)
        self.w = self.net.init(w_rng)
        self.g = np.empty_like(self.w)
        self.make_envs, self.envs, self.exam = make_envs, make_envs(side_by_side(n), env_rng), exam
        self.optimizer, self.schedule, self.updates = optimizer, schedule, updates
        self.T, self.epochs, self.batch, self.max_norm = T, epochs, batch, max_norm
        self.gamma, self.lam = gamma, lam
        self.clip, self.value_weight, self.entropy_weight = clip, value_weight, entropy_weight
        self.family, self.density, self.seen = family, family.density, seen
        self.done = 0
        family.check(self.envs, self.logits(self.w, self.envs.obs))

    @property
    def monitor(self) -> str:
        return self.exam.monitor

    @property
    def progress(self) -> float:
        return self.done / self.updates

    @property
    def weights(self) -> Array:
        """Those that are judged: of the network that takes observations as they come."""
        return self.w if self.seen is None else self.seen.folded(self.w, self.actor, self.critic)

    def logits(self, w: Array, obs: Array) -> Array:
        """What the actor says of observations as they come, with weights that are judged."""
        return self.actor(obs, w[: self.actor.size])[0]

    def update(self) -> dict[str, float]:
        weights = self.weights
        steps = rollout(self.envs, lambda obs: self.family.draw(self.rng, self.logits(weights, obs)), self.T)  # T, n
        experience, losses = self.judge(steps), []
        N = len(experience[0])
        edges = np.linspace(0, N, max(1, N // self.batch) + 1).astype(int)  # of the minibatches, as even as can be
        for _ in range(self.epochs):
            order = self.rng.permutation(N)
            shuffled = [part.take(order, 0) for part in experience]
            for a, b in pairwise(edges):
                losses.append(self.loss(self.w, tuple(part[a:b] for part in shuffled), self.g))
                clip_norm(self.g, self.max_norm)
                self.optimizer.step(self.w, self.g, self.schedule(self.progress))
        if self.seen is not None:
            self.seen.add(steps.obs[steps.valid])
        labels = self.exam.labels if self.done == 0 else 0
        self.done += 1
        return {"loss": float(np.mean(losses)), "examples": N, "answers": N + labels}

    def judge(self, steps: Steps) -> tuple[Array, ...]:
        """obs, action, old_log_p, advantage (mean 0, deviation 1) and target of the valid steps, each (N, ...)."""
        obs, next_obs = (part if self.seen is None else self.seen(part) for part in (steps.obs, steps.next_obs))
        y = self.net(obs, self.w)[0]  # T, n, Y + 1
        next_value = self.critic(next_obs, self.w[self.actor.size :])[0][..., 0]  # T, n
        log_p = self.density(y[..., :-1], steps.action)[0]  # T, n
        discount = (self.gamma * ~steps.terminated).astype(y.dtype)
        A = gae(steps.reward.astype(y.dtype), discount, y[..., -1], next_value, steps.end, self.lam)
        valid, target = steps.valid, A + y[..., -1]
        A = (A - A[valid].mean()) / (A[valid].std() + 1e-8)
        return obs[valid], steps.action[valid], log_p[valid], A[valid], target[valid]

    def sample(self, rng: Rng, n: int) -> tuple[Array, ...]:
        """n steps of one environment under the present policy, as `loss` takes them."""
        weights = self.weights
        return self.judge(
            rollout(self.make_envs(1, rng), lambda obs: self.family.draw(rng, self.logits(weights, obs)), n)
        )

    def loss(self, w: Array, batch: tuple[Array, ...], g: Array | None = None, rng: Rng | None = None) -> float:
        obs, action, old_log_p, advantage, target = batch
        y, back = self.net(obs, w, rng)
        loss, dy = ppo_loss(
            y, action, old_log_p, advantage, target, self.clip, self.value_weight, self.entropy_weight, self.density
        )
        if g is not None:
            back(dy, g)
        return loss

    def predict(self, w: Array, obs: Array) -> Array:
        """The best actions (B, ...) at observations (B, ...), or at one alone."""
        return self.family.best(self.logits(w, as_batch(obs, self.envs.obs)))

    def evaluate(self) -> dict[str, float]:
        weights = self.weights
        return self.exam.validate(lambda obs: self.logits(weights, obs))

    def report(self, w: Array, folder: Path | None) -> Report:
        return self.exam.report(lambda obs: self.logits(w, obs), folder)

    def state(self) -> State:
        seen = {} if self.seen is None else prefixed("seen", self.seen.state())
        return {
            "done": np.asarray(self.done),
            "rng": rng_state(self.rng),
            **seen,
            **prefixed("optimizer", self.optimizer.state),
            **prefixed("envs", self.envs.state()),
        }

    def load(self, state: Mapping[str, Array]) -> None:
        self.envs.load(unprefixed("envs", state))
        self.done = int(state["done"])
        if self.seen is not None:
            self.seen.load(unprefixed("seen", state))
        set_rng_state(self.rng, state["rng"])
        self.optimizer.state = unprefixed("optimizer", state)
