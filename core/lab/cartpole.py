"""Cart-pole as all three ways to learn meet it: one environment, one goal, the same start seeds, one judge.

obs (B, 4) = position, speed, angle of the pole, its angular speed; actions 0 and 1 push to the left and to the right.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from core.initializers import Array
from core.lab.episodes import Policy, make, returns
from core.lab.film import film
from core.lab.learner import Report

NAME = "CartPole-v1"
LIMITS = np.array([2.4, 0.2095])  # metres and radians: beyond one of them an episode is over
VAL_SEED, TEST_SEED, FILM_SEED = 1_000_000, 2_000_000, 3_000_000  # the first of each set of start seeds
EPISODES = 100  # that judge
STEPS = 500  # after which an episode ends well

environments = partial(make, NAME)  # n, rng -> that many cart-poles side by side


def expert(obs: Array) -> Array:
    """Push right where 0.1 x + 0.3 v + 3 angle + angular speed > 0: a proportional-derivative rule by hand (B,)."""
    right: Array = obs @ np.array([0.1, 0.3, 3.0, 1.0]) > 0
    return right.astype(np.int64)


def lean(obs: Array) -> Array:
    """Push towards where the pole is about to lean: angle + angular speed > 0 (B,)."""
    return (obs[:, 2] + obs[:, 3] > 0).astype(np.int64)


def distance(obs: Array) -> Array:
    """How far from the goal, upright in the middle: (x / limit)^2 + (angle / limit)^2, obs (..., 4) -> (...)."""
    x, angle = LIMITS.astype(obs.dtype)
    far: Array = (obs[..., 0] / x) ** 2 + (obs[..., 2] / angle) ** 2
    return far


def mean_return(policy: Policy, n: int, first: int) -> float:
    """Over n whole episodes, from the start seeds first, first + 1, ... ."""
    return float(returns(environments, policy, n, first)[0].mean())


def report(policy: Policy, folder: Path | None, baselines: Mapping[str, Policy]) -> Report:
    """The returns of a hundred episodes, on the start seeds on which agents that learnt from reward are judged."""
    rng = np.random.default_rng(TEST_SEED)

    def random(obs: Array) -> Array:
        return rng.integers(0, 2, len(obs))

    G = returns(environments, policy, EPISODES, TEST_SEED)[0]
    others = {name: mean_return(rule, EPISODES, TEST_SEED) for name, rule in {"random": random, **baselines}.items()}
    made = Report({"test_return": float(G.mean()), "test_return_worst": float(G.min())}, "test_return",
                  chance=others["random"], reference=STEPS, reference_name="the time limit: the best possible",
                  baselines=others)  # fmt: skip
    if folder:
        trouble = film(NAME, {"agent": policy, "random": random}, folder / "agent.gif", FILM_SEED)
        if trouble:
            made.texts["Film"] = trouble
        else:
            made.pictures["agent.gif"] = "The network's actions beside random ones"
    return made
