"""Seeing through a small window: look where you choose, as often as you must, then say what the picture shows.

A picture of S x S pixels lies covered. Action C + p puts the window, K x K pixels, at its p-th place and uncovers what
is under it, at the price `cost`; action c < C says "this is class c" and ends the episode, reward 1 if it is right and
else 0. So the best agent looks as long as another look is worth more than it costs (after Mnih et al. 2014, "Recurrent
models of visual attention", arXiv:1406.6247; here it is the agent that decides when it has seen enough). After `limit`
looks without an answer the episode is cut off, and nothing was earned.

The observation is all that has been seen so far: the uncovered pixels, 0 elsewhere (S S), where they are, 1 and 0
(S S), and row and column of the window from 0 to 1 (before the first look it hovers, shut, over the middle).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np

from core import Array, Rng
from core.lab.vision.augment import AffineElastic
from reinforcement.distributions import draw, greedy
from reinforcement.envs.arrays import ArrayEnvs
from reinforcement.envs.digit_bandit import show


def windows(S: int, K: int) -> Array:
    """What each place of the window uncovers, ((S - K + 1)^2, S S) bool. Raises ValueError where it does not fit."""
    if not 1 <= K <= S:
        raise ValueError(f"window must be from 1 to {S} pixels wide, the picture's side, not {K}")
    row, column = (np.arange(S) - np.arange(S - K + 1)[:, None] for _ in range(2))  # place, pixel
    inside = [(at >= 0) & (at < K) for at in (row, column)]
    return (inside[0][:, None, :, None] & inside[1][None, :, None, :]).reshape(-1, S * S)


class GlimpseEnvs(ArrayEnvs):
    """B agents at once, as arrays; x (N, S S) in [0, 1], t (N,) labels below C. Pictures are drawn evenly.

    With `strength` each is deformed anew when it is drawn. reset(options={"index": (B,)}) shows those pictures.
    """

    arrays = ("index", "picture", "mask", "place", "looks", "prev_done")
    index: Array  # B
    picture: Array  # B, S S
    mask: Array  # B, S S bool: what has been seen
    place: Array  # B, of the window; -1 before the first look
    looks: Array  # B

    def __init__(
        self,
        n: int,
        x: Array,
        t: Array,
        *,
        C: int = 10,
        window: int = 3,
        cost: float = 0.02,
        limit: int = 10,
        strength: AffineElastic | None = None,
    ) -> None:
        self.x, self.t, self.strength = x, t, strength
        self.C, self.cost, self.limit, self.side = C, cost, limit, round(x.shape[1] ** 0.5)
        self.shows, self.across = windows(self.side, window), self.side - window + 1  # (P, S S); places side by side
        actions = gym.spaces.Discrete(C + len(self.shows))
        super().__init__(n, gym.spaces.Box(0, 1, (2 * x.shape[1] + 2,), np.float32), actions)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        super().reset(seed=seed)
        n = self.num_envs
        self.index, self.picture = np.zeros(n, np.int64), np.zeros((n, self.x.shape[1]), np.float32)
        self.mask, self.place = np.zeros((n, self.x.shape[1]), bool), np.full(n, -1)
        self.looks, self.prev_done = np.zeros(n, np.int64), np.ones(n, bool)
        self._begin(self.prev_done, (options or {}).get("index"))
        self.prev_done = np.zeros(n, bool)
        return self._seen(), {}

    def _begin(self, who: Array, index: Array | None = None) -> None:
        if index is None:
            index = self.np_random.integers(len(self.x), size=self.num_envs)
        picture = show(self.np_random, self.x[index], self.strength)
        self.index, self.picture = np.where(who, index, self.index), np.where(who[:, None], picture, self.picture)
        self.mask, self.place = self.mask & ~who[:, None], np.where(who, -1, self.place)
        self.looks = np.where(who, 0, self.looks)

    def _seen(self) -> Array:
        at = np.stack(divmod(self.place, self.across), -1) / max(self.across - 1, 1)
        at[self.place < 0] = 0.5
        return np.concatenate([self.picture * self.mask, self.mask, at], -1, dtype=np.float32)

    def step(self, action: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        action, playing = np.asarray(action), ~self.prev_done
        looking, said = playing & (action >= self.C), playing & (action < self.C)
        if not playing.all():
            self._begin(self.prev_done)
        self.place = np.where(looking, action - self.C, self.place)
        self.mask = self.mask | (self.shows[self.place] & looking[:, None])
        self.looks = self.looks + looking
        reward = (said & (action == self.t[self.index])) - np.float32(self.cost) * looking
        cut = looking & (self.looks >= self.limit)
        self.prev_done = said | cut
        return self._seen(), reward.astype(np.float32), said, cut, {}


COVERED, FRAME = (0.36, 0.40, 0.55), (0.95, 0.45, 0.1)


def render(picture: Array, mask: Array, window: Array | None, scale: int = 12) -> Array:
    """Ink on white where it was seen, blue-grey with a faint trace of the rest elsewhere, a frame around the window.

    picture, mask, window (S S) -> (S scale, S scale, 3) uint8.
    """
    S = round(len(picture) ** 0.5)
    seen, ink = mask.reshape(S, S, 1), 1 - picture.reshape(S, S, 1)
    rgb = np.where(seen, ink, 0.75 * np.array(COVERED) + 0.25 * ink).repeat(scale, 0).repeat(scale, 1)
    if window is not None:
        rows, columns = (np.flatnonzero(window.reshape(S, S).any(axis)) * scale for axis in (1, 0))
        box = np.zeros((S * scale, S * scale), bool)
        box[rows[0] : rows[-1] + scale, columns[0] : columns[-1] + scale] = True
        box[rows[0] + 2 : rows[-1] + scale - 2, columns[0] + 2 : columns[-1] + scale - 2] = False
        rgb[box] = FRAME
    return np.round(255 * rgb).astype(np.uint8)


class Looked(NamedTuple):
    """What happened with N pictures."""

    said: Array  # N: the class, -1 where the agent was cut off without an answer
    looks: Array  # N
    path: Array  # N, limit: the places of the window, -1 after the last
    seen: Array  # N: the share of the picture that was uncovered


def look(
    logits: Callable[[Array], Array], x: Array, window: int, limit: int, C: int = 10, rng: Rng | None = None
) -> Looked:
    """One episode with each picture x (N, S S): greedy, or drawn by `rng`. Nobody says what is right."""
    n, unknown = len(x), np.full(len(x), -1)
    envs = GlimpseEnvs(n, x, unknown, C=C, window=window, limit=limit)
    obs, _ = envs.reset(seed=0, options={"index": np.arange(n)})
    said, path, seen, going = unknown.copy(), np.full((n, limit), -1), np.zeros(n), np.ones(n, bool)
    for k in range(limit):
        action = greedy(logits(obs)) if rng is None else draw(rng, logits(obs))
        ends, looking = going & (action < C), going & (action >= C)
        said[ends], path[looking, k] = action[ends], action[looking] - C
        obs = envs.step(action)[0]
        seen[looking] = envs.mask.mean(-1)[looking]
        going = looking
    return Looked(said, (path >= 0).sum(-1), path, seen)
