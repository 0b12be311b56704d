"""B environments of one law in one object of arrays: what all of them declare."""

from typing import Any

from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from core import Array


class ArrayEnvs(VectorEnv[Array, Array, Array]):
    """The step after an end is a start (NEXT_STEP). The attributes in `arrays` and the generator are all that changes.

    A law gives `reset` and `step`; `prev_done` (B,) says whose episode ended with the last step.
    """

    metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}  # noqa: RUF012  (as Gymnasium declares it)
    arrays: tuple[str, ...] = ("at", "steps", "prev_done")
    prev_done: Array  # B

    def __init__(self, n: int, observation: Any, action: Any) -> None:
        self.num_envs = n
        self.single_observation_space, self.single_action_space = observation, action
        self.observation_space, self.action_space = batch_space(observation, n), batch_space(action, n)
