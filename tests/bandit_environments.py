"""Environments in which the best policy and its value are known."""

import gymnasium as gym
import numpy as np


class Arms(gym.Env):
    """Three arms that pay 1 with probability .2, .8 and .5."""

    observation_space, action_space = gym.spaces.Box(1, 1, (1,), np.float32), gym.spaces.Discrete(3)
    pays = (0.2, 0.8, 0.5)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.ones(1, np.float32), {}

    def step(self, action):
        return np.ones(1, np.float32), float(self.np_random.random() < self.pays[action]), True, False, {}


class Echo(gym.Env):
    """Ten steps; a bit is shown, and saying the same bit earns 1: the identity."""

    observation_space, action_space = gym.spaces.Box(0, 1, (2,), np.float32), gym.spaces.Discrete(2)

    def obs(self):
        self.bit = int(self.np_random.integers(2))
        return np.eye(2, dtype=np.float32)[self.bit]

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.k = 0
        return self.obs(), {}

    def step(self, action):
        reward, self.k = float(action == self.bit), self.k + 1
        return self.obs(), reward, self.k == 10, False, {}


class Steady(gym.Env):
    """Reward 1 at each of three steps, which are shown or not; then it terminates, or a limit cuts it off."""

    observation_space, action_space = gym.spaces.Box(0, 1, (4,), np.float32), gym.spaces.Discrete(2)

    def __init__(self, truncates):
        self.truncates = truncates

    def obs(self):
        return np.eye(4, dtype=np.float32)[0 if self.truncates else self.k]

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.k = 0
        return self.obs(), {}

    def step(self, action):
        self.k += 1
        return self.obs(), 1.0, self.k == 3 and not self.truncates, self.k == 3 and self.truncates, {}
