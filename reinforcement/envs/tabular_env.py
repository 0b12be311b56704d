"""A world that is a table, as B environments in one object of arrays: a hundred thousand steps a second and more."""

from typing import Any

import numpy as np
from gymnasium.spaces import Discrete

from core import Array
from reinforcement.envs.arrays import TimedEnvs
from reinforcement.tabular import TabularMDP


class TabularEnvs(TimedEnvs):
    """B copies of a TabularMDP; the observation of a state is the id `shown[state]`."""

    def __init__(self, n: int, world: TabularMDP) -> None:
        super().__init__(n, Discrete(int(world.shown.max()) + 1), Discrete(world.prob.shape[1]))
        self.world = world
        self.up_to, self.start_up_to = world.prob.cumsum(-1), world.start.cumsum()

    def _seen(self) -> Array:
        return self.world.shown[self.at]

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
        return self._seen(), reward, over, cut, {}
