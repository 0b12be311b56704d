"""A registered environment of Gymnasium in the form that our learners take, by Gymnasium's own wrappers.

Observations become a row of float32 (FlattenObservation: Box, Discrete, MultiDiscrete, MultiBinary, Dict, Tuple), from
-1 to 1 where their borders are known (RescaleObservation). Actions become choices from 0, or a row of numbers, from -1
to 1 where they have borders, without those that are fixed. Whatever is not supported is a ValueError of one line.
"""

import difflib
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces, wrappers

from core import Array
from core.lab import Report
from core.lab.guard import said, theirs
from core.lab.runs.tasks import lacking
from reinforcement.envs import plugins
from reinforcement.evaluate import Logits, ReturnExam

WIDEST = 2_000_000  # numbers of an observation or an action
HUGE = 1e4  # borders farther apart are no measure of what will be seen
ENDLESS = 1e30  # a border this far away is none, as is the largest number of a type
ROBOTS = {"box2d": "Box2D", "mujoco": "mujoco"}  # packages of Gymnasium's whose environments need a module
ELSEWHERE = {  # namespace: package, and the module whose import registers its environments
    "ALE": ("ale-py", "ale_py"),
    "MiniGrid": ("minigrid", "minigrid"),
    "BabyAI": ("minigrid", "minigrid"),
    "PyFlyt": ("PyFlyt", "PyFlyt.gym_envs"),
}


def find(name: str) -> Any:
    """What Gymnasium knows of an id; one that is unknown is looked for in installed packages.

    Raises ValueError, with the nearest id, or with what is to be installed or imported.
    """
    if ":" in name:
        module, _, rest = name.partition(":")
        raise ValueError(
            f"the id {name!r} names a module to import, and an id is not to name code: "
            f"give it apart, --import {module} --id {rest}"
        )
    try:
        return gym.spec(name)
    except gym.error.Error:
        faults = plugins.load()
    try:
        return gym.spec(name)
    except gym.error.Error:
        also = "".join(f"; {fault}" for fault in faults)
        raise ValueError(f"there is no environment {name!r} in Gymnasium's registry{_advice(name)}{also}") from None


def _advice(name: str) -> str:
    space = name.partition("/")[0] if "/" in name else None
    package, module = ELSEWHERE.get(space or name.partition("-")[0], ("", ""))
    if package and find_spec(module.partition(".")[0]):
        return f"; {package} registers its environments when it is imported: --import {module}"
    if package:
        return f"; it comes with pip install {package}, and then --import {module}"
    stems = {_stem(known): known for known in sorted(gym.registry)}  # the last version of each
    if close := [stems[stem] for stem in difflib.get_close_matches(_stem(name), stems, 1)]:
        needs = robots(gym.spec(close[0]))
        return f"; did you mean {close[0]}?" + (f" It needs: {needs}" if needs else "")
    return "; is the package that registers it installed? A file or a module that does is named with --import"


def _stem(name: str) -> str:
    """An id without its version, which all ids share, and without capitals: what a slip is compared by."""
    return name.partition("-v")[0].lower()


def robots(spec: Any) -> str:
    """The command that installs what this environment of Box2D or MuJoCo needs; "" where it is here, or of neither."""
    modules = [module for part, module in ROBOTS.items() if f".{part}" in str(spec.entry_point)]
    return lacking(dict.fromkeys(modules, "trivium[robots]"))


def build(name: str, limit: int, **options: Any) -> Any:
    """The environment itself; it is cut off after `limit` steps where it names no limit. Raises ValueError."""
    spec = find(name)
    if spec.max_episode_steps is None:
        options["max_episode_steps"] = limit
    try:
        env = gym.make(name, disable_env_checker=True, **options)
    except gym.error.DependencyNotInstalled as error:
        raise ValueError(f"the environment {name} needs: {robots(spec) or str(error).splitlines()[0]}") from None
    except BaseException as error:  # whatever a stranger's environment raises when it is made
        if not theirs(error):
            raise
        raise ValueError(f"the environment {name} cannot be made: {said(error)}") from error
    for what in "observation_space", "action_space":
        if not isinstance(getattr(env, what, None), spaces.Space):
            raise ValueError(f"the environment {name} has no {what}, a space of gymnasium.spaces")
    return env


def drawn(name: str, limit: int, clip: bool) -> Any:
    """The environment as `wrapped` gives it, which renders. Raises ValueError where it draws no pictures."""
    env = build(name, limit)
    modes = env.metadata.get("render_modes") or []
    env.close()
    if "rgb_array" not in modes:
        raise ValueError(f"{name} draws no pictures: rgb_array is not among its render_modes")
    return wrapped(name, limit, clip, render_mode="rgb_array")


