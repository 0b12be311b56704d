"""A registered environment of Gymnasium in the form that our learners take, by Gymnasium's own wrappers.

Observations become a row of float32 (FlattenObservation: Box, Discrete, MultiDiscrete, MultiBinary, Dict, Tuple), from
-1 to 1 where their borders are known (RescaleObservation). Actions become choices from 0, or a row of numbers, from -1
to 1 where they have borders. Whatever is not supported is a ValueError of one line.
"""

import difflib
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces, wrappers

from core.lab import Report
from core.lab.runs.tasks import lacking
from reinforcement.evaluate import Logits, ReturnExam

HUGE = 1e4  # borders farther apart are no measure of what will be seen
ROBOTS = {"box2d": "Box2D", "mujoco": "mujoco"}  # packages of Gymnasium's whose environments need a module
ELSEWHERE = {"ALE": "ale-py", "MiniGrid": "minigrid", "BabyAI": "minigrid", "PyFlyt": "PyFlyt"}  # namespace: package


def find(name: str) -> Any:
    """What Gymnasium knows of an id. Raises ValueError, with the nearest id, or with what is to be installed."""
    if ":" in name:
        raise ValueError(
            f"the id {name!r} names a module to import, and an id is not to name code: install a package "
            "that registers its environments under the entry point gymnasium.envs"
        )
    try:
        return gym.spec(name)
    except gym.error.Error:
        space = name.partition("/")[0] if "/" in name else None
        package = ELSEWHERE.get(space or name.partition("-")[0])
        stems = {_stem(known): known for known in sorted(gym.registry)}  # the last version of each
        close = [stems[stem] for stem in difflib.get_close_matches(_stem(name), stems, 1)]
        needs = robots(gym.spec(close[0])) if close else ""
        advice = (
            f"; it comes with pip install {package}"
            if package
            else f"; did you mean {close[0]}?"
            if close
            else "; is the package that registers it installed?"
        )
        advice += f" It needs: {needs}" if needs and not package else ""
        raise ValueError(f"there is no environment {name!r} in Gymnasium's registry{advice}") from None


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
        return gym.make(name, disable_env_checker=True, **options)
    except gym.error.DependencyNotInstalled as error:
        raise ValueError(f"the environment {name} needs: {robots(spec) or str(error).splitlines()[0]}") from None
    except Exception as error:  # whatever a stranger's environment raises when it is made
        line = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise ValueError(f"the environment {name} cannot be made: {line}") from error


def choice(name: str, limit: int) -> str:
    """dqn for choices in worlds of numbered states, ppo for other choices; sac for numbers within borders, else ppo."""
    env = build(name, limit)
    env.close()
    if isinstance(env.action_space, spaces.Discrete):
        return "dqn" if isinstance(env.observation_space, spaces.Discrete) else "ppo"
    return "sac" if bounded(env.action_space) else "ppo"


def bounded(space: Any) -> bool:
    return isinstance(space, spaces.Box) and space.is_bounded("both")


def wrapped(name: str, limit: int, clip: bool, **options: Any) -> Any:
    """The environment in our form; with `clip` its numbers may leave -1 to 1 and are cut off there, as PPO's do."""
    env: Any = build(name, limit, **options)
    seen, actions = env.observation_space, env.action_space
    if not seen.is_np_flattenable:
        raise ValueError(f"the observations of {name} are a {type(seen).__name__}, which no row of numbers can hold")
    env = wrappers.DtypeObservation(wrappers.FlattenObservation(env), np.float32)
    box = env.observation_space
    if not box.shape[0]:
        raise ValueError(f"the observations of {name} are empty: {seen}")
    span = box.high.astype(float) - box.low
    if (span > 0).all() and (span < HUGE).all() and (np.abs([box.low, box.high]) > 1).any():
        env = wrappers.RescaleObservation(env, np.float32(-1), np.float32(1))
    if isinstance(actions, spaces.Discrete):
        return wrappers.TransformAction(env, lambda a: actions.start + a, spaces.Discrete(int(actions.n)))
    if not isinstance(actions, spaces.Box) or not np.issubdtype(actions.dtype, np.floating):
        raise ValueError(f"the actions of {name} are {actions}: only Discrete and Box of real numbers can be learnt")
    if len(actions.shape) != 1:
        env = wrappers.TransformAction(env, lambda a: a.reshape(actions.shape), spaces.flatten_space(actions))
    if bounded(actions):
        one = env.action_space.dtype.type(1)
        env = wrappers.RescaleAction(env, -one, one)
        return wrappers.ClipAction(env) if clip else env
    if not clip or np.isfinite(actions.low).any() or np.isfinite(actions.high).any():
        raise ValueError(f"the actions of {name} are {actions}: SAC needs two borders, PPO two or none")
    return env


class OpenExam(ReturnExam):
    """An exam of returns where Gymnasium names no return as solved: the random policy is the only measure."""

    def report(self, logits: Logits, folder: Path | None) -> Report:
        made = super().report(logits, folder)
        return replace(made, reference=made.chance, reference_name="none is known: the random policy")
