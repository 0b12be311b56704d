"""Spaces of Gymnasium as JSON, and an environment of which no more is known: enough to ask an agent in its units."""

import math
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.wrappers.utils import create_zero_array

from reinforcement.envs.actions import ENDLESS
from reinforcement.envs.masks import INFO

LARGEST = 1 << 26  # numbers of a space that a file may ask for


def to_plain(space: Any) -> Any:
    """A space as plain data; None for one of a kind that is not known here."""
    match space:
        case spaces.Dict() | spaces.Tuple():
            named = space.items() if isinstance(space, spaces.Dict) else [("", part) for part in space]
            parts = [[name, to_plain(part)] for name, part in named]  # in their order, which is that of a row's numbers
            known = all(isinstance(name, str) and part for name, part in parts)
            return {"kind": "Dict" if isinstance(space, spaces.Dict) else "Tuple", "parts": parts} if known else None
        case spaces.Discrete():
            return {"kind": "Discrete", "n": int(space.n), "start": int(space.start)}
        case spaces.MultiDiscrete():
            return {"kind": "MultiDiscrete", "nvec": space.nvec.tolist(), "start": space.start.tolist()}
        case spaces.MultiBinary():
            return {"kind": "MultiBinary", "shape": list(space.shape)}
        case spaces.Box():
            ends = {"low": _border(space.low), "high": _border(space.high)}
            return {"kind": "Box", "shape": list(space.shape), "dtype": str(space.dtype), **ends}
    return None


def _border(values: Any) -> Any:
    """One number where all are alike; None where there is none, or that of its type."""
    ends = np.iinfo(values.dtype) if values.dtype.kind in "iu" else None

    def plain(value: Any) -> Any:
        return None if abs(float(value)) >= ENDLESS or (ends and value in (ends.min, ends.max)) else value.item()

    flat = [plain(value) for value in np.unique(values)]
    return flat[0] if len(flat) == 1 else [plain(value) for value in values.ravel()]


def from_plain(told: Any) -> Any:
    """The space that `to_plain` told. Raises ValueError, KeyError or TypeError for what it never tells."""
    kind = told["kind"]
    if kind in ("Dict", "Tuple"):
        parts = [(str(name), from_plain(part)) for name, part in told["parts"]]
        return spaces.Dict(parts) if kind == "Dict" else spaces.Tuple([part for _, part in parts])
    if kind == "Discrete":
        return spaces.Discrete(told["n"], start=told["start"])
    if kind == "MultiDiscrete":
        return spaces.MultiDiscrete(np.array(told["nvec"]), start=np.array(told["start"]))
    shape = tuple(map(int, told["shape"]))
    if min(shape, default=0) < 0 or math.prod(shape) > LARGEST:
        raise ValueError(f"a space of the shape {shape} is none, or too large")
    if kind == "MultiBinary":
        return spaces.MultiBinary(shape)
    dtype = np.dtype(str(told["dtype"]))
    if kind != "Box" or dtype.kind not in "biuf":
        raise ValueError(f"there is no space {kind} of {dtype}")
    ends = (np.iinfo(dtype).min, np.iinfo(dtype).max) if dtype.kind in "iu" else (-np.inf, np.inf)
    low, high = (_bordered(told[name], end, shape, dtype) for name, end in zip(("low", "high"), ends, strict=True))
    return spaces.Box(low, high, dtype=dtype.type)


def _bordered(told: Any, end: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    if isinstance(told, list):
        return np.array([end if value is None else value for value in told], dtype).reshape(shape)
    return np.full(shape, end if told is None else told, dtype)


class Remembered(gym.Env[Any, Any]):
    """An environment of two spaces that nobody can play in: it shows zeros. `options` of actions are all allowed."""

    def __init__(self, observations: Any, actions: Any, options: int = 0) -> None:
        self.observation_space, self.action_space, self.options = observations, actions, options

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        return create_zero_array(self.observation_space), {INFO: np.ones(self.options)} if self.options else {}
