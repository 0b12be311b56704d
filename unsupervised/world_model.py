"""A model of the world: what will the observation be if I do this? Learnt from idle play; nobody says what is good.

    y = net(obs): the change of each number under each action,  minimise mean of (y_action - (next_obs - obs))^2
The target is what the world itself did next, so that the gradient at the output is 2 (y - x) / n as an auto-encoder's.
No reward is seen, and no expert. Where the goal is known, acting is thinking: `plan` tries actions in the model, and
takes the first one of the best sequence it finds (model predictive control; Nagabandi et al. 2018, arXiv:1708.02596).
The search is a beam: of all sequences only the `width` best so far are thought on (Lowerre 1976).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from core import Array, Layer, Optimizer, Rescale, Rng, Schedule, Sequential, cosine, mse
from core.lab import Kept, Report, check, settings
from core.lab.envs.rollout import rollout
from core.lab.envs.vector import Envs, Steps

STEPS = 50  # minibatches in one update
Model = Callable[[Array], Array]  # obs (B, I) -> what follows each of A actions (B, A, I)
Goal = Callable[[Array], Array]  # obs (..., I) -> how far from the goal (...)
Reporter = Callable[[Callable[[Array], Array], Path | None], Report]  # a policy, and where pictures go


def plan(model: Model, goal: Goal, obs: Array, width: int, depth: int) -> Array:
    """The first action (B,) of the sequence of `depth` whose sum of distances from the goal is least, obs (B, I).

    At each depth the `width` best beginnings go on; with width >= A^depth it is every sequence there is.
    """
    rows, after = np.arange(len(obs))[:, None], model(obs)  # B, A, I
    B, A, I = after.shape
    far, first = goal(after), np.broadcast_to(np.arange(A), (B, A))  # of each beginning: B, K
    for _ in range(depth - 1):
        if far.shape[1] > width:
            best = np.argpartition(far, width - 1)[:, :width]
            far, first, after = far[rows, best], first[rows, best], after[rows, best]
        after = model(after.reshape(-1, I)).reshape(B, -1, I)  # B, K A, I
        far, first = far.repeat(A, 1) + goal(after), first.repeat(A, 1)
    return first[rows[:, 0], far.argmin(1)]


def idle(envs: Envs, A: int, rng: Rng, T: int) -> Steps:
    """T steps of every environment with actions drawn evenly; starts that follow an end are left out: (N, ...) each."""
    steps = rollout(envs, lambda obs: rng.integers(0, A, len(obs)), T)
    return Steps(*(part[steps.valid] for part in steps))


@dataclass(frozen=True)
class WorldModelConfig:
    updates: int = 6000  # minibatches
    batch: int = 128  # steps in a minibatch
    envs: int = 64  # environments side by side at idle play
    rollout: int = 256  # steps of each of them
    width: int = 8  # beginnings of plans that are thought on
    depth: int = 15  # steps that are thought ahead

    def __post_init__(self) -> None:
        check(self, positive=("updates", "batch", "envs", "rollout", "width", "depth"))


@dataclass(frozen=True)
class Planner:
    """Acts by a model of the world: the change of each number under each action, of observations about `spread`."""

    hidden: Layer  # obs / spread (B, I) -> (next_obs - obs) / pace of each action (B, A I)
    spread: Array  # I
    pace: Array  # I
    goal: Goal
    width: int
    depth: int

    @cached_property
    def net(self) -> Layer:
        return Sequential(Rescale(0.0, 1 / self.spread), *self.hidden.parts)

    def model(self, w: Array, obs: Array) -> Array:
        """What the network expects after each action, obs (B, I) -> (B, A, I)."""
        return obs[:, None] + self.net(obs, w)[0].reshape(len(obs), -1, len(self.pace)) * self.pace

    def act(self, w: Array, obs: Array) -> Array:
        return plan(partial(self.model, w), self.goal, obs, self.width, self.depth)

    def predict(self, w: Array, obs: Any) -> Array:
        """The planned actions (B,) at observations (B, I), or at one alone. Raises ValueError for other shapes."""
        obs, I = np.asarray(obs, np.float32), len(self.spread)
        if obs.shape == (I,):
            obs = obs[None]
        if obs.ndim != 2 or obs.shape[1] != I or not np.isfinite(obs).all():
            raise ValueError(f"observations are {I} finite numbers each, not {obs.shape}")
        return self.act(w, obs)


class WorldModel(Kept):
    """Minibatches of idle steps; the squared error on other idle steps, in units of their spread, chooses the weights.

    `hidden` maps obs (B, I) to A I numbers; it is shown obs / deviation and gives (next_obs - obs) / deviation, of the
    idle steps. `goal` is known, and used for acting alone. An update gives no answers: there is no teacher. What the
    plans earn while it learns (`val_return`, by `mean_return`) is for the observer and chooses nothing.
    Raises ValueError when the network does not fit the environment.
    """

    monitor = "-val_error"
    kept = "done", "rng", "optimizer"

    def __init__(
        self,
        hidden: Layer,
        make_envs: Callable[[int, Rng], Envs],
        goal: Goal,
        reporter: Reporter,
        mean_return: Callable[[Callable[[Array], Array]], float],
        optimizer: Optimizer,
        rng: Rng,
        config: WorldModelConfig | None = None,
        *,
        schedule: Schedule = cosine,
        **changes: Any,
    ) -> None:
        self.config = settings(WorldModelConfig, config, changes, former={"n": "envs", "T": "rollout"})
        n, T = self.config.envs, self.config.rollout
        w_rng, env_rng, idle_rng, self.rng = rng.spawn(4)
        envs = make_envs(n, env_rng)
        self.A, I = int(envs.vec.single_action_space.n), envs.obs.shape[1]
        self.known = idle(envs, self.A, idle_rng, T)
        self.unseen = idle(make_envs(n, env_rng), self.A, idle_rng, max(T // 4, 1))
        envs.vec.close()
        self.pace = (self.known.next_obs - self.known.obs).std(0) + 1e-8  # I
        spread, reach = self.known.obs.std(0) + 1e-8, (self.config.width, self.config.depth)
        self.predictor = Planner(hidden, spread, self.pace, goal, *reach)
        self.act, self.net = self.predictor.act, self.predictor.net
        self.w = self.net.init(w_rng)
        self.g, self.done = np.empty_like(self.w), 0  # minibatches
        O = self.net(envs.obs, self.w)[0].shape[-1]
        if O != self.A * I:
            raise ValueError(f"{self.A} actions and {I} numbers need {self.A * I} outputs, the network has {O}")
        self.reporter, self.mean_return = reporter, mean_return
        self.optimizer, self.schedule = optimizer, schedule

    @property
    def progress(self) -> float:
        return self.done / self.config.updates

    def update(self) -> dict[str, float]:
        losses, some = [], min(STEPS, self.config.updates - self.done)
        for _ in range(some):
            losses.append(self.loss(self.w, self.sample(self.rng, self.config.batch), self.g))
            self.optimizer.step(self.w, self.g, self.schedule(self.progress))
            self.done += 1
        return {"loss": float(np.mean(losses)), "examples": some * self.config.batch, "answers": 0}

    def sample(self, rng: Rng, n: int) -> tuple[Array, ...]:
        """obs (n, I), action (n,), and how the world went on, (next_obs - obs) / pace (n, I)."""
        return self._steps(self.known, rng.integers(len(self.known.obs), size=n))

    def _steps(self, steps: Steps, i: Array | slice) -> tuple[Array, ...]:
        return steps.obs[i], steps.action[i], (steps.next_obs[i] - steps.obs[i]) / self.pace

    def loss(self, w: Array, batch: tuple[Array, ...], g: Array | None = None, rng: Rng | None = None) -> float:
        obs, action, change = batch
        y, back = self.net(obs, w, rng)  # B, A I
        rows = np.arange(len(y))
        of_action = y.reshape(len(y), self.A, -1)[rows, action]  # B, I: only what was done can be compared
        loss, d = mse(of_action, change)  # the gradient comes from what the world did next
        if g is not None:
            dy = np.zeros_like(y)
            dy.reshape(len(y), self.A, -1)[rows, action] = d
            back(dy, g)
        return loss

    def prediction(self) -> dict[str, list[float]]:
        return {"spread": self.predictor.spread.tolist(), "pace": self.predictor.pace.tolist()}

    def predict(self, w: Array, obs: Any) -> Array:
        """The planned actions, as the predictor says."""
        return self.predictor.predict(w, obs)

    def evaluate(self) -> dict[str, float]:
        return {
            "val_error": self.loss(self.w, self._steps(self.unseen, slice(None))),
            "val_return": self.mean_return(partial(self.act, self.w)),
        }

    def report(self, w: Array, folder: Path | None) -> Report:
        return self.reporter(partial(self.act, w), folder)
