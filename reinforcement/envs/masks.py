"""Which actions an environment allows: the mask that it gives, behind its observation in one row.

So whatever sees an observation - a policy, a replay memory, an exam, a film - sees its mask, and a network that is
`Masked` never takes what is not allowed. An environment says it by `info["action_mask"]`, as Gymnasium's Taxi does, or
by a method `action_masks()`.
"""

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from core import Array
from core.lab import Refusal
from reinforcement.envs.actions import Actions, mask_row

INFO, METHOD = "action_mask", "action_masks"


def offered(env: Any) -> bool:
    """Does it say which actions it allows?"""
    if env.has_wrapper_attr(METHOD):
        return True
    try:
        info = env.reset(seed=0)[1]
    except (Exception, SystemExit, GeneratorExit):  # it fails again where it learns, and the step is named
        return False
    return isinstance(info, dict) and INFO in info


class MaskedObservation(gym.ObservationWrapper[Array, Any, Array]):
    """A row (I,) becomes (I + S,): behind it 1 for each of the S options that are allowed, 0 for the others.

    An observation that is asked about alone allows all. So does one at which the episode ended without any allowed.
    """

    def __init__(self, env: Any, actions: Actions, learner: str) -> None:
        super().__init__(env)
        self.actions, self.learner, box = actions, learner, env.observation_space
        self.all = actions.mask(np.ones(sum(actions.sizes)), learner).astype(box.dtype)
        low, high = np.append(box.low, 0 * self.all), np.append(box.high, self.all)
        self.observation_space = spaces.Box(low, high, dtype=box.dtype)

    def observation(self, observation: Array) -> Array:
        return np.append(observation, self.all)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        obs, info = self.env.reset(seed=seed, options=options)
        return self._row(obs, info, False), info

    def step(self, action: Any) -> Any:
        obs, reward, terminated, truncated, info = self.env.step(action)
        return self._row(obs, info, bool(terminated or truncated)), reward, terminated, truncated, info

    def _row(self, obs: Array, info: Any, over: bool) -> Array:
        given = self.env.get_wrapper_attr(METHOD)() if self.env.has_wrapper_attr(METHOD) else None
        if given is None:
            given = info.get(INFO) if isinstance(info, dict) else None
        if given is None:
            raise Refusal("gave no action mask, though it gave one before: --action-masks off learns without,")
        if over and not mask_row(given).any():
            return self.observation(obs)
        try:
            return np.append(obs, self.actions.mask(given, self.learner).astype(obs.dtype))
        except ValueError as error:
            raise Refusal(str(error)) from None
