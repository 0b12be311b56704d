"""Land softly between two flags, with a main engine and two at the sides (LunarLander-v3), by PPO."""

import math
from dataclasses import dataclass
from typing import Any

from core import Adam, Rng
from reinforcement.envs.lunar_lander import in_hundreds, lander_exam
from reinforcement.networks import actor_and_critic
from reinforcement.ppo import PPO, PPOSettings
from reinforcement.predictor import AgentPredictor, actor_critic
from reinforcement.running_stats import RunningMeanStd

PARADIGM = "reinforcement"
NEEDS = {"Box2D": "trivium[robots]"}
ABOUT = """
Land a spacecraft softly between two flags. In go eight numbers: place, speed, angle, turning speed, and whether each
leg touches the ground. Out comes one of four actions: no engine, the main one, or one at a side. A soft landing earns
about 250, a crash costs 100, and firing costs a little. A random pilot gets about -180; 200 counts as solved, and
about 240 is as good as published agents of this kind.
"""
PRESETS = {"quick": {"timesteps": 30_000, "rollout": 128, "lr": 1e-3, "flights": 10}, "best": {"timesteps": 1_000_000}}


@dataclass(frozen=True)
class Config(PPOSettings):
    timesteps: int = 400_000  # to learn from
    hidden: int = 64  # units in each of the two hidden layers, of actor and critic alike
    lr: float = 3e-4  # step size of Adam at the start; it falls to 0 linearly
    envs: int = 16  # landers side by side
    rollout: int = 1024  # steps of each in one roll-out
    epochs: int = 4  # passes over a roll-out
    batch: int = 64  # steps in a minibatch
    gamma: float = 0.999  # a reward k steps away counts gamma^k
    lam: float = 0.98  # how far an advantage looks beyond the critic: 0 one step, 1 to the end
    entropy_weight: float = 0.01  # of the reward for staying undecided
    flights: int = 100  # episodes that judge

    @property
    def updates(self) -> int:
        return math.ceil(self.timesteps / self.envs / self.rollout)


def predictor(config: Config, facts: Any) -> AgentPredictor:
    return actor_critic(actor_and_critic(8, config.hidden, 4), in_hundreds)


def make(config: Config, rng: Rng, data: Any) -> PPO:
    networks, optimizer = actor_and_critic(8, config.hidden, 4), Adam(config.lr, eps=1e-5)
    return PPO(*networks, in_hundreds, lander_exam(config.flights), optimizer, rng, config, obs_stats=RunningMeanStd(8))
