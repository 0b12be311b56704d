"""Acrobot-v1 and MountainCar-v0 as arrays: B of them at once, ten times as fast as one by one, and faster.

The laws are Gymnasium's (Sutton 1996; Moore 1990), in float64; a test steps both side by side. Weights are chosen by
episodes of the arrays and judged by episodes of Gymnasium's own environments.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np

from core import Array, Rng
from core.lab.envs.vector import Envs, make
from core.lab.problems import cartpole
from reinforcement.envs.arrays import TimedEnvs
from reinforcement.evaluate import ReturnExam


class Dynamics(NamedTuple):
    """A world of state (S, B): how it starts, moves, and is seen; a step costs 1, and after `limit` steps it is cut."""

    name: str
    start: Callable[[Rng, int], Array]  # -> state (S, B)
    move: Callable[[Array, Array], Array]  # state, action (B,) -> the next state
    over: Callable[[Array], Array]  # (S, B) -> (B,) bool
    show: Callable[[Array], Array]  # (S, B) -> (B, I)
    high: tuple[float, ...]  # the observations' borders
    low: tuple[float, ...]
    limit: int
    last: float  # the reward of the step that ends it


def _acceleration(s: Array, torque: Array) -> Array:
    """d/dt of (angle 1, angle 2, velocity 1, velocity 2): links of length and mass 1, by the book's equations."""
    a, b, da, db = s
    d1, d2 = 3.5 + np.cos(b), 1.25 + 0.5 * np.cos(b)
    phi2 = 0.5 * 9.8 * np.sin(a + b)
    phi1 = -0.5 * db * (db + 2 * da) * np.sin(b) + 1.5 * 9.8 * np.sin(a) + phi2
    ddb = (torque + d2 / d1 * phi1 - 0.5 * da * da * np.sin(b) - phi2) / (1.25 - d2 * d2 / d1)
    return np.stack([da, db, -(d2 * ddb + phi1) / d1, ddb])


def _swing(s: Array, action: Array) -> Array:
    """One step of 0.2 seconds by Runge and Kutta's rule of fourth order."""
    torque, h = action - 1.0, 0.2
    k1 = _acceleration(s, torque)
    k2 = _acceleration(s + h / 2 * k1, torque)
    k3 = _acceleration(s + h / 2 * k2, torque)
    k4 = _acceleration(s + h * k3, torque)
    s = s + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    s[:2] = (s[:2] + math.pi) % (2 * math.pi) - math.pi
    s[2] = np.clip(s[2], -4 * math.pi, 4 * math.pi)
    s[3] = np.clip(s[3], -9 * math.pi, 9 * math.pi)
    return s


def _roll(s: Array, action: Array) -> Array:
    v = np.clip(s[1] + (action - 1) * 0.001 - 0.0025 * np.cos(3 * s[0]), -0.07, 0.07)
    x = np.clip(s[0] + v, -1.2, 0.6)
    return np.stack([x, np.where((x == -1.2) & (v < 0), 0, v)])


ACROBOT = Dynamics(
    "Acrobot-v1",
    lambda rng, n: rng.uniform(-0.1, 0.1, (4, n)),
    _swing,
    lambda s: -np.cos(s[0]) - np.cos(s[0] + s[1]) > 1,
    lambda s: np.stack([np.cos(s[0]), np.sin(s[0]), np.cos(s[1]), np.sin(s[1]), s[2], s[3]], -1),
    (1, 1, 1, 1, 4 * math.pi, 9 * math.pi),
    (-1, -1, -1, -1, -4 * math.pi, -9 * math.pi),
    500,
    0.0,
)
MOUNTAIN_CAR = Dynamics(
    "MountainCar-v0",
    lambda rng, n: np.stack([rng.uniform(-0.6, -0.4, n), np.zeros(n)]),
    _roll,
    lambda s: s[0] >= 0.5,
    lambda s: s.T,
    (0.6, 0.07),
    (-1.2, -0.07),
    200,
    -1.0,
)


class ClassicEnvs(TimedEnvs):
    """B worlds of one law, at states (S, B)."""

    def __init__(self, n: int, law: Dynamics) -> None:
        low, high = np.array(law.low, np.float32), np.array(law.high, np.float32)
        super().__init__(n, gym.spaces.Box(low, high, dtype=np.float32), gym.spaces.Discrete(3))
        self.law = law

    def _starts(self) -> Array:
        return self.law.start(self.np_random, self.num_envs)

    def _seen(self) -> Array:
        return self.law.show(self.at).astype(np.float32)

    def step(self, action: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        law, playing = self.law, ~self.prev_done
        self.at, self.steps = law.move(self.at, action), np.where(playing, self.steps + 1, 0)
        if not playing.all():
            self.at = np.where(playing, self.at, self._starts())
        over = playing & law.over(self.at)
        cut = playing & (self.steps >= law.limit)
        self.prev_done = over | cut
        return self._seen(), np.where(over, law.last, -1.0) * playing, over, cut, {}


def classic_exam(law: Dynamics, reference: float, name: str, n_val: int, monitor: str = "+val_score") -> ReturnExam:
    """`n_val` episodes of the arrays choose, greedy and drawn alike; 100 of Gymnasium's environment judge."""

    def fast(n: int, rng: Rng) -> Envs:
        return Envs(ClassicEnvs(n, law), rng, law.name)

    own = ReturnExam(partial(make, law.name), reference, name, film=law.name)
    return ReturnExam(fast, reference, name, n_val=n_val, monitor=monitor, judge=own)


def cartpole_exam(**options: Any) -> ReturnExam:
    """Whole episodes of CartPole-v1, from the reward of not falling."""
    limit, name = cartpole.TIME_LIMIT, "the time limit: the best possible"
    return ReturnExam(cartpole.environments, limit, name, film=cartpole.NAME, **options)
