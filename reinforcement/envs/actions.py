"""The actions of an environment as what an agent says: choices, each from 0, and then real numbers.

Discrete, MultiDiscrete, MultiBinary and a Box of whole numbers are choices, a Box of real numbers is numbers, a Dict or
a Tuple holds what its parts hold, one after another. Numbers go from -1 to 1 where they have borders; a number that is
fixed is no part of what an agent says, and is filled in.
"""

import math
from collections.abc import Iterator
from functools import reduce
from typing import Any

import numpy as np
from gymnasium import spaces, wrappers

from core import Array

WIDEST = 2_000_000  # numbers of an observation or an action
ENDLESS = 1e30  # a border this far away is none, as is the largest number of a type
JOINT = 1024  # combinations of several choices that DQN takes for one choice


def borders(space: Any) -> tuple[Array, Array]:
    """The lowest and the highest of each number of a Box; infinite where a border is too far away to be one."""
    most = min(ENDLESS, float(np.finfo(space.dtype).max)) if np.issubdtype(space.dtype, np.floating) else ENDLESS
    low, high = space.low.astype(float), space.high.astype(float)
    low[low <= -most], high[high >= most] = -np.inf, np.inf
    return low, high


class Actions:
    """What an agent says of an action of `space`: K choices of `sizes` options each, and N numbers.

    Raises ValueError, in one line, for a space that no agent here can learn to act in.
    """

    def __init__(self, name: str, space: Any) -> None:
        self.name, self.space = name, space
        leaves = list(self._leaves(space))
        sizes = [size for leaf in leaves if not _real(leaf) for size in _sizes(leaf)]
        if sum(sizes) > WIDEST or len(sizes) * max(sizes, default=0) > WIDEST:
            raise self._refused(f"choices among {sum(sizes):,} options; {WIDEST:,} can be learnt")
        self.sizes, reals = tuple(sizes), [leaf for leaf in leaves if _real(leaf)]
        if sum(math.prod(leaf.shape) for leaf in reals) > WIDEST:
            raise self._refused(f"rows of {spaces.flatdim(space):,} numbers; {WIDEST:,} can be learnt")
        ends = [border.ravel() for leaf in reals for border in borders(leaf)]
        low, high = (np.concatenate([*ends[k::2], np.zeros(0)]) for k in (0, 1))
        self.dtype = np.result_type(np.float16, *(leaf.dtype for leaf in reals), *([np.float32] if sizes else []))
        self.free, self.filled = low < high, low
        if not self.sizes and not self.free.any():
            raise self._refused("no number is free, so there is nothing to learn")
        self.low, self.high = low[self.free], high[self.free]
        self.N = len(self.low)

    def _refused(self, why: str) -> ValueError:
        return ValueError(f"the actions of {self.name} are {self.space}: {why}")

    def _leaves(self, space: Any) -> Iterator[Any]:
        if isinstance(space, spaces.Dict | spaces.Tuple):
            for part in space.values() if isinstance(space, spaces.Dict) else space:
                yield from self._leaves(part)
        elif isinstance(space, spaces.Discrete | spaces.MultiDiscrete | spaces.MultiBinary | spaces.Box):
            yield space
        else:
            known = "Discrete, MultiDiscrete, MultiBinary and Box, and Dict and Tuple of these"
            raise self._refused(f"only {known} can be learnt")

    @property
    def fits(self) -> tuple[str, ...]:
        """The learners that can learn them."""
        bounded = bool(np.isfinite([self.low, self.high]).all())
        return (
            "ppo",
            *(["dqn"] if not self.N and math.prod(self.sizes) <= JOINT else []),
            *(["sac"] if not self.sizes and bounded else []),
        )

    def whole(self, choices: Any, numbers: Array) -> Any:
        """The action of `space` that K choices and N numbers are. Rounding takes no number over a border."""
        filled = self.filled.astype(self.dtype)
        filled[self.free] = np.clip(numbers, self.low, self.high)
        return _built(self.space, iter(np.asarray(choices).ravel()), iter(filled))

    def wrap(self, env: Any, learner: str) -> Any:
        """`env` as `learner` acts in it: Discrete, MultiDiscrete, or a Box of all columns where there are numbers.

        PPO's numbers may leave -1 to 1 and are cut off there; for DQN several choices are one.
        """
        K, sizes, none = len(self.sizes), self.sizes, np.zeros(0)
        if not self.N and K == 1:
            return wrappers.TransformAction(env, lambda a: self.whole(a, none), spaces.Discrete(sizes[0]))
        if not self.N and learner == "dqn":
            one = spaces.Discrete(math.prod(sizes))
            return wrappers.TransformAction(env, lambda a: self.whole(np.unravel_index(a, sizes), none), one)
        if not self.N:
            return wrappers.TransformAction(env, lambda a: self.whole(a, none), spaces.MultiDiscrete(list(sizes)))
        low, high = np.append(np.zeros(K), self.low), np.append(np.array(sizes) - 1, self.high)

        def act(row: Array) -> Any:
            return self.whole(np.clip(np.rint(row[:K]), 0, high[:K]).astype(int), row[K:])

        env = wrappers.TransformAction(env, act, spaces.Box(low, high, dtype=self.dtype))
        two, one = np.isfinite(low) & np.isfinite(high) & (np.arange(len(low)) >= K), self.dtype.type(1)
        if np.isfinite([low, high]).any():
            ends = (np.where(two, end, border).astype(self.dtype) for end, border in ((-one, low), (one, high)))
            env = wrappers.RescaleAction(env, *ends)
            return wrappers.ClipAction(env) if learner == "ppo" else env
        return env

    def mask(self, given: Any, learner: str) -> Array:
        """The mask (S,) of all options of all choices, 1 for those that are allowed; of DQN's single choice (A,).

        `given` is one row, or a row of each choice, in a tuple or under the names of a Dict.
        Raises ValueError where its size is another, or no option of a choice is allowed.
        """
        row, S = mask_row(given), sum(self.sizes)
        if len(row) != S or row.dtype.kind not in "biuf":
            raise ValueError(f"gave an action mask of {len(row)} numbers, but its actions have {S} options,")
        each = np.split(row != 0, np.cumsum(self.sizes)[:-1])
        if not all(one.any() for one in each):
            raise ValueError("gave an action mask that allows no action, though the episode goes on,")
        if learner == "dqn":
            return np.asarray(reduce(np.logical_and.outer, each)).ravel()
        return row != 0


