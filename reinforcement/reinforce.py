"""REINFORCE: make an action more likely if what followed was better than usual, else less likely.

Williams 1992, "Simple statistical gradient-following algorithms for connectionist reinforcement learning". The
gradient at the logits is -A (onehot(action) - p): cross-entropy's, with the action that was tried in the place of the
label, and weighted by A, how much better than usual the return was. No one says which action would have been right.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from core import Array, Layer, Loss, Optimizer, Rng, Schedule, check_shapes, linear, log_softmax
from core.lab import Exam, check, settings
from core.lab.envs.rollout import play, stack
from core.lab.envs.vector import Envs, Steps
from reinforcement.agent import Agent
from reinforcement.config import Checked
from reinforcement.distributions import draw, entropy
from reinforcement.returns import discounted_returns


def reinforce_loss(y: Array, action: Array, advantage: Array, entropy_weight: float = 0.0) -> Loss:
    """mean of -A log p(action) - entropy_weight H(p), p = softmax(y); y (B, A), action, advantage (B,)."""
    check_shapes(y.shape[:1], action=action, advantage=advantage)
    B, rows = len(y), np.arange(len(y))
    log_p = log_softmax(y)
    H, dH = entropy(log_p)
    loss = -(advantage * log_p[rows, action] + entropy_weight * H).mean()
    dy = advantage[:, None] * np.exp(log_p) - entropy_weight * dH
    dy[rows, action] -= advantage  # with the line above: -A (onehot(action) - p)
    return float(loss), dy / B


@dataclass(frozen=True)
class REINFORCEConfig(Checked):
    """The settings of REINFORCE; a task gives them its own defaults."""

    nonnegative: ClassVar[tuple[str, ...]] = ("entropy_weight",)
    probability = ("gamma",)

    updates: int = 100  # each of some batches of whole episodes
    batches: int = 100  # steps of the optimizer in an update
    batch: int = 64  # episodes between two of them, side by side
    gamma: float = 1.0  # a reward k steps away counts gamma^k
    entropy_weight: float = 0.0  # of the reward for staying undecided, at the start; it falls to 0 linearly
    baseline_momentum: float = 0.01  # how fast the expected reward follows what is earned

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, probability=("baseline_momentum",))


class REINFORCE(Agent):
    """One update is `batches` times: a whole episode of each of `batch` environments, then one step.

    A = return - baseline, the baseline a running mean of returns that moves by `baseline_momentum`. Entropy is rewarded
    less and less, as `schedule` says. Every reward is an answer of the teacher, and so is, once, every label of the
    exam. An episode that a time limit cuts off counts as if it had ended there. Raises ValueError when `net` does not
    fit.
    """

    kept = "done", "baseline", "rng", "optimizer", "envs"

    def __init__(
        self,
        net: Layer,
        make_envs: Callable[[int, Rng], Envs],
        exam: Exam,
        optimizer: Optimizer,
        rng: Rng,
        config: REINFORCEConfig | None = None,
        *,
        schedule: Schedule = linear,
        **changes: Any,
    ) -> None:
        self.config = settings(REINFORCEConfig, config, changes)
        w_rng, env_rng, self.rng = rng.spawn(3)
        super().__init__(net, exam, optimizer, schedule, w_rng)
        self.baseline = 0.0
        self.play_in(make_envs, self.config.batch, env_rng)

    def update(self) -> dict[str, float]:
        losses, earned, count = [], [], 0
        for _ in range(self.config.batches):
            steps = stack(play(self.envs, lambda obs: draw(self.rng, self.logits(self.w, obs))))  # T, B
            obs, action, G = self.experience(steps)
            losses.append(self.loss(self.w, (obs, action, G - self.baseline), self.g))
            self.optimizer.step(self.w, self.g, self.schedule(self.progress))
            self.baseline += self.config.baseline_momentum * (float(G.mean()) - self.baseline)
            earned.append(float((steps.reward * steps.valid).sum()) / self.envs.n)
            count += len(G)
        return {"loss": float(np.mean(losses)), "return": float(np.mean(earned)), **self.counted(count)}

    def experience(self, steps: Steps) -> tuple[Array, Array, Array]:
        """obs, action and return of the valid steps, each (N, ...)."""
        G = discounted_returns(steps.reward, self.config.gamma * ~steps.end).astype(self.w.dtype)
        return steps.obs[steps.valid], steps.action[steps.valid], G[steps.valid]

    def sample(self, rng: Rng, n: int) -> tuple[Array, Array, Array]:
        """Observations of n episodes, drawn actions, and random advantages: the gradient must hold for any."""
        episodes = play(self.make_envs(n, rng), lambda obs: draw(rng, self.logits(self.w, obs)))
        obs, action, G = self.experience(stack(episodes))
        return obs, action, rng.standard_normal(len(G)).astype(G.dtype)

    def loss(self, w: Array, batch: tuple[Array, ...], g: Array | None = None, rng: Rng | None = None) -> float:
        obs, action, advantage = batch
        y, back = self.net(obs, w, rng)
        loss, dy = reinforce_loss(y, action, advantage, self.config.entropy_weight * self.schedule(self.progress))
        if g is not None:
            back(dy, g)
        return loss
