"""Cart-pole as all three ways to learn meet it: one environment, one goal, the same start seeds, one judge.

obs (B, 4) = position, speed, angle of the pole, its angular speed; actions 0 and 1 push to the left and to the right.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core import Array
from core.lab import Report
from core.lab.envs import rollout
from core.lab.envs.film import add_film
from core.lab.envs.rollout import Policy, play, returns
from core.lab.envs.vector import make

if TYPE_CHECKING:
    from core.lab.report.page import Section
    from core.lab.runs.run import Run

NAME = "CartPole-v1"
VAL_SEED, TEST_SEED, FILM_SEED = rollout.VAL_SEED, rollout.TEST_SEED, rollout.FILM_SEED
LIMITS = np.array([2.4, 0.2095])  # metres and radians: beyond one of them an episode is over
EPISODES = 100  # that judge
TIME_LIMIT = 500  # steps after which an episode ends well

environments = partial(make, NAME)  # n, rng -> that many cart-poles side by side


def expert(obs: Array) -> Array:
    """Push right where 0.1 x + 0.3 v + 3 angle + angular speed > 0: a proportional-derivative rule by hand (B,)."""
    return (obs @ np.array([0.1, 0.3, 3.0, 1.0]) > 0).astype(np.int64)


def lean(obs: Array) -> Array:
    """Push towards where the pole is about to lean: angle + angular speed > 0 (B,)."""
    return (obs[:, 2] + obs[:, 3] > 0).astype(np.int64)


def distance(obs: Array) -> Array:
    """How far from the goal, upright in the middle: (x / limit)^2 + (angle / limit)^2, obs (..., 4) -> (...)."""
    x, angle = LIMITS.astype(obs.dtype)
    return (obs[..., 0] / x) ** 2 + (obs[..., 2] / angle) ** 2


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
    metrics, best = {"test_return": float(G.mean()), "test_return_worst": float(G.min())}, TIME_LIMIT
    made = Report(metrics, "test_return", others["random"], best, "the time limit: the best possible", others)
    if folder:
        caption = "The network's actions beside random ones"
        add_film(made, folder, NAME, {"agent": policy, "random": random}, FILM_SEED, caption)
    return made


def decisions(runs: Mapping[str, Run], folder: Path) -> list[Section]:
    """What each network does at the same observations: a map of angle and angular speed, and how often two agree."""
    from core.lab.report.page import Section, picture
    from core.lab.report.plots import drawing

    angle, speed = np.meshgrid(np.linspace(-LIMITS[1], LIMITS[1], 81), np.linspace(-2.5, 2.5, 81))
    grid = np.zeros((angle.size, 4), np.float32)
    grid[:, 2], grid[:, 3] = angle.ravel(), speed.ravel()
    acts: dict[str, Policy] = {"the expert's rule": expert}
    acts |= {label: _policy(run.learner, run.w) for label, run in runs.items() if hasattr(run.learner, "predict")}
    path, n = folder / "decisions.png", len(acts)
    look = {"cmap": "RdBu", "vmin": -0.3, "vmax": 1.3, "origin": "lower", "aspect": "auto"}
    with drawing(path, (2.6 * n, 2.9), 1, n, sharey=True, squeeze=False) as (panels,):
        for axis, (label, act) in zip(panels, acts.items(), strict=True):
            axis.imshow(act(grid).reshape(angle.shape), extent=(-LIMITS[1], LIMITS[1], -2.5, 2.5), **look)
            axis.set_title(label, fontsize=9)
            axis.set_xlabel("angle, radians")
        panels[0].set_ylabel("angular speed, radians a second")
    seen = [steps.obs for steps in play(environments(20, np.random.default_rng(0)), lean, VAL_SEED)]
    said = {label: act(np.concatenate(seen)[::5].astype(np.float32)) for label, act in acts.items()}
    rows = [[a, *(f"{float((said[a] == said[b]).mean()):.3f}" for b in said)] for a in said]
    lead = (
        "At rest in the middle, by angle and angular speed of the pole: blue pushes to the right, red to the left. The "
        "table: the share of observations, from 20 episodes of a rule that none has learnt from, at which two do the "
        "same."
    )
    shown = [picture(path, "The choice of each at the same observations")]
    return [Section("What each of them does", lead, ("", *said), rows, shown)]


def _policy(learner: Any, w: Array) -> Policy:
    return lambda obs: np.asarray(learner.predict(w, obs))
