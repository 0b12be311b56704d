"""Gymnasium's toy worlds: small enough that what a policy earns is known exactly, and not only by playing.

The agent learns in a copy of the world as arrays, which has the same probabilities; it is judged by dynamic programming
on the table, beside the best that there is, and by playing Gymnasium's own environment.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

from core import MLP, Adam, Array, Back, Layer, Rng, Sequential
from core.lab import Report
from core.lab.envs.rollout import VAL_SEED, returns
from core.lab.envs.vector import Envs, make
from reinforcement.distributions import greedy
from reinforcement.dqn import DQN, DQNConfig
from reinforcement.envs.tabular_env import TabularEnvs
from reinforcement.evaluate import Logits, ReturnExam
from reinforcement.predictor import AgentPredictor
from reinforcement.tabular import (
    TabularMDP,
    best_with_a_clock,
    earned,
    greedy_policy,
    q_learning,
    value_iteration,
    world,
)

PATIENT = 0.9999  # a discount under which a detour is cheap: returns are judged without any


@dataclass(frozen=True)
class ToyText(DQNConfig):
    """The fields of a task; a task gives them its own defaults."""

    hidden: int = 64  # units in the hidden layer
    lr: float = 3e-3  # step size of Adam at the start; it falls to 0 linearly
    envs: int = 32  # worlds side by side
    batch: int = 256  # steps in a minibatch
    explore: float = 0.1  # share of actions drawn evenly, in the end; at first all are
    tau: float = 0.02  # how fast the old weights follow


def tables(world: TabularMDP, one: Callable[[], Any], n: int, rng: Rng) -> Envs:
    """n copies of a world; `one()` makes Gymnasium's own environment, which shows ids."""
    return Envs(TabularEnvs(n, world), rng, "table", one)


@dataclass(frozen=True)
class ExactExam:
    """Weights are chosen by episodes in the table; the report works out exactly what the greedy policy earns."""

    world: TabularMDP
    play: ReturnExam  # in Gymnasium's own environment
    gamma: float  # of Q-learning
    budget: int  # steps that the table of Q-learning gets
    one: Callable[[], Any]  # makes Gymnasium's own environment, which shows ids
    n_val: int = 20_000  # episodes that choose
    monitor: str = "+val_return"

    def tables(self, n: int, rng: Rng) -> Envs:
        return tables(self.world, self.one, n, rng)

    def validate(self, logits: Logits) -> dict[str, float]:
        """val_return of greedy episodes in the table, and answers, the rewards that this took."""
        actions = self.actions(logits)
        G, lengths = returns(self.tables, lambda obs: actions[obs[:, 0]], self.n_val, VAL_SEED)
        return {"val_return": float(G.mean()), "answers": float(lengths.sum())}

    def actions(self, logits: Logits) -> Array:
        """The greedy action at every observation (O,): so few that the network is asked once."""
        return greedy(logits(np.arange(self.world.shown.max() + 1)[:, None]))

    def report(self, logits: Logits, folder: Path | None) -> Report:
        made, w = self.play.report(logits, folder), self.world
        O, A = int(w.shown.max()) + 1, w.prob.shape[1]
        rng = np.random.default_rng(0)
        envs = self.tables(32, rng)
        table = q_learning(
            envs, rng, O, A, steps=self.budget // 32, gamma=self.gamma, lr=0.5, final_lr=0.01, explore=0.2
        )
        value, chance = earned(w, np.eye(A)[self.actions(logits)]), earned(w, np.full((O, A), 1 / A))
        return replace(
            made,
            metrics={"exact_return": value, "best_with_a_clock": best_with_a_clock(w), **made.metrics},
            metric="exact_return",
            chance=chance,
            reference=best_with_a_clock(w),
            reference_name="dynamic programming, which knows the table and the clock",
            baselines={
                "random policy": chance,
                "Q-learning with a table": earned(w, np.eye(A)[table.argmax(-1)]),
                "value iteration, which sees no clock": earned(w, greedy_policy(w, value_iteration(w, PATIENT))),
            },
        )


def one_hot(*sizes: int) -> Layer:
    """y = 1 at the id x, else 0: (..., 1) integers -> (..., V). It has no parameters and no gradient.

    With several sizes the id counts the places of such an array in C order, and each of its indices has a 1 of its own.
    """
    first, V = np.cumsum((0, *sizes[:-1])), sum(sizes)

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        y = np.zeros((*x.shape[:-1], V), w.dtype)
        at = np.stack(np.unravel_index(x[..., 0].astype(np.intp), sizes), -1) + first
        np.put_along_axis(y, at, 1, -1)
        return y, lambda dy, g=None, add=False, dx=False: None

    return Layer(forward, ids=True, op="one_hot", constants={"sizes": sizes})


def network(config: ToyText, world: TabularMDP, *sizes: int) -> Layer:
    """Where ids are places in an array, its `sizes` let the network see each index for itself."""
    sizes = sizes or (int(world.shown.max()) + 1,)
    return Sequential(one_hot(*sizes), MLP(sum(sizes), config.hidden, world.prob.shape[1]))


def answers(config: ToyText, world: TabularMDP, make_one: Callable[..., Any], *sizes: int) -> AgentPredictor:
    """What answers when `learner` has learnt."""
    return AgentPredictor(network(config, world, *sizes), partial(tables, world, make_one))


def learner(config: ToyText, world: TabularMDP, make_one: Callable[..., Any], rng: Rng, *sizes: int) -> DQN:
    """Double DQN on a world; `make_one(render_mode=None)` makes Gymnasium's own environment, which shows ids."""
    play = ReturnExam(partial(make, make_one), 0, "", film=partial(make_one, render_mode="rgb_array"))
    exam = ExactExam(world, play, config.gamma, config.updates * config.rollout * config.envs, make_one)
    return DQN(network(config, world, *sizes), exam.tables, exam, Adam(config.lr), rng, config)


def table(name: str, limit: int, **options: Any) -> tuple[TabularMDP, Callable[..., Any]]:
    """An environment of Gymnasium's, cut off after `limit` steps: the table that it carries, and what makes it."""

    def one(**more: Any) -> Any:
        return gym.make(name, max_episode_steps=limit, **options, **more)

    one.__name__ = name  # what a refusal calls it
    return world(one(), limit), one
