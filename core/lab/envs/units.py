"""From what an environment shows to what a network sees, and from what a network does to what an environment takes.

Between the two stand wrappers: what shows 0 to 255 is seen from -1 to 1, say. Training and judging happen outside the
wrappers; whoever asks a trained network does so in the environment's own units.
"""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces, wrappers

from core import Array
from core.lab.envs.vector import Envs
from core.lab.plain import short

MADE = wrappers.TimeLimit, wrappers.OrderEnforcing, wrappers.PassiveEnvChecker  # what gymnasium.make gives begins here


def as_batch(x: Any, like: Array) -> Array:
    """Observations x as a batch of the form of `like` (B, ...), each as it is or flattened, or one alone.

    N rows stay N rows. Raises ValueError for other sizes, for values that are not finite, and, where whole numbers are
    due, for others.
    """
    given, shape = np.asarray(x), like.shape[1:]
    if (rows := _rows(given, shape)) is None:
        raise ValueError(f"observations have the shape {shape} each, but these are {given.shape}")
    if not np.isfinite(rows).all():
        raise ValueError("it holds values that are not finite")
    if like.dtype.kind in "iu" and (rows != np.round(rows)).any():
        raise ValueError("it holds numbers that are not whole, and observations are whole numbers here")
    return rows.astype(like.dtype, copy=False)


def _rows(x: Array, shape: tuple[int, ...]) -> Array | None:
    """x as rows (N, *shape): each may be flattened, or a square picture. None where it does not fit.

    N rows stay N rows: a table of three rows of one number is not one row of three.
    """
    n, side = math.prod(shape), math.isqrt(math.prod(shape))
    if x.ndim and math.prod(x.shape[1:]) == n and (x.ndim > 1 or n == 1):
        return x.reshape(-1, *shape)
    square = x.shape == (side, side) and side > 2
    return x.reshape(1, *shape) if x.size == n and (x.ndim < 2 or x.shape == shape or square) else None


def observed(envs: Envs, x: Any) -> Array:
    """Observations x as the environment itself shows them, rows of numbers, as a network sees them (N, ...).

    A Discrete is one number a row, a Dict or a Tuple the numbers of all its parts; either may also come as
    FlattenObservation gives it, or as it is. Bytes are lines of JSON, an observation each, a Dict with its names. Where
    several frames are seen at once, one alone stands for all of them, as at a start. Raises ValueError where x does not
    fit, or is no observation.
    """
    one = envs.single()
    if isinstance(x, bytes):
        x = _lines(x)
    seen = as_batch(x, envs.obs) if one is None else _through(one, x)
    if envs.column:
        seen, n = seen.reshape(-1, 1), envs.vec.single_observation_space.n
        if ((seen < 0) | (seen >= n)).any():
            raise ValueError(f"observations are whole numbers from 0 to {n - 1}")
    return seen.astype(envs.obs.dtype, copy=False)


def acted(envs: Envs, actions: Array) -> Array:
    """Actions (N, ...) of a network, as the environment below the wrappers takes them."""
    one = envs.single()
    for wrapper in () if one is None else _wrappers(one):
        if isinstance(wrapper, gym.ActionWrapper):
            actions = _together([wrapper.action(a) for a in actions])
    return actions


def _together(actions: list[Any]) -> Array:
    """Actions as one array; those that are a Dict or a Tuple as objects that JSON can hold."""
    if not actions or not isinstance(actions[0], dict | tuple):
        return np.stack([np.asarray(action) for action in actions])
    whole = np.empty(len(actions), object)
    for k, action in enumerate(actions):
        whole[k] = _plain(action)
    return whole


def _plain(action: Any) -> Any:
    if isinstance(action, dict):
        return {name: _plain(part) for name, part in action.items()}
    return [_plain(part) for part in action] if isinstance(action, tuple) else np.asarray(action).tolist()


def _lines(raw: bytes) -> list[Any]:
    """The values of a text that holds JSON line by line. Raises ValueError, naming the line that is none."""
    values = []
    for k, line in enumerate(raw.decode("utf-8-sig").splitlines(), 1):
        try:
            values += [json.loads(line)] if line.strip() else []
        except (ValueError, RecursionError) as error:
            raise ValueError(f"its line {k} is no JSON: {error}") from None
    return values


def _through(env: Any, x: Any) -> Array:
    """x as the outermost wrapper shows it. It may be in the form of any wrapper on the way, the innermost first."""
    views = list(_views(env))
    if (seen := _stacked(views, x)) is not None:
        return np.stack(seen)
    for k, (space, _) in enumerate(views):
        if (seen := _of_space(space, x)) is not None:
            for _, view in views[k + 1 :]:
                seen = [view(one) for one in seen]
            return np.stack([np.asarray(one) for one in seen])
    space = views[0][0]
    rows = f"rows of {_width(space)} numbers" if _width(space) > 1 else "one number a row"
    have = f"but these have the shape {np.shape(x)}"
    raise ValueError(f"the observations of this environment are {space}, {rows}, {have}")


def _wrappers(env: Any) -> Iterator[Any]:
    """The wrappers around what gymnasium.make gave, or else around the environment, the outermost first."""
    while isinstance(env, gym.Wrapper) and not isinstance(env, MADE):
        yield env
        env = env.env


def shown_through(env: Any) -> list[str]:
    """The names of the wrappers that change what the environment shows, the innermost first."""
    return [type(one).__name__ for one in reversed(list(_wrappers(env))) if isinstance(one, gym.ObservationWrapper)]


