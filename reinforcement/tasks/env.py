"""Any environment of Gymnasium, by its id: trivium run env --id MyPackage/MyEnv-v0, by PPO, DQN or SAC."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from gymnasium.spaces import Box

from core.initializers import orthogonal
from core.lab.config import positive
from core.lab.envs.vector import make as make_envs
from core.lab.errors import nearest
from core.layers import Layer, Rng, tanh
from core.network import MLP
from core.optimizers import Adam
from reinforcement.distributions import CATEGORICAL, GAUSSIAN, SQUASHED, ActionDistribution, with_spread
from reinforcement.dqn import DQN
from reinforcement.envs.gymnasium_env import OpenExam, choice, find, wrapped
from reinforcement.evaluate import ReturnExam
from reinforcement.ppo import PPO
from reinforcement.running_stats import RunningMeanStd
from reinforcement.sac import SAC

PARADIGM = "reinforcement"
PROBLEM = "env"
ROOM = 2**29  # bytes of observations in a replay memory: pictures would fill any machine
PRESETS = {"quick": {"timesteps": 20_000, "episodes": 20}, "best": {"timesteps": 1_000_000}}


@dataclass(frozen=True)
class Config:
    id: str = "CartPole-v1"  # of a registered environment
    learner: str = "auto"  # ppo, dqn or sac; auto picks by the spaces
    timesteps: int = 100_000  # steps to learn from
    envs: int = 8  # environments side by side (SAC plays in one)
    hidden: int = 64  # units in each of the two hidden layers
    lr: float = 1e-3  # step size of Adam at the start
    gamma: float = 0.99  # a reward k steps away counts gamma^k
    episodes: int = 100  # that judge; a tenth as many choose
    limit: int = 1000  # steps of an episode, where the environment names no limit

    def __post_init__(self) -> None:
        positive(self, "timesteps", "envs", "hidden", "lr", "episodes", "limit")
        if self.learner not in ("auto", *LEARNERS):
            raise ValueError(f"there is no learner {self.learner!r}{nearest(self.learner, ('auto', *LEARNERS))}")
        if not 0 <= self.gamma <= 1:
            raise ValueError(f"gamma must be from 0 to 1, not {self.gamma}")


def mlp(config: Config, I: int, O: int, gain: float) -> Layer:
    return MLP(
        I,
        config.hidden,
        config.hidden,
        O,
        activation=tanh,
        init=orthogonal,
        gain=2**0.5,
        last=orthogonal,
        last_gain=gain,
    )


def ppo(config: Config, I: int, A: int, family: ActionDistribution, exam: OpenExam, rng: Rng) -> PPO:
    mean = mlp(config, I, A, 0.01)
    actor = mean if family is CATEGORICAL else with_spread(mean, A, -0.5)
    return PPO(
        actor,
        mlp(config, I, 1, 1.0),
        exam.make_envs,
        exam,
        Adam(config.lr, eps=1e-5),
        rng,
        n=config.envs,
        T=128,
        updates=math.ceil(config.timesteps / config.envs / 128),
        gamma=config.gamma,
        family=family,
        seen=RunningMeanStd(I),
    )


def memory(I: int) -> int:
    """Steps that are remembered: 100,000, or as many as there is room for, at two rows (I,) of float32 each."""
    return min(100_000, ROOM // (8 * I))


def dqn(config: Config, I: int, A: int, family: ActionDistribution, exam: OpenExam, rng: Rng) -> DQN:
    return DQN(
        MLP(I, config.hidden, config.hidden, A),
        exam.make_envs,
        exam,
        Adam(config.lr),
        rng,
        n=config.envs,
        T=32,
        updates=math.ceil(config.timesteps / config.envs / 32),
        batch=128,
        memory=memory(I),
        gamma=config.gamma,
    )


def sac(config: Config, I: int, A: int, family: ActionDistribution, exam: OpenExam, rng: Rng) -> SAC:
    actor = MLP(I, config.hidden, config.hidden, 2 * A, last_gain=0.1)
    critics = MLP(I + A, config.hidden, config.hidden, 1, members=2)
    return SAC(
        actor,
        critics,
        exam.make_envs,
        exam,
        config.lr,
        rng,
        updates=math.ceil(config.timesteps / 64),
        memory=memory(I),
        gamma=config.gamma,
    )


Maker = Callable[[Config, int, int, ActionDistribution, OpenExam, Rng], PPO | DQN | SAC]
LEARNERS: dict[str, Maker] = {"ppo": ppo, "dqn": dqn, "sac": sac}
ACTIONS = {"ppo": (CATEGORICAL, GAUSSIAN), "dqn": (CATEGORICAL, None), "sac": (None, SQUASHED)}  # choices, numbers


def make(config: Config, rng: Rng, data: Any) -> PPO | DQN | SAC:
    name = choice(config.id, config.limit) if config.learner == "auto" else config.learner

    def one(**options: Any) -> Any:
        return wrapped(config.id, config.limit, name == "ppo", **options)

    one.__name__ = config.id  # what a refusal calls it
    env = one()
    numbers = isinstance(env.action_space, Box)
    I, A = env.observation_space.shape[0], env.action_space.shape[0] if numbers else int(env.action_space.n)
    env.close()
    family = ACTIONS[name][numbers]
    if family is None:
        raise ValueError(
            f"{name} does not learn such actions as those of {config.id}: {env.action_space}; leave --learner auto"
        )
    solved = find(config.id).reward_threshold
    play = ReturnExam(
        partial(make_envs, one),
        solved or 0.0,
        "the return at which Gymnasium calls it solved",
        film=partial(one, render_mode="rgb_array"),
        n_val=max(2, config.episodes // 10),
        n_test=config.episodes,
        family=family,
    )
    return LEARNERS[name](config, I, A, family, OpenExam(play, solved is not None), rng)
