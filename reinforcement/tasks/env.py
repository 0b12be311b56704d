"""Any environment of Gymnasium, by its id: trivium run env --id MyPackage/MyEnv-v0, by PPO, DQN or SAC."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from gymnasium.spaces import Box

from core import MLP, Adam, Rng
from core.lab import check
from core.lab.envs.vector import make as make_envs
from reinforcement.config import Checked
from reinforcement.distributions import CATEGORICAL, GAUSSIAN, SQUASHED, ActionDistribution, with_spread
from reinforcement.dqn import DQN, DQNConfig
from reinforcement.envs.gymnasium_env import OpenExam, choice, drawn, find, wrapped
from reinforcement.evaluate import ReturnExam
from reinforcement.networks import actor_and_critic, actor_and_two_critics
from reinforcement.ppo import PPO, PPOConfig
from reinforcement.running_stats import RunningMeanStd
from reinforcement.sac import SAC, SACConfig

PARADIGM = "reinforcement"
ROOM = 2**29  # bytes of observations in a replay memory: pictures would fill any machine
ABOUT = """
Learn any environment of Gymnasium by its id, `--id CartPole-v1` say, or one that an installed package registers. In
go its observations, flattened to a row of numbers; out come its actions, choices or real numbers. PPO, DQN or SAC
learns, picked by the kinds of both. The score is the mean return of whole episodes. Good is the return at which
Gymnasium calls the environment solved, where it names one.
"""
PRESETS = {"quick": {"timesteps": 20_000, "episodes": 20}, "best": {"timesteps": 1_000_000}}


@dataclass(frozen=True)
class Config(Checked):
    probability = ("gamma",)

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
        super().__post_init__()
        check(self, among={"learner": ("auto", *LEARNERS)})


def ppo(config: Config, I: int, A: int, family: ActionDistribution, exam: ReturnExam, rng: Rng) -> PPO:
    mean, critic = actor_and_critic(I, config.hidden, A)
    actor = mean if family is CATEGORICAL else with_spread(mean, A, -0.5)
    settings = PPOConfig(updates=updates(config, 128), envs=config.envs, rollout=128, gamma=config.gamma)
    optimizer, stats = Adam(config.lr, eps=1e-5), RunningMeanStd(I)
    return PPO(actor, critic, exam.make_envs, exam, optimizer, rng, settings, family=family, obs_stats=stats)


def replay_size(I: int) -> int:
    """Steps that are remembered: 100,000, or as many as there is room for, at two rows (I,) of float32 each."""
    return min(100_000, ROOM // (8 * I))


def dqn(config: Config, I: int, A: int, family: ActionDistribution, exam: ReturnExam, rng: Rng) -> DQN:
    net, size = MLP(I, config.hidden, config.hidden, A), replay_size(I)
    settings = DQNConfig(
        updates(config, 32), envs=config.envs, rollout=32, batch=128, replay_size=size, gamma=config.gamma
    )
    return DQN(net, exam.make_envs, exam, Adam(config.lr), rng, settings)


def sac(config: Config, I: int, A: int, family: ActionDistribution, exam: ReturnExam, rng: Rng) -> SAC:
    settings = SACConfig(updates=math.ceil(config.timesteps / 64), replay_size=replay_size(I), gamma=config.gamma)
    return SAC(*actor_and_two_critics(I, config.hidden, A), exam.make_envs, exam, config.lr, rng, settings)


def updates(config: Config, rollout: int) -> int:
    return math.ceil(config.timesteps / config.envs / rollout)


Maker = Callable[[Config, int, int, ActionDistribution, ReturnExam, Rng], PPO | DQN | SAC]
LEARNERS: dict[str, Maker] = {"ppo": ppo, "dqn": dqn, "sac": sac}
ACTIONS = {"ppo": (CATEGORICAL, GAUSSIAN), "dqn": (CATEGORICAL, None), "sac": (None, SQUASHED)}  # choices, numbers


def make(config: Config, rng: Rng, data: Any) -> PPO | DQN | SAC:
    name = choice(config.id, config.limit) if config.learner == "auto" else config.learner

    def one() -> Any:
        return wrapped(config.id, config.limit, name == "ppo")

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
    exam = (OpenExam if solved is None else ReturnExam)(
        partial(make_envs, one),
        solved or 0.0,
        "the return at which Gymnasium calls it solved",
        film=partial(drawn, config.id, config.limit, name == "ppo"),
        n_val=max(2, config.episodes // 10),
        n_test=config.episodes,
        family=family,
    )
    return LEARNERS[name](config, I, A, family, exam, rng)
