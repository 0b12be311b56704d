"""Swing a two-jointed arm above the bar by a motor in its elbow (Acrobot-v1), by PPO."""

from dataclasses import dataclass
from typing import Any

from core import Adam, Rng
from reinforcement.envs.classic_control import ACROBOT, classic_exam
from reinforcement.evaluate import ReturnExam
from reinforcement.networks import actor_and_critic
from reinforcement.ppo import PPO, PPOConfig
from reinforcement.predictor import AgentPredictor, actor_critic
from reinforcement.running_stats import RunningMeanStd

PARADIGM = "reinforcement"
ABOUT = """
A double pendulum hangs down, with a motor in its elbow alone. Swing it until its tip is above a bar, in as few steps
as possible. In go six numbers, sine and cosine of both angles and their speeds; out comes one of three torques. Every
step costs 1, and after 500 steps the episode is cut off: a random agent reaches about -500. About -70 is as good as
the best published agents.
"""
PRESETS = {"quick": {"updates": 15}, "best": {"updates": 100}}


@dataclass(frozen=True)
class Config(PPOConfig):
    hidden: int = 64  # units in each of the two hidden layers, of actor and critic alike
    lr: float = 2e-3  # step size of Adam at the start; it falls to 0 linearly
    updates: int = 40  # roll-outs that are learnt from
    envs: int = 64  # arms side by side
    rollout: int = 128  # steps of each in one roll-out
    epochs: int = 4  # passes over a roll-out
    entropy_weight: float = 0.01  # of the reward for staying undecided


def exam() -> ReturnExam:
    return classic_exam(ACROBOT, -69, "the best of the zoo of Stable-Baselines3, as published", n_val=50)


def predictor(config: Config, facts: Any) -> AgentPredictor:
    return actor_critic(actor_and_critic(6, config.hidden, 3), exam().make_envs)


def make(config: Config, rng: Rng, data: Any) -> PPO:
    judged, networks = exam(), actor_and_critic(6, config.hidden, 3)
    optimizer = Adam(config.lr, eps=1e-5)
    return PPO(*networks, judged.make_envs, judged, optimizer, rng, config, obs_stats=RunningMeanStd(6))
