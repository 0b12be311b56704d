"""One environment of a stranger's: its words made plain, its departures from the interface, its faith to its seed."""

import inspect
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np

from core.lab.errors import Refusal
from core.lab.guard import forgiving
from core.lab.plain import real, short

STEPS = 5  # that are compared of two environments


class Plain(gym.Wrapper[Any, Any, Any, Any]):
    """Rewards are floats, also one number in an array; ends are truth values; infos are left out."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        obs, _ = self.env.reset(seed=seed, options=options)
        return obs, {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        obs, reward, terminated, truncated, _ = self.env.step(action)
        if type(reward) is not float:
            number = real(reward)
            if number is None:
                raise Refusal(f"gave the reward {short(reward)}, not a number,")
            reward = number
        return obs, float(reward), _truth("terminated", terminated), _truth("truncated", truncated), {}


def _truth(what: str, value: Any) -> bool:
    if type(value) is bool:
        return value
    if (one := real(value)) is None:
        raise Refusal(f"gave {what} = {short(value)}, not True or False,")
    return bool(one)


def fault(env: Any) -> str:
    """How the environment itself departs from Gymnasium's interface, in one line; '' where nothing is found."""
    one = env.unwrapped
    with forgiving():
        takes = inspect.signature(one.reset).parameters
        if "seed" not in takes and all(p.kind is not p.VAR_KEYWORD for p in takes.values()):
            return "its reset takes no seed, as the old Gym's; it must be reset(self, *, seed=None, options=None)"
        begun = one.reset(seed=0)
        if not isinstance(begun, tuple) or len(begun) != 2:
            return f"its reset gives {_kind(begun)}, not (observation, info)"
        done = one.step(one.action_space.sample())
        if not isinstance(done, tuple) or len(done) != 5:
            return f"its step gives {_kind(done)}, not the five (observation, reward, terminated, truncated, info)"
        for who, obs in ("reset", begun[0]), ("step", done[0]):
            if not _fits(one.observation_space, obs):
                return f"its {who} gives the observation {short(obs)}, which is not of {one.observation_space}"
    return ""


def _kind(value: Any) -> str:
    if not isinstance(value, tuple):
        return f"one {type(value).__name__}"
    return f"{len(value)} values" + ", the old Gym's way" * (len(value) == 4)


def _fits(space: Any, obs: Any) -> bool:
    """Is it of the space? Numbers beyond the borders of a Box are, since many environments do not keep to them."""
    if not isinstance(space, gym.spaces.Box):
        return bool(space.contains(obs))
    return np.shape(obs) == space.shape and np.asarray(obs).dtype.kind in "biuf"


def notes(name: str, make_one: Callable[[], Any]) -> list[str]:
    """What whoever runs this environment should know: that its version is old, or that it does not follow its seed.

    Gymnasium's own are known to follow it.
    """
    told, env = [], make_one()
    if (spec := env.spec) is not None:
        same = [one for one in gym.registry.values() if (one.namespace, one.name) == (spec.namespace, spec.name)]
        newest = max(same, key=lambda one: one.version or 0, default=spec)
        if (newest.version or 0) > (spec.version or 0):
            told.append(f"{spec.id} is an old version; the newest is {newest.id}")
    if not type(env.unwrapped).__module__.startswith("gymnasium.") and _history(env) != _history(make_one()):
        told.append(
            f"{name} does not follow its seed: two resets with the seed 0 differ, so the same command may give other "
            "results. Everything random in it must come from self.np_random"
        )
    return told


def _history(env: Any) -> list[bytes]:
    """What an environment shows and pays from the seed 0 on, for a few steps; it is closed then."""
    env.action_space.seed(0)
    told = [np.asarray(env.reset(seed=0)[0]).tobytes()]
    for _ in range(STEPS):
        obs, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        told.append(np.asarray(obs).tobytes() + np.float64(reward).tobytes())
        if terminated or truncated:
            break
    env.close()
    return told
