"""What an agent has lived through, to be learnt from again: a ring of arrays, the oldest giving way to the newest."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from core import Array, Rng
from core.lab import State


class ReplayBuffer:
    """At most `size` experiences (Lin 1992), each a row of several arrays whose shapes and types the first ones fix."""

    def __init__(self, size: int) -> None:
        self.size, self.count, self.parts = size, 0, list[Array]()  # count: of all that came, also of those that went

    def __len__(self) -> int:
        return min(self.count, self.size)

    def add(self, *parts: Array) -> None:
        """Rows (n, ...) of every part, n at most the size."""
        if not self.parts:
            self.parts = [np.zeros((self.size, *part.shape[1:]), part.dtype) for part in parts]
        at = (self.count + np.arange(len(parts[0]))) % self.size
        for kept, part in zip(self.parts, parts, strict=True):
            kept[at] = part
        self.count += len(at)

    def draw(self, rng: Rng, n: int) -> tuple[Array, ...]:
        """n of them, each as likely as any other, (n, ...) of every part."""
        rows = rng.integers(len(self), size=n)
        return tuple(part.take(rows, 0) for part in self.parts)

    def state(self) -> State:
        return {"count": np.asarray(self.count), **{f"part{k}": part[: len(self)] for k, part in enumerate(self.parts)}}

    def load(self, state: Mapping[str, Array]) -> None:
        self.count, self.parts = 0, []
        saved = [state[f"part{k}"] for k in range(len(state) - 1)]
        if saved:
            self.add(*saved)
        self.count = int(state["count"])


def check_replay_size(config: Any) -> None:
    """Raises ValueError unless the buffer holds the `rollout` steps of `envs` environments that one update adds."""
    if config.envs * config.rollout > config.replay_size:
        raise ValueError(
            f"the memory of {config.replay_size} does not hold the {config.envs * config.rollout} steps of one update"
        )
