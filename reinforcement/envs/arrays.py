"""B environments of one law in one object of arrays: what all of them declare."""

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from core import Array


class ArrayEnvs(VectorEnv[Array, Array, Array]):
    """The step after an end is a start (NEXT_STEP). The attributes in `arrays` and the generator are all that changes.

    A law gives `reset` and `step`; `prev_done` (B,) says whose episode ended with the last step.
    """

    metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}  # noqa: RUF012  (as Gymnasium declares it)
    arrays: tuple[str, ...]
    prev_done: Array  # B

    def __init__(self, n: int, observation: Any, action: Any) -> None:
        self.num_envs = n
        self.single_observation_space, self.single_action_space = observation, action
        self.observation_space, self.action_space = batch_space(observation, n), batch_space(action, n)


class TimedEnvs(ArrayEnvs):
    """Worlds of states with a time limit. A law gives `step`, where episodes start, and how a state is seen."""

    arrays = ("at", "steps", "prev_done")
    at: Array  # the states
    steps: Array  # B, in the episode
    _starts: Callable[[], Array]  # B states
    _seen: Callable[[], Array]  # the observations

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        super().reset(seed=seed)
        self.at, self.steps = self._starts(), np.zeros(self.num_envs, np.int64)
        self.prev_done = np.zeros(self.num_envs, bool)
        return self._seen(), {}
