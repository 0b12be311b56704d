"""A bandit of handwritten digits: one picture is shown, one guess is made, and the reward says only right or wrong.

A contextual bandit (Langford and Zhang 2008): episodes of one step, as arrays, for B agents at once. A wrong guess is
never told what was right.
"""

from typing import Any

import gymnasium as gym
import numpy as np

from core import Array
from core.lab.vision.augment import AffineElastic, deform, deformations
from reinforcement.envs.arrays import ArrayEnvs


class DigitBandits(ArrayEnvs):
    """B bandits as arrays: `index` of the pictures, the pictures as `shown`, and who is through with its guess.

    x (N, 64) in [0, 1], t (N,) labels below C. Pictures are drawn evenly, and with `strength` deformed anew each time.
    """

    arrays = ("index", "shown", "prev_done")
    index: Array  # B
    shown: Array  # B, 64

    def __init__(self, n: int, x: Array, t: Array, C: int = 10, strength: AffineElastic | None = None) -> None:
        super().__init__(n, gym.spaces.Box(0, 1, x.shape[1:], np.float32), gym.spaces.Discrete(C))
        self.x, self.t, self.strength = x, t, strength

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        super().reset(seed=seed)
        self._draw(np.ones(self.num_envs, bool))
        return self.shown.copy(), {}

    def _draw(self, who: Array) -> None:
        index = self.np_random.integers(len(self.x), size=self.num_envs)
        shown = show(self.np_random, self.x[index], self.strength)
        if not who.all():
            index, shown = np.where(who, index, self.index), np.where(who[:, None], shown, self.shown)
        self.index, self.shown, self.prev_done = index, shown, np.zeros(self.num_envs, bool)

    def step(self, action: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        playing = ~self.prev_done
        reward = ((action == self.t[self.index]) & playing).astype(np.float32)
        if not playing.all():
            self._draw(self.prev_done)
        self.prev_done = playing
        return self.shown.copy(), reward, playing, np.zeros(self.num_envs, bool), {}


MAPS = 8  # pictures that are drawn together share this many deformations


def show(rng: np.random.Generator, x: Array, strength: AffineElastic | None) -> Array:
    """The pictures x (B, P) as they are, or with `strength` deformed, in groups."""
    if strength is None:
        return x
    side, n = round(x.shape[1] ** 0.5), MAPS if len(x) % MAPS == 0 else 1
    return np.clip(deform(x, deformations(rng, n, side, strength)), 0, 1)


def deformed_by(k: float) -> AffineElastic | None:
    """How far pictures of 8 x 8 are shifted, turned and stretched: k times the usual; with 0 not at all."""
    return AffineElastic(shift=0.4 * k, turn=0.1 * k, stretch=0.1 * k, shear=0.1 * k) if k else None
