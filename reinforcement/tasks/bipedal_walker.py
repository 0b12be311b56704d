"""Walk over rough ground on two legs, with a rangefinder (BipedalWalker-v3), by SAC."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from core.layers import Rng
from reinforcement.envs.locomotion import SACConfig, agent, boxed
from reinforcement.sac import SAC

PARADIGM = "reinforcement"
PROBLEM = "bipedal_walker"
NEEDS = {"Box2D": "trivium[robots]"}
PRESETS = {
    "quick": {"timesteps": 10_000, "learning_starts": 1_000, "hidden": 64, "episodes": 20},
    "best": {"timesteps": 200_000},
}


@dataclass(frozen=True)
class Config(SACConfig):
    lr: float = 7e-4  # step size of Adam
    gamma: float = 0.98  # a reward k steps away counts gamma^k
    tau: float = 0.02  # how fast the old critics follow


def make(config: Config, rng: Rng, data: Any) -> SAC:
    return agent(
        partial(boxed, "BipedalWalker-v3"), config, rng, 298, "SAC, as published in the zoo of Stable-Baselines3"
    )
