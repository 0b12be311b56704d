"""A world that is a table, as B environments in one object of arrays: a hundred thousand steps a second and more."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from core.initializers import Array
from reinforcement.tabular import TabularMDP


class TabularEnvs(VectorEnv[Array, Array, Array]):
    """B copies of a TabularMDP; the observation of a state is the id `shown[state]`.

    The step after an end is a start (NEXT_STEP). `at`, `steps` and `prev_done` are all that changes, and the generator.
    """

    metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}  # noqa: RUF012
    arrays = ("at", "steps", "prev_done")
    at: Array  # B
    steps: Array  # B, in the episode
    prev_done: Array  # B

    def __init__(self, n: int, world: TabularMDP) -> None:
        self.num_envs, self.world = n, world
        self.up_to, self.start_up_to = world.prob.cumsum(-1), world.start.cumsum()
        self.single_observation_space = gym.spaces.Discrete(int(world.shown.max()) + 1)
        self.single_action_space = gym.spaces.Discrete(world.prob.shape[1])
        self.observation_space = batch_space(self.single_observation_space, n)
        self.action_space = batch_space(self.single_action_space, n)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        super().reset(seed=seed)
        self.at, self.steps = self._starts(), np.zeros(self.num_envs, np.int64)
        self.prev_done = np.zeros(self.num_envs, bool)
        return self.world.shown[self.at], {}

    def _starts(self) -> Array:
        return np.minimum(
            self.start_up_to.searchsorted(self.np_random.random(self.num_envs), "right"), len(self.start_up_to) - 1
        )

    def step(self, action: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        w, s, playing = self.world, self.at, ~self.prev_done
        k = (self.np_random.random(self.num_envs)[:, None] >= self.up_to[s, action, :-1]).sum(-1)
        reward = np.where(playing, w.reward[s, action, k], 0.0).astype(np.float32)
        over = playing & w.over[s, action, k]
        self.steps = np.where(playing, self.steps + 1, 0)
        self.at = np.where(playing, w.next[s, action, k], s)
        if not playing.all():
            self.at = np.where(playing, self.at, self._starts())
        cut = playing & ~over & (self.steps >= w.limit)
        self.prev_done = over | cut
        return self.world.shown[self.at], reward, over, cut, {}
