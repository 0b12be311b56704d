"""A registered environment of Gymnasium in the form that our learners take, by Gymnasium's own wrappers.

Observations become a row of float32 (FlattenObservation: Box, Discrete, MultiDiscrete, MultiBinary, Dict, Tuple), from
-1 to 1 where their borders are known (RescaleObservation), or of the bytes of a picture; several frames may be shown at
once (FrameStackObservation). Behind it stands the mask of the actions that are allowed, where there is one. Actions
become choices from 0, or numbers, or both. Whatever is not supported is a ValueError of one line.
"""

import difflib
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces, wrappers

from core.lab import Report
from core.lab.guard import said, theirs
from core.lab.runs.tasks import lacking
from reinforcement.envs import pictures, plugins
from reinforcement.envs.actions import WIDEST, Actions, borders
from reinforcement.envs.masks import MaskedObservation
from reinforcement.evaluate import Logits, ReturnExam

HUGE = 1e4  # borders farther apart are no measure of what will be seen
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


@dataclass(frozen=True)
class View:
    """How an agent sees an environment, and acts in it."""

    name: str
    build: Callable[..., Any]  # makes the environment itself, with options for it
    learner: str  # "ppo", "dqn" or "sac"
    frames: int = 1  # observations that are seen at once, the newest and those before it
    pictures: bool = False  # as pictures, of at most `side` pixels a side, and grey if `grayscale`
    grayscale: bool = False
    side: int = 64
    masks: bool = False  # with the mask of the actions that are allowed

    def open(self, **options: Any) -> Any:
        """The environment. Raises ValueError, in one line, where it cannot be learnt."""
        env = self.build(**options)
        actions = Actions(self.name, env.action_space)
        env = actions.wrap(self._seen(env), self.learner)
        return MaskedObservation(env, actions, self.learner) if self.masks else env

    def drawn(self) -> Any:
        """The environment, which renders. Raises ValueError where it draws no pictures."""
        env = self.build()
        modes = env.metadata.get("render_modes") or []
        env.close()
        if "rgb_array" not in modes:
            raise ValueError(f"{self.name} draws no pictures: rgb_array is not among its render_modes")
        return self.open(render_mode="rgb_array")

    def _seen(self, env: Any) -> Any:
        given = env.observation_space
        if self.pictures:
            self._check_width(given, math.prod(pictures.shape(given, self.grayscale, self.side, self.frames)))
            return pictures.rows(env, self.grayscale, self.side, self.frames)
        if not given.is_np_flattenable:
            kind = type(given).__name__
            raise ValueError(f"the observations of {self.name} are a {kind}, which no row of numbers can hold")
        if not (wide := spaces.flatdim(given) * self.frames):
            raise ValueError(f"the observations of {self.name} are empty: {given}")
        self._check_width(given, wide)
        env = wrappers.FlattenObservation(env)
        if self.frames > 1:
            env = wrappers.FlattenObservation(wrappers.FrameStackObservation(env, self.frames))
        return _scaled(env)

    def _check_width(self, given: Any, wide: int) -> None:
        if wide > WIDEST:
            raise ValueError(
                f"the observations of {self.name} are {given}, rows of {wide:,} numbers; {WIDEST:,} can be learnt"
            )


def picked(observations: Any, actions: Actions) -> str:
    """dqn for one choice in worlds of numbered states, ppo for other choices; sac for numbers within borders, else ppo.

    Pictures are ppo's, but for one choice.
    """
    if actions.sizes:
        single = len(actions.sizes) == 1 and not actions.N
        return "dqn" if single and isinstance(observations, spaces.Discrete) else "ppo"
    return "sac" if "sac" in actions.fits and not pictures.picture(observations) else "ppo"


def _scaled(env: Any) -> Any:
    """Its rows as float32, from -1 to 1 where all their borders are near; a fixed number is 0 then."""
    low, high = borders(env.observation_space)
    fixed = low == high
    box = spaces.Box(low - fixed, high + fixed, dtype=np.float32)
    env = wrappers.TransformObservation(env, np.float32, box)
    if (box.high.astype(float) - box.low < HUGE).all() and (np.abs([box.low, box.high]) > 1).any():
        return wrappers.RescaleObservation(env, np.float32(-1), np.float32(1))
    return env


class OpenExam(ReturnExam):
    """An exam of returns where Gymnasium names no return as solved: the random policy is the only measure."""

    def report(self, logits: Logits, folder: Path | None) -> Report:
        made = super().report(logits, folder)
        return replace(made, reference=made.chance, reference_name="none is known: the random policy")
