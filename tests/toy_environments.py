"""Environments whose every number is known: for one agent, and as arrays in both autoreset modes."""

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

BOX, TWO = gym.spaces.Box(-1e9, 1e9, (2,), np.float32), gym.spaces.Discrete(2)


class Three(gym.Env):
    """Three steps an episode: obs = (k, noise), reward = 10 k + action; then it terminates, or a limit cuts it off."""

    observation_space, action_space = BOX, TWO

    def __init__(self, truncates=False, noise=True, seeded=True, wrong=None, wrong_step=2):
        self.truncates, self.noise, self.seeded, self.wrong, self.wrong_step = (
            truncates,
            noise,
            seeded,
            wrong,
            wrong_step,
        )

    def obs(self):
        rng = self.np_random if self.seeded else np.random.default_rng()
        return np.array([self.k, rng.standard_normal() if self.noise else 0], np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.k = 0
        return self.obs(), {}

    def step(self, action):
        reward = 10.0 * self.k + action
        self.k += 1
        end, obs = self.k == 3, self.obs()
        if self.wrong and self.k == self.wrong_step:
            if self.wrong == "raise":
                raise RuntimeError("the wheel came off\nsecond line")
            obs, reward = (obs * np.nan, reward) if self.wrong == "obs" else (obs, np.inf)
        return obs, reward, end and not self.truncates, end and self.truncates, {}


class Threes(VectorEnv):
    """The same as arrays."""

    arrays = ("k", "done")
    single_observation_space, single_action_space = BOX, TWO

    def __init__(self, n, mode=AutoresetMode.NEXT_STEP, truncates=False, noise=True):
        self.num_envs, self.metadata, self.truncates, self.noise = n, {"autoreset_mode": mode}, truncates, noise
        self.observation_space, self.action_space = batch_space(BOX, n), batch_space(TWO, n)
        self.shown = np.zeros((n, 2), np.float32)

    def obs(self):
        noise = self.np_random.standard_normal(self.num_envs) if self.noise else np.zeros(self.num_envs)
        self.shown[:] = np.stack([self.k, noise], 1)
        return self.shown  # always the same array, as some environments do

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        if options and "reset_mask" in options:
            self.k = np.where(options["reset_mask"], 0, self.k)
            self.done = self.done & ~options["reset_mask"]
        else:
            self.k, self.done = np.zeros(self.num_envs, int), np.zeros(self.num_envs, bool)
        return self.obs(), {}

    def step(self, action):
        if self.metadata["autoreset_mode"] == AutoresetMode.DISABLED:
            assert not self.done.any()
        reward = np.where(self.done, 0.0, 10.0 * self.k + action)
        self.k = np.where(self.done, 0, self.k + 1)
        end, no = self.k == 3, np.zeros(self.num_envs, bool)
        self.done = end
        return self.obs(), reward, no if self.truncates else end, end if self.truncates else no, {}


class Lengths(gym.Env):
    """Episodes of one step or of twenty, by chance; every reward is 1, so that short ones end first."""

    observation_space, action_space = gym.spaces.Discrete(21), TWO

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.left = 1 if self.np_random.random() < 0.5 else 20
        return self.left, {}

    def step(self, action):
        self.left -= 1
        return self.left, 1.0, self.left == 0, False, {}
