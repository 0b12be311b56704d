"""A grid world of 7 x 7 pixels: the agent is green, the goal red, the rim and a wall are grey. What is best is known."""

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
    """Start and goal are drawn among the free pixels; each step costs COST, the goal pays 1 and ends the episode."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 4}  # noqa: RUF012
    observation_space, action_space = spaces.Box(0, 255, (SIDE, SIDE, 3), np.uint8), spaces.Discrete(4)

    def __init__(self, render_mode=None, masks=False):
        self.render_mode, self.masks = render_mode, masks

    def render(self):
        picture = np.where(WALLS[..., None], np.uint8(100), np.uint8(0)).repeat(3, -1)
        picture[(*self.goal, 0)], picture[(*self.at, 1)] = 255, 255
        return picture

    def info(self):
        return {"action_mask": np.array([not WALLS[tuple(self.at + move)] for move in MOVES], np.int8)} if self.masks else {}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at, self.goal = FREE[self.np_random.choice(len(FREE), 2, replace=False)]
        return self.render(), self.info()

    def step(self, action):
        free = not WALLS[tuple(self.at + MOVES[action])]
        if self.masks and not free:
            raise ValueError("it walked into a wall")
        self.at = self.at + MOVES[action] * free
        won = bool((self.at == self.goal).all())
        return self.render(), float(won) - COST, won, False, self.info()


def best_return():
    """The mean over all starts and goals of 1 - COST * steps along the shortest way, by value iteration."""
    values = []
    for goal in map(tuple, FREE):
        V = np.full((SIDE, SIDE), -np.inf)
        V[goal] = 0
        for _ in range(SIDE * SIDE):
            for at in map(tuple, FREE):
                if at != goal:
                    V[at] = max((next_at == goal) - COST + V[next_at] for next_at in map(tuple, at + MOVES))
        values += [V[tuple(at)] for at in FREE if tuple(at) != goal]
    return float(np.mean(values))
