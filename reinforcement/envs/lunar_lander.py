"""LunarLander-v3 of Gymnasium: how it is made, learnt from and judged, and the pilot by hand that comes with it.

Two legs, a main engine and two side engines, a body of Box2D that starts with a random push. Coming down softly between
the flags is worth some 250, a crash -100, and every firing costs a little; at 1,000 steps a time limit cuts it off.
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.wrappers import TransformReward

from core import Array, Rng
from core.lab import Report
from core.lab.envs.rollout import VAL_SEED, Policy, play
from core.lab.envs.vector import Envs, make
from reinforcement.evaluate import Logits, ReturnExam

NAME = "LunarLander-v3"
DISCRETE: Any = SimpleNamespace(unwrapped=SimpleNamespace(continuous=False))  # all that the heuristic asks of its world


def heuristic(obs: Array) -> Array:
    """Gymnasium's own pilot, two proportional-derivative rules for angle and height: obs (B, 8) -> actions (B,)."""
    from gymnasium.envs.box2d import lunar_lander

    act: Any = lunar_lander.heuristic
    return np.array([act(DISCRETE, row) for row in obs], np.int64)


def in_hundreds(n: int, rng: Rng) -> Envs:
    """Landers to learn from. Rewards are counted in hundreds, so that a critic that starts at 0 has not far to go."""

    def one() -> Any:
        return TransformReward(gym.make(NAME), lambda reward: float(reward) / 100)

    one.__name__ = NAME
    return make(one, n, rng)


def lander_exam(flights: int = 100) -> ReturnExam:
    """Returns as Gymnasium pays them; `flights` whole episodes judge, beside a random pilot's and the heuristic's."""
    return ReturnExam(
        partial(make, NAME),
        242,
        "PPO of Stable-Baselines3's zoo after 1M steps, as published",
        {"Gymnasium's heuristic": heuristic},
        NAME,
        n_test=flights,
    )


@dataclass(frozen=True)
class ExpertExam:
    """How often the learner, where it comes to itself, does what the expert would: no reward chooses the weights.

    That is the mean over episodes of their shares, so that one that never ends does not stand for all. The report is of
    returns, beside the expert's from the same starts, which are the reference.
    """

    play: ReturnExam
    expert: Policy
    n_val: int = 8  # episodes that choose; each of their steps is a question to the expert
    monitor: str = "+val_agreement"

    def validate(self, logits: Logits) -> dict[str, float]:
        envs = self.play.make_envs(self.n_val, np.random.default_rng(VAL_SEED))
        same, asked = np.zeros(self.n_val), np.zeros(self.n_val)
        for step in play(envs, lambda obs: self.play.family.best(logits(obs)), VAL_SEED):
            same += (self.expert(step.obs) == step.action) & step.valid
            asked += step.valid
        envs.vec.close()
        return {"val_agreement": float((same / asked).mean()), "answers": float(asked.sum())}

    def report(self, logits: Logits, folder: Path | None) -> Report:
        made = replace(self.play, baselines={"the expert": self.expert}).report(logits, folder)
        made.reference, made.reference_name = made.baselines["the expert"], "the expert"
        made.metrics["share_of_the_expert"] = made.metrics["test_return"] / made.reference
        return made
