"""Environments of installed packages, through the entry points `gymnasium.envs`, which Gymnasium itself loads no more.

An entry point is `module:function`, where the function registers environments, or a module that does so when it is
imported. Its name is the namespace of what it registers; `__root__` is none.
"""

from contextlib import nullcontext
from functools import cache
from importlib.metadata import EntryPoint, entry_points

import gymnasium as gym
from gymnasium.envs.registration import namespace

from core.lab.errors import Refusal
from core.lab.guard import guarded

GROUP = "gymnasium.envs"


@cache
def load() -> tuple[str, ...]:
    """Loads them all, once; returns a line for each that fails or registers nothing, naming its package."""
    faults = (_fault(point) for point in entry_points(group=GROUP))
    return tuple(fault for fault in faults if fault)


def _fault(point: EntryPoint) -> str:
    before = set(gym.registry)
    what = f"the entry point {point.value} of the package {point.dist.name if point.dist else '?'}"
    with nullcontext() if point.name == "__root__" else namespace(point.name):
        try:
            with guarded(f"{what}: it"):
                found = point.load()
                if point.attr:
                    found()
        except Refusal as refusal:
            return str(refusal)
    return "" if set(gym.registry) - before else f"{what} registers nothing"