def mask_row(given: Any) -> Array:
    """A mask as one row, the parts of a tuple or a Dict one after another."""
    rows = [np.asarray(row).ravel() for row in _rows(given)]
    return np.concatenate(rows) if rows else np.zeros(0)


def _rows(given: Any) -> Iterator[Any]:
    if isinstance(given, dict):
        given = tuple(given.values())
    if isinstance(given, tuple):
        for part in given:
            yield from _rows(part)
    else:
        yield given


def _real(leaf: Any) -> bool:
    return isinstance(leaf, spaces.Box) and bool(np.issubdtype(leaf.dtype, np.floating))


def _sizes(leaf: Any) -> list[int]:
    """How many options each choice of a leaf has."""
    if isinstance(leaf, spaces.Discrete):
        return [int(leaf.n)]
    if isinstance(leaf, spaces.MultiDiscrete):
        return [int(n) for n in leaf.nvec.ravel()]
    if isinstance(leaf, spaces.MultiBinary):
        return [2] * math.prod(leaf.shape)
    return [int(high) - int(low) + 1 for low, high in zip(leaf.low.ravel(), leaf.high.ravel(), strict=True)]


def _built(space: Any, choices: Iterator[Any], numbers: Iterator[Any]) -> Any:
    """The action of `space` that the next of these choices and numbers are."""
    if isinstance(space, spaces.Dict):
        return {name: _built(part, choices, numbers) for name, part in space.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(_built(part, choices, numbers) for part in space)
    if isinstance(space, spaces.Discrete):
        return space.start + next(choices)
    n = math.prod(space.shape)
    if _real(space):
        return np.array([next(numbers) for _ in range(n)], space.dtype).reshape(space.shape)
    first = space.low if isinstance(space, spaces.Box) else getattr(space, "start", 0)
    taken = np.array([next(choices) for _ in range(n)], np.int64).reshape(space.shape)
    return (first + taken).astype(space.dtype)
