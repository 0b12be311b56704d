"""Proximal policy optimisation: learn from each roll-out for a few epochs, but never move far from who made it.

Schulman et al. 2017, arXiv:1707.06347, with the details that matter (Huang et al. 2022, "The 37 implementation details
of proximal policy optimization"). With r = p(action) / p_old(action), the gradient at the logits is
-A r (onehot(action) - p), as long as r has not left [1 - clip, 1 + clip] on the side where the advantage A pushes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from core.initializers import Array
from core.lab.episodes import Envs, Steps, rollout
from core.lab.learner import Report, State, prefixed, rng_state, set_rng_state, unprefixed
from core.layers import Layer, Rng
from core.losses import Loss, log_softmax
from core.network import Concat
from core.optimizers import Optimizer, Schedule, clip_norm, linear
from reinforcement.evaluate import Exam
from reinforcement.policy import as_batch, draw, entropy, greedy
from reinforcement.returns import gae


def ppo_loss(y: Array, action: Array, old_log_p: Array, advantage: Array, target: Array,
             clip: float = 0.2, value_weight: float = 0.5, entropy_weight: float = 0.0) -> Loss:  # fmt: skip
    """mean of -min(r A, clip(r, 1 - c, 1 + c) A) + value_weight (v - target)^2 - entropy_weight H(p).

    y (B, A + 1) = [logits, v]; action, old_log_p, advantage, target (B,). Returns (loss, dy (B, A + 1)).
    """
    B, rows = len(y), np.arange(len(y))
    log_p = log_softmax(y[:, :-1])  # B, A
    H, dH = entropy(log_p)
    ratio = np.exp(log_p[rows, action] - old_log_p)
    free, held = ratio * advantage, np.clip(ratio, 1 - clip, 1 + clip) * advantage
    error = y[:, -1] - target
    loss = (value_weight * error * error - np.minimum(free, held) - entropy_weight * H).mean()

    pull = np.where(free <= held, free, 0)  # A r, but 0 where the ratio is held: there the minimum is flat
    dy = np.empty_like(y)
    dy[:, :-1] = pull[:, None] * np.exp(log_p) - entropy_weight * dH
    dy[rows, action] -= pull  # with the line above: -A r (onehot(action) - p)
    dy[:, -1] = 2 * value_weight * error
    dy /= B
    return float(loss), dy


class PPO:
    """One update is a roll-out, `T` steps of `n` environments, and `epochs` passes over it in minibatches.

    Actor (I -> A logits) and critic (I -> 1 value) are one network with one w, Concat(actor, critic), w[: actor.size]
    the actor's part. Every reward is an answer of the teacher. Raises ValueError when the actor does not fit.
    """

    def __init__(self, actor: Layer, critic: Layer, make_envs: Callable[[int, Rng], Envs], exam: Exam,
                 optimizer: Optimizer, rng: Rng, *, updates: int, n: int = 32, T: int = 64, epochs: int = 8,
                 batch: int = 256, gamma: float = 0.99, lam: float = 0.95, clip: float = 0.2,
                 value_weight: float = 0.25, entropy_weight: float = 0.0, max_norm: float = 0.5,
                 schedule: Schedule = linear) -> None:  # fmt: skip
        w_rng, env_rng, self.rng = rng.spawn(3)
        self.actor, self.net = actor, Concat(actor, critic)
        self.w = self.net.init(w_rng)
        self.g = np.empty_like(self.w)
        self.make_envs, self.envs, self.exam = make_envs, make_envs(n, env_rng), exam
        self.optimizer, self.schedule, self.updates = optimizer, schedule, updates
        self.T, self.epochs, self.batch, self.max_norm = T, epochs, batch, max_norm
        self.gamma, self.lam = gamma, lam
        self.clip, self.value_weight, self.entropy_weight = clip, value_weight, entropy_weight
        self.done = 0
        self.envs.check_actions(self.logits(self.w, self.envs.obs))

    @property
    def monitor(self) -> str:
        return self.exam.monitor

    @property
    def progress(self) -> float:
        return self.done / self.updates

    def logits(self, w: Array, obs: Array) -> Array:
        return self.actor(obs, w[: self.actor.size])[0]

    def update(self) -> dict[str, float]:
        steps = rollout(self.envs, lambda obs: draw(self.rng, self.logits(self.w, obs)), self.T)  # T, n
        experience, losses = self.judge(steps), []
        N = len(experience[0])
        for _ in range(self.epochs):
            order = self.rng.permutation(N)
            for i in np.array_split(order, max(1, N // self.batch)):
                losses.append(self.loss(self.w, tuple(part[i] for part in experience), self.g))
                clip_norm(self.g, self.max_norm)
                self.optimizer.step(self.w, self.g, self.schedule(self.progress))
        labels = self.exam.labels if self.done == 0 else 0
        self.done += 1
        return {"loss": float(np.mean(losses)), "examples": N, "answers": N + labels}

    def judge(self, steps: Steps) -> tuple[Array, ...]:
        """obs, action, old_log_p, advantage (mean 0, deviation 1) and target of the valid steps, each (N, ...)."""
        y, next_y = self.net(steps.obs, self.w)[0], self.net(steps.next_obs, self.w)[0]  # T, n, A + 1
        log_p = np.take_along_axis(log_softmax(y[..., :-1]), steps.action[..., None], -1)[..., 0]  # T, n
        discount = (self.gamma * ~steps.terminated).astype(y.dtype)
        A = gae(steps.reward.astype(y.dtype), discount, y[..., -1], next_y[..., -1], steps.end, self.lam)
        valid, target = steps.valid, A + y[..., -1]
        A = (A - A[valid].mean()) / (A[valid].std() + 1e-8)
        return steps.obs[valid], steps.action[valid], log_p[valid], A[valid], target[valid]

    def sample(self, rng: Rng, n: int) -> tuple[Array, ...]:
        """n steps of one environment under the present policy, as `loss` takes them."""
        return self.judge(rollout(self.make_envs(1, rng), lambda obs: draw(rng, self.logits(self.w, obs)), n))

    def loss(self, w: Array, batch: tuple[Array, ...], g: Array | None = None, rng: Rng | None = None) -> float:
        obs, action, old_log_p, advantage, target = batch
        y, back = self.net(obs, w, rng)
        loss, dy = ppo_loss(y, action, old_log_p, advantage, target,
                            self.clip, self.value_weight, self.entropy_weight)  # fmt: skip
        if g is not None:
            back(dy, g)
        return loss

    def predict(self, w: Array, obs: Array) -> Array:
        """The greedy actions (B,) at observations (B, ...), or at one alone."""
        return greedy(self.logits(w, as_batch(obs, self.envs.obs)))

    def evaluate(self) -> dict[str, float]:
        return self.exam.validate(lambda obs: self.logits(self.w, obs))

    def report(self, w: Array, folder: Path | None) -> Report:
        return self.exam.report(lambda obs: self.logits(w, obs), folder)

    def state(self) -> State:
        return {"done": np.asarray(self.done), "rng": rng_state(self.rng),
                **prefixed("optimizer", self.optimizer.state), **prefixed("envs", self.envs.state())}  # fmt: skip

    def load(self, state: Mapping[str, Array]) -> None:
        self.envs.load(unprefixed("envs", state))
        self.done = int(state["done"])
        set_rng_state(self.rng, state["rng"])
        self.optimizer.state = unprefixed("optimizer", state)
