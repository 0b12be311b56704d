"""Evolution strategies: perturb the weights, play, and go where the better ones lie. No gradient goes through anything.

Salimans et al. 2017, arXiv:1703.03864. With noise e_i ~ N(0, 1), i = 1 to m, used twice, once with either sign, and
with F the ranks of the 2m returns, from -1/2 to 1/2,
    g = -1 / (2 m sigma) sum_i (F(w + sigma e_i) - F(w - sigma e_i)) e_i
is, for F the return itself, an unbiased estimate of the gradient of -E F(w + sigma e). No layer's way back is called;
the update is that of the other learners. All 2m networks play side by side, as the members of one network.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import Array, Layer, Optimizer, Rng, Schedule, linear
from core.lab import Exam, settings
from core.lab.envs.rollout import play
from core.lab.envs.vector import Envs
from reinforcement.agent import Agent
from reinforcement.config import Checked
from reinforcement.distributions import CATEGORICAL, ActionDistribution


def centred_ranks(scores: Array) -> Array:
    """The ranks of all entries, from -1/2 to 1/2; equal scores share the mean of theirs. Any shape."""
    from scipy.stats import rankdata

    ranks: Array = (rankdata(scores) - 1) / (scores.size - 1) - 0.5
    return ranks.reshape(scores.shape)


def estimate(scores: Array, noise: Array, sigma: float) -> Array:
    """The gradient of -F, (P,): scores (2, m) of w + sigma e and w - sigma e, noise e (m, P)."""
    return (scores[1] - scores[0]).astype(noise.dtype) @ noise / (2 * len(noise) * sigma)


def members(net: Layer, rows: Array) -> Array:
    """The w of a network of E members, MLP(..., members=E), whose member e has the parameters rows[e]: (E, P)."""
    sizes = [int(np.prod(shape)) for shape in net.layout.values()]
    return np.concatenate([part.ravel() for part in np.split(rows, np.cumsum(sizes)[:-1], axis=1)])


@dataclass(frozen=True)
class EvolutionConfig(Checked):
    """The settings of an evolution strategy; a task gives them its own defaults."""

    updates: int = 100  # each of some episodes of every perturbed network
    pairs: int = 32  # noises, each added once and subtracted once
    episodes: int = 1  # of every perturbed network in an update
    sigma: float = 0.1  # deviation of the noise


class Evolution(Agent):
    """One update is `episodes` whole episodes of each of 2m perturbed networks, and one step; F is their mean return.

    `net` (I -> y) is learnt; `crowd` is the same network with 2m members, m the `pairs`. Every reward is an answer of
    the teacher. Raises ValueError when `net` does not fit the environment or `crowd` is not 2m of it.
    """

    kept = "done", "rng", "optimizer", "envs"

    def __init__(
        self,
        net: Layer,
        crowd: Layer,
        make_envs: Callable[[int, Rng], Envs],
        exam: Exam,
        optimizer: Optimizer,
        rng: Rng,
        config: EvolutionConfig | None = None,
        *,
        family: ActionDistribution = CATEGORICAL,
        schedule: Schedule = linear,
        **changes: Any,
    ) -> None:
        self.config = c = settings(EvolutionConfig, config, changes)
        w_rng, env_rng, self.rng = rng.spawn(3)
        super().__init__(net, exam, optimizer, schedule, w_rng)
        self.crowd, self.family = crowd, family
        self.play_in(make_envs, 2 * c.pairs * c.episodes, env_rng)
        if crowd.size != 2 * c.pairs * net.size:
            raise ValueError(
                f"the crowd has {crowd.size} parameters, not those of {2 * c.pairs} networks of {net.size}"
            )

    def update(self) -> dict[str, float]:
        sigma = self.config.sigma
        noise = self.rng.standard_normal((self.config.pairs, self.net.size), np.float32)
        perturbed = members(self.net, np.concatenate([self.w + sigma * noise, self.w - sigma * noise]))
        G, count = np.zeros(self.envs.n), 0
        for steps in play(self.envs, lambda obs: self.act(perturbed, obs)):
            G += steps.reward * steps.valid
            count += int(steps.valid.sum())
        g = estimate(centred_ranks(G.reshape(2, len(noise), -1).mean(-1)), noise, sigma)
        self.optimizer.step(self.w, g, self.schedule(self.progress))
        return {"return": float(G.mean()), **self.counted(count)}

    def act(self, perturbed: Array, obs: Array) -> Array:
        """The best action at each observation (2m episodes, I), by the member whose episode it is."""
        y = self.crowd(obs.reshape(2 * self.config.pairs, -1, *obs.shape[1:]), perturbed)[0]
        return self.family.best(y.reshape(len(obs), -1))
