"""Robots in simulation that walk and run, as Gymnasium has them, and soft actor-critic for each of them.

The extra `robots` brings the simulators, Box2D and MuJoCo. A robot sees the angles and speeds of its joints and says
how hard to turn each, from -1 to 1; what it is paid for is to get on, and what it pays is force.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import gymnasium as gym

from core import Layer, Rng
from core.lab import check
from core.lab.envs.vector import make as make_envs
from reinforcement.distributions import SQUASHED
from reinforcement.evaluate import ReturnExam
from reinforcement.networks import actor_and_two_critics
from reinforcement.predictor import AgentPredictor
from reinforcement.sac import SAC, SACSettings, soft_actor

SPAN = 64  # steps of all robots together in one update
ZOO = "SAC, as published in the zoo of Stable-Baselines3"


@dataclass(frozen=True)
class RobotConfig(SACSettings):
    """What is chosen for a robot's learning. Raises ValueError for nonsense."""

    timesteps: int = 100_000  # to learn from
    hidden: int = 128  # units in each of the two hidden layers, of actor and critics alike
    lr: float = 1e-3  # step size of Adam
    envs: int = 8  # robots side by side
    train_every: int = 1  # steps for one minibatch
    batch: int = 128  # steps in a minibatch
    replay_size: int = 300_000  # steps that are remembered
    learning_starts: int = 5_000  # steps that are drawn evenly, at first
    episodes: int = 100  # that judge; a tenth as many choose, half of them greedy

    @property
    def updates(self) -> int:
        return (self.timesteps - self.learning_starts) // SPAN + 1

    @property
    def rollout(self) -> int:
        return SPAN // self.envs

    @property
    def batches(self) -> int:
        return SPAN // self.train_every

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, span={"envs": (1, SPAN), "train_every": (1, SPAN), "learning_starts": (0, self.timesteps - 1)})


class Anew(gym.Wrapper[Any, Any, Any, Any]):
    """A world made anew for every episode. Box2D's remembers the one before, so that nothing follows from a seed."""

    def __init__(self, one: Callable[[], Any]) -> None:
        super().__init__(one())
        self.one = one

    def reset(self, **options: Any) -> tuple[Any, dict[str, Any]]:
        self.env.close()
        self.env = self.one()
        return self.env.reset(**options)


def boxed(name: str, **options: Any) -> Any:
    """A registered robot of Box2D."""
    return Anew(partial(gym.make, name, disable_env_checker=True, **options))


def jointed(name: str, **options: Any) -> Any:
    """A registered robot of MuJoCo, whose grumbling at the form of Gymnasium's models is not ours to print."""
    import mujoco

    mujoco.set_mju_user_warning(lambda message: None)
    if sys.platform == "linux" and not os.environ.get("DISPLAY"):
        os.environ.setdefault("MUJOCO_GL", "egl")  # draws without a screen, where it can
    return gym.make(name, disable_env_checker=True, width=200, height=200, **options)  # a film needs no more


def networks(one: Callable[..., Any], config: RobotConfig) -> tuple[Layer, Layer]:
    """Actor and critics of robots that see I numbers and say A."""
    env = one()
    I, A = env.observation_space.shape[0], env.action_space.shape[0]
    env.close()
    return actor_and_two_critics(I, config.hidden, A)


def answers(one: Callable[..., Any], config: RobotConfig) -> AgentPredictor:
    """What answers when a robot has learnt."""
    return soft_actor(networks(one, config), config.alpha, partial(make_envs, one))


def agent(one: Callable[..., Any], config: RobotConfig, rng: Rng, reference: float, whose: str = ZOO) -> SAC:
    """SAC for robots; `reference` is the return of somebody's agent."""
    exam = ReturnExam(
        partial(make_envs, one),
        reference,
        whose,
        film=partial(one, render_mode="rgb_array"),
        n_val=max(2, config.episodes // 20),
        n_test=config.episodes,
        family=SQUASHED,
    )
    return SAC(*networks(one, config), exam.make_envs, exam, config.lr, rng, config)
