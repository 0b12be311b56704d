"""Walk over rough ground on two legs, with a rangefinder (BipedalWalker-v3), by SAC."""

from __future__ import annotations

from typing import Any

from core.layers import Rng
from reinforcement.robots import Choices as Config
from reinforcement.robots import agent
from reinforcement.sac import SAC

PARADIGM = "reinforcement"
PROBLEM = "bipedal_walker"
NEEDS = {"Box2D": "trivium[robots]"}
PRESETS = {"quick": {"steps": 12_000, "blind": 4_000, "hidden": 64, "episodes": 20}, "best": {"steps": 1_000_000}}


def make(config: Config, rng: Rng, data: Any) -> SAC:
    return agent("BipedalWalker-v3", config, rng, 298, "SAC, as published in the zoo of Stable-Baselines3")
