"""Keep a room at 20 degrees: the heater is on or off, heat takes a while to arrive, and leaks out."""

from dataclasses import dataclass
from functools import partial

import gymnasium
import numpy as np

from core.lab.episodes import make as make_envs
from core.lab.learner import positive
from core import Adam, MLP, tanh
from reinforcement.evaluate import ReturnExam
from reinforcement.ppo import PPO

PARADIGM = "reinforcement"
PROBLEM = "thermostat"
PRESETS = {"quick": {"updates": 5}, "best": {"updates": 100}}


class Room(gymnasium.Env):
    """Sees degrees above 20, and how warm the heater is; the reward is minus the distance from 20."""

    observation_space = gymnasium.spaces.Box(-50, 50, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.off, self.heater, self.outside = self.np_random.uniform(-5, 5), 0.0, self.np_random.uniform(-15, 5)
        return np.array([self.off, self.heater], np.float32), {}

    def step(self, action):
        self.heater += 0.3 * (action - self.heater)
        self.off += 2.5 * self.heater + 0.05 * (self.outside - self.off)
        return np.array([self.off, self.heater], np.float32), -min(abs(self.off), 10.0), False, False, {}


gymnasium.register("Room-v0", Room, max_episode_steps=100)  # the limit truncates: the room goes on


@dataclass(frozen=True)
class Config:
    hidden: int = 32  # units in the hidden layer, of actor and critic alike
    updates: int = 40  # roll-outs that are learnt from
    lr: float = 3e-3  # step size of Adam at the start

    def __post_init__(self):
        positive(self, "hidden", "updates", "lr")


def make(config, rng, data):
    exam = ReturnExam(partial(make_envs, "Room-v0"), reference=0, reference_name="never a degree off: out of reach",
                      baselines={"heat below 20": lambda seen: (seen[:, 0] < 0).astype(int)})
    actor, critic = MLP(2, config.hidden, 2, activation=tanh), MLP(2, config.hidden, 1, activation=tanh)
    return PPO(actor, critic, exam.make_envs, exam, Adam(config.lr), rng, updates=config.updates, n=8, T=100, gamma=0.95)
