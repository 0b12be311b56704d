"""Run on two legs as fast as they go (HalfCheetah-v5), by SAC."""

from __future__ import annotations

from functools import partial
from typing import Any

from core.layers import Rng
from reinforcement.envs.locomotion import SACConfig as Config
from reinforcement.envs.locomotion import agent, jointed
from reinforcement.sac import SAC

PARADIGM = "reinforcement"
PROBLEM = "half_cheetah"
NEEDS = {"mujoco": "trivium[robots]"}
PRESETS = {
    "quick": {"timesteps": 10_000, "learning_starts": 1_000, "hidden": 64, "episodes": 20},
    "best": {"timesteps": 200_000},
}


def make(config: Config, rng: Rng, data: Any) -> SAC:
    return agent(
        partial(jointed, "HalfCheetah-v5"), config, rng, 9535, "SAC, as published in the zoo of Stable-Baselines3"
    )
