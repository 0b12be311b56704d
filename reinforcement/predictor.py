"""What acts when an agent has learnt: its network, and the environment whose units questions and answers are in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from core import Array, Concat, Layer, Rng
from core.lab.envs.units import acted, observed
from core.lab.envs.vector import Envs
from reinforcement.distributions import CATEGORICAL, ActionDistribution


@dataclass(frozen=True)
class AgentPredictor:
    """The best actions at observations. `net` has the layout of all parameters, of which those of `actor` come first.

    One environment of `make_envs` is made when the first question comes; nothing is played in it.
    """

    net: Layer
    make_envs: Callable[[int, Rng], Envs]
    family: ActionDistribution = CATEGORICAL
    actor: Layer | None = None  # the part that acts; None: all
    reads = (".jsonl",)  # an observation a line, as its environment shows it

    @cached_property
    def envs(self) -> Envs:
        return self.make_envs(1, np.random.default_rng(0))

    def logits(self, w: Array, obs: Array) -> Array:
        """What the network says of observations (B, ...): `family` makes actions of it."""
        actor = self.actor or self.net
        return actor(obs, w[: actor.size])[0]

    def predict(self, w: Array, obs: Any) -> Any:
        """The best actions (N, ...) at observations (N, ...), or at one alone, both in the environment's own units.

        Actions that are a Dict or a Tuple are objects (N,) of plain values.

        Raises ValueError for what is no observation of it.
        """
        return acted(self.envs, self.family.best(self.logits(w, observed(self.envs, obs))))


def actor_critic(networks: tuple[Layer, Layer], make_envs: Callable[[int, Rng], Envs], **rest: Any) -> AgentPredictor:
    """Of an actor and a critic side by side, as PPO has them."""
    return AgentPredictor(Concat(*networks), make_envs, actor=networks[0], **rest)