def _views(env: Any) -> Iterator[tuple[Any, Callable[[Any], Any]]]:
    """(space, function) from the environment outwards: how each wrapper shows what the one below it does.

    A wrapper that remembers cannot be asked about an observation alone: what is below it is out of sight.
    """
    around = list(_wrappers(env))
    views: list[tuple[Any, Callable[[Any], Any]]] = [((around[-1].env if around else env).observation_space, _same)]
    for wrapper in reversed(around):
        if isinstance(wrapper, gym.ObservationWrapper) and not isinstance(wrapper, wrappers.NormalizeObservation):
            views.append((wrapper.observation_space, wrapper.observation))
        elif isinstance(wrapper, wrappers.FrameStackObservation):
            views.append((wrapper.observation_space, Repeated(wrapper.stack_size)))
        elif wrapper.observation_space != views[-1][0] or isinstance(wrapper, gym.ObservationWrapper):
            views = [(wrapper.observation_space, _same)]
    return iter(views)


def _same(obs: Any) -> Any:
    return obs


@dataclass(frozen=True)
class Repeated:
    """One observation as several frames, as after a reset."""

    frames: int

    def __call__(self, obs: Any) -> Array:
        return np.stack([obs] * self.frames)


def _stacked(views: list[tuple[Any, Callable[[Any], Any]]], x: Any) -> list[Any] | None:
    """x (N, frames, ...), several of the environment's observations each, as the outermost wrapper shows it.

    None where no frames are stacked, or x has another shape.
    """
    at = next((k for k, (_, view) in enumerate(views) if isinstance(view, Repeated)), None)
    space = views[0][0]
    if at is None or space.shape is None or isinstance(x, dict) or _dicts(x):
        return None
    given, frames = np.asarray(x), views[at][0].shape[0]
    if given.shape[1:] != (frames, *space.shape) or (seen := _of_space(space, given.reshape(-1, *space.shape))) is None:
        return None
    for _, view in views[1:at]:
        seen = [view(one) for one in seen]
    several = [np.stack(seen[k : k + frames]) for k in range(0, len(seen), frames)]
    for _, view in views[at + 1 :]:
        several = [view(one) for one in several]
    return several


def _of_space(space: Any, x: Any) -> list[Any] | None:
    """x as observations of `space`; None where its form is another. Raises ValueError for numbers outside it."""
    composed = isinstance(space, spaces.Dict | spaces.Tuple)
    if isinstance(space, spaces.Dict) and (named := [x] if isinstance(x, dict) else _dicts(x)):
        return [_read(space, one) for one in named]
    if composed and isinstance(x, dict | list | tuple):
        several = [x] if space.contains(x) else list(x)
        if several and all(map(space.contains, several)):
            return several
    given = np.asarray(_pixels(space, x))
    rows = None if given.dtype.kind not in "biuf" else _rows(given, (_width(space),) if composed else space.shape)
    if rows is None:
        return None
    if not np.isfinite(rows).all():
        raise ValueError("it holds values that are not finite")
    return [_taken(space, iter(row.ravel())) for row in rows]


def _dicts(x: Any) -> list[Any]:
    return list(x) if isinstance(x, list | tuple) and all(isinstance(one, dict) for one in x) else []


def _read(space: Any, value: Any) -> Any:
    """The observation of `space` in plain values: numbers, lists, and dictionaries. Raises ValueError for others."""
    if isinstance(space, spaces.Dict):
        if not isinstance(value, dict) or value.keys() != space.keys():
            raise ValueError(f"an observation has the parts {', '.join(space.keys())}, but this is {short(value)}")
        return {name: _read(part, value[name]) for name, part in space.items()}
    if isinstance(space, spaces.Tuple):
        if not isinstance(value, list | tuple) or len(value) != len(space.spaces):
            raise ValueError(f"an observation has {len(space.spaces)} parts, but this is {short(value)}")
        return tuple(_read(part, one) for part, one in zip(space, value, strict=True))
    given = np.asarray(value)
    if given.dtype.kind not in "biuf" or given.size != _width(space) or not np.isfinite(given).all():
        raise ValueError(f"{short(value)} is not among the observations of this environment, {space}")
    return _taken(space, iter(given.ravel()))


def _pixels(space: Any, x: Any) -> Any:
    """A picture out of a file as bytes, in colours or grey, where `space` has bytes; anything else as it is."""
    colours = getattr(x, "pixels", None)
    if colours is None or space.dtype != np.uint8:
        return x
    if colours.shape == space.shape:
        return colours
    grey = np.rint(255 * np.asarray(x))
    return grey.reshape(space.shape) if grey.size == math.prod(space.shape) else grey


def _parts(space: Any) -> Any:
    return space.values() if isinstance(space, spaces.Dict) else space.spaces


def _width(space: Any) -> int:
    """How many numbers an observation is, a Discrete one alone."""
    return sum(map(_width, _parts(space))) if isinstance(space, spaces.Dict | spaces.Tuple) else math.prod(space.shape)


def _taken(space: Any, numbers: Iterator[Any]) -> Any:
    """The observation of `space` that the next of these numbers are."""
    if isinstance(space, spaces.Dict):
        return {name: _taken(part, numbers) for name, part in space.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(_taken(part, numbers) for part in space)
    given = np.array(list(islice(numbers, _width(space)))).reshape(space.shape)
    if isinstance(space, spaces.Box):
        return given
    exact = given.astype(space.dtype)[()]
    if (given != exact).any() or not space.contains(exact):
        raise ValueError(f"{given} is not among the observations of this environment, {space}")
    return exact