def choice(name: str, limit: int) -> str:
    """dqn for choices in worlds of numbered states, ppo for other choices; sac for numbers within borders, else ppo."""
    env = build(name, limit)
    env.close()
    if isinstance(env.action_space, spaces.Discrete):
        return "dqn" if isinstance(env.observation_space, spaces.Discrete) else "ppo"
    return "sac" if isinstance(env.action_space, spaces.Box) and np.isfinite(borders(env.action_space)).all() else "ppo"


def borders(space: Any) -> tuple[Array, Array]:
    """The lowest and the highest of each number of a Box; infinite where a border is too far away to be one."""
    most = min(ENDLESS, float(np.finfo(space.dtype).max)) if np.issubdtype(space.dtype, np.floating) else ENDLESS
    low, high = space.low.astype(float), space.high.astype(float)
    low[low <= -most], high[high >= most] = -np.inf, np.inf
    return low, high


def wrapped(name: str, limit: int, clip: bool, **options: Any) -> Any:
    """The environment in our form; with `clip` its numbers may leave -1 to 1 and are cut off there, as PPO's do."""
    env = build(name, limit, **options)
    if not env.observation_space.is_np_flattenable:
        kind = type(env.observation_space).__name__
        raise ValueError(f"the observations of {name} are a {kind}, which no row of numbers can hold")
    for what, space in ("observations", env.observation_space), ("actions", env.action_space):
        if (wide := spaces.flatdim(space) if space.is_np_flattenable else 0) > WIDEST:
            raise ValueError(f"the {what} of {name} are {space}, rows of {wide:,} numbers; {WIDEST:,} can be learnt")
    actions, env = env.action_space, _seen(name, env)
    if isinstance(actions, spaces.Discrete):
        return wrappers.TransformAction(env, lambda a: actions.start + a, spaces.Discrete(int(actions.n)))
    if not isinstance(actions, spaces.Box) or not np.issubdtype(actions.dtype, np.floating):
        raise ValueError(f"the actions of {name} are {actions}: only Discrete and Box of real numbers can be learnt")
    return _acting(name, env, actions, clip)


def _seen(name: str, env: Any) -> Any:
    """Its observations as a row of float32, from -1 to 1 where all their borders are near; a fixed number is 0 then."""
    given, env = env.observation_space, wrappers.FlattenObservation(env)
    if not env.observation_space.shape[0]:
        raise ValueError(f"the observations of {name} are empty: {given}")
    low, high = borders(env.observation_space)
    fixed = low == high
    box = spaces.Box(low - fixed, high + fixed, dtype=np.float32)
    env = wrappers.TransformObservation(env, np.float32, box)
    if (box.high.astype(float) - box.low < HUGE).all() and (np.abs([box.low, box.high]) > 1).any():
        return wrappers.RescaleObservation(env, np.float32(-1), np.float32(1))
    return env


def _acting(name: str, env: Any, actions: Any, clip: bool) -> Any:
    """Its actions as a row of the numbers that are free, from -1 to 1 between two borders; fixed ones are filled in."""
    low, high = (border.ravel() for border in borders(actions))
    free, filled = low < high, low.astype(actions.dtype)
    if not free.any():
        raise ValueError(f"the actions of {name} are {actions}: no number is free, so there is nothing to learn")
    low, high = low[free], high[free]

    def whole(action: Array) -> Array:  # rounding must not take it over a border
        filled[free] = np.clip(action, low, high)
        return filled.reshape(actions.shape).copy()

    env = wrappers.TransformAction(env, whole, spaces.Box(low, high, dtype=actions.dtype))
    two, one = np.isfinite(low) & np.isfinite(high), actions.dtype.type(1)
    if not clip and not two.all():
        raise ValueError(f"the actions of {name} are {actions}: SAC needs two borders")
    if np.isfinite([low, high]).any():
        ends = (np.where(two, end, border).astype(actions.dtype) for end, border in ((-one, low), (one, high)))
        env = wrappers.RescaleAction(env, *ends)
        return wrappers.ClipAction(env) if clip else env
    return env


class OpenExam(ReturnExam):
    """An exam of returns where Gymnasium names no return as solved: the random policy is the only measure."""

    def report(self, logits: Logits, folder: Path | None) -> Report:
        made = super().report(logits, folder)
        return replace(made, reference=made.chance, reference_name="none is known: the random policy")
