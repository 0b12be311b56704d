"""A grid world of 7 x 7 pixels, whose best return is known: the agent is green, the goal red, rim and wall are grey."""

from typing import ClassVar

import gymnasium as gym
import numpy as np
from gymnasium import spaces

SIDE, COST, LIMIT = 7, 0.02, 30
MOVES = np.array([(-1, 0), (0, 1), (1, 0), (0, -1)])  # up, right, down, left
WALLS = np.zeros((SIDE, SIDE), bool)
WALLS[[0, -1]] = WALLS[:, [0, -1]] = True
WALLS[3, 2:5] = True
FREE = np.argwhere(~WALLS)


class GridWorld(gym.Env):
    """The start is drawn among the free pixels, and so is the goal, unless it is given; each step costs COST.

    The goal pays 1 and ends the episode.
    """

    metadata: ClassVar = {"render_modes": ["rgb_array"], "render_fps": 4}
    observation_space, action_space = spaces.Box(0, 255, (SIDE, SIDE, 3), np.uint8), spaces.Discrete(4)

    def __init__(self, render_mode=None, masks=False, goal=None):
        self.render_mode, self.masks, self.fixed = render_mode, masks, goal

    def render(self):
        picture = np.where(WALLS[..., None], np.uint8(100), np.uint8(0)).repeat(3, -1)
        picture[(*self.goal, 0)], picture[(*self.at, 1)] = 255, 255
        return picture

    def info(self):
        return (
            {"action_mask": np.array([not WALLS[tuple(self.at + move)] for move in MOVES], np.int8)}
            if self.masks
            else {}
        )

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at, self.goal = FREE[self.np_random.choice(len(FREE), 2, replace=False)]
        while self.fixed is not None and tuple(self.at) == self.fixed:
            self.at = FREE[self.np_random.integers(len(FREE))]
        self.goal = self.goal if self.fixed is None else np.array(self.fixed)
        return self.render(), self.info()

    def step(self, action):
        free = not WALLS[tuple(self.at + MOVES[action])]
        if self.masks and not free:
            raise ValueError("it walked into a wall")
        self.at = self.at + MOVES[action] * free
        won = bool((self.at == self.goal).all())
        return self.render(), float(won) - COST, won, False, self.info()


def best_return(goal=None):
    """The mean over all starts, and goals, of 1 - COST * steps along the shortest way, by value iteration."""
    values = []
    for end in map(tuple, FREE if goal is None else [goal]):
        V = np.full((SIDE, SIDE), -np.inf)
        V[end] = 0
        for _ in range(SIDE + SIDE):
            for at in map(tuple, FREE):
                if at != end:
                    V[at] = max((step == end) - COST + V[step] for step in map(tuple, at + MOVES))
        values += [V[tuple(at)] for at in FREE if tuple(at) != end]
    return float(np.mean(values))
