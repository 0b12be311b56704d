"""What acts when an agent has learnt: its network, and the environment whose units questions and answers are in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from core import Array, Concat, Layer, Rescale, Rng, Sequential
from core.lab.envs.units import acted, observed, shown_through
from core.lab.envs.vector import Envs
from core.lab.errors import Refusal
from core.lab.signature import Choice, Features, Ids, Numbers, Outputs, Signature
from reinforcement.distributions import CATEGORICAL, GAUSSIAN, SQUASHED, ActionDistribution

FREE = np.array([[-np.inf], [np.inf]])  # an action without a border


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

    def signature(self, w: Array) -> Signature:
        """Observations and actions in the environment's own units, to be exported.

        What is done to observations before the network sees them is part of it where that is affine; else they are
        taken as the network sees them, and a note says so.
        """
        net: Layer = self.actor or self.net
        obs, ask, one = self.envs.obs, partial(self.logits, w), self.envs.single()
        outputs, w = self._outputs(ask(obs)), w[: net.size]
        if self.envs.column:
            n = self.envs.vec.single_observation_space.n
            return Signature(Ids(1, tuple(map(str, range(n)))), net, w, outputs, ask)
        inputs, seen = Features(obs.shape[1:]), [] if one is None else shown_through(one)
        if not seen:
            return Signature(inputs, net, w, outputs, ask)
        if found := self._affine(obs.shape[1:]):
            whole = Sequential(Rescale(*found), net)
            return Signature(inputs, whole, w, outputs, lambda x: ask(observed(self.envs, x)))
        notes = (f"observations are taken as the network sees them, behind {', '.join(seen)}",)
        return Signature(inputs, net, w, outputs, ask, notes)

    def _affine(self, shape: tuple[int, ...]) -> tuple[Array, Array] | None:
        """m and k, where the network sees k (x - m) of observations x (N, *shape); None where it sees another thing."""
        trial = np.random.default_rng(0).uniform(-1, 1, (9, *shape)).astype(np.float32)
        try:
            zero, one, seen = (observed(self.envs, x) for x in (0 * trial[:1], 1 + 0 * trial[:1], trial))
        except (ValueError, TypeError):
            return None
        k = one[0] - zero[0]
        if seen.shape != trial.shape or (k == 0).any() or not np.allclose(seen, zero[0] + k * trial, 1e-5, 1e-5):
            return None
        return -zero[0] / k, k

    def _outputs(self, y: Array) -> Outputs:
        """What y (B, ...) means for the environment. Raises Refusal where that is no choice and no affine map."""
        refused = Refusal("the actions of this environment are made of the outputs in a way that cannot be exported")
        if self.family is CATEGORICAL:
            table = np.asarray(acted(self.envs, np.arange(y.shape[-1])))
            if table.dtype.kind not in "iu":
                raise refused
            return Choice(None if table.tolist() == list(range(len(table))) else table)
        if self.family not in (GAUSSIAN, SQUASHED):
            raise refused

        def act(value: Any) -> Array:
            return np.asarray(acted(self.envs, value), np.float64)

        one, tanh = np.ones((1, y.shape[-1] // 2), y.dtype), self.family is SQUASHED
        middle = act(0 * one)[0]
        scale, far = 2 * (act(one / 2)[0] - middle), 1.0 if tanh else 1e6
        low, high = act(-far * one)[0], act(far * one)[0]
        made = Numbers(tanh, scale, middle, *np.where(np.abs([low, high]) < 1e5 * np.abs(scale), [low, high], FREE))
        trial = np.random.default_rng(0).uniform(-1, 1, (9, y.shape[-1])).astype(y.dtype) * (1 if tanh else 3)
        if middle.ndim != 1 or not np.allclose(act(self.family.best(trial)), made.answer(trial), 1e-5, 1e-6):
            raise refused
        return made


def actor_critic(networks: tuple[Layer, Layer], make_envs: Callable[[int, Rng], Envs], **rest: Any) -> AgentPredictor:
    """Of an actor and a critic side by side, as PPO has them."""
    return AgentPredictor(Concat(*networks), make_envs, actor=networks[0], **rest)
