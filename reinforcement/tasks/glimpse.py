"""See through a small window: choose where to look at a digit, and answer when sure; each look costs (PPO)."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from core import MLP, Adam, Array, Concat, Layer, Rng, orthogonal
from core.lab import check
from core.lab.envs.vector import Envs
from core.lab.vision.photos import Photo, ink
from reinforcement.envs.digit_bandit import deformed_by
from reinforcement.glimpse.env import GlimpseEnvs, look
from reinforcement.glimpse.evaluate import GlimpseExam
from reinforcement.ppo import PPO, PPOConfig
from reinforcement.predictor import AgentPredictor

PARADIGM = "reinforcement"
ABOUT = """
Read a covered digit through a small window. In goes what is uncovered so far; out comes either a place to look at
next, which costs a little, or an answer, 0 to 9, which ends the episode and earns 1 if it is right. The agent learns
where to look, and when to answer. A good one is right about nine times in ten while most of the picture stays
covered; guessing is right once in ten.
"""
PRESETS = {"quick": {"updates": 100}, "best": {"updates": 1000}}


@dataclass(frozen=True)
class Config(PPOConfig):
    nonnegative = *PPOConfig.nonnegative, "cost", "deform"

    window: int = 2  # side of the window, in pixels of a picture of 8 x 8
    cost: float = 0.01  # of a look; a right answer earns 1
    limit: int = 10  # looks without an answer after which the episode is cut off
    deform: float = 0.5  # how far pictures are shifted, turned and stretched anew each time; 0 shows them as they are
    hidden: int = 128  # units in each of the actor's two hidden layers
    critic: int = 64  # and in each of the critic's
    lr: float = 2e-3  # step size of Adam at the start; it falls to 0 linearly
    updates: int = 200  # roll-outs that are learnt from
    envs: int = 256  # pictures side by side
    rollout: int = 32  # steps of each in one roll-out
    epochs: int = 4  # passes over a roll-out
    batch: int = 1024  # steps in a minibatch
    gamma: float = 0.97  # a reward k looks away counts gamma^k: else putting the answer off for good costs too little
    value_weight: float = 0.5  # of the critic's squared error
    entropy_weight: float = 0.08  # of the reward for staying undecided, at the start; it falls to 0 linearly

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.cost < float("inf"):
            raise ValueError(f"cost must be finite, not {self.cost}")
        check(self, span={"window": (1, 8)})  # pixels


@dataclass(frozen=True, kw_only=True)
class GlimpsePredictor(AgentPredictor):
    """An agent that can be asked about pictures, too."""

    window: int
    limit: int

    def predict(self, w: Array, x: Any) -> Array:
        """The classes (N,) of pictures (N, 64), (8, 8) or a photo, -1: no answer; of observations the actions."""
        pictures = np.asarray(ink(x, 8, margin=0) if isinstance(x, Photo) else x, np.float32)
        if pictures.size % 64 or pictures.shape[-1] == self.envs.obs.shape[-1]:
            return super().predict(w, pictures)
        if not (np.isfinite(pictures).all() and pictures.min() >= 0 and pictures.max() <= 1):
            raise ValueError("pixels must be from 0 to 1")
        return look(partial(self.logits, w), pictures.reshape(-1, 64), self.window, self.limit).said


class Looker(PPO):
    """PPO whose reward for staying undecided fades.

    Without a strong one at the start some classes are never tried; with one at the end the agent would stay unsure.
    """

    @property
    def entropy_weight(self) -> float:
        return self.config.entropy_weight * (1 - self.progress)


def networks(config: Config) -> tuple[Layer, Layer]:
    def mlp(hidden: int, outputs: int, gain: float) -> Layer:
        return MLP(2 * 64 + 2, hidden, hidden, outputs, last=orthogonal, last_gain=gain)

    return mlp(config.hidden, 10 + (8 - config.window + 1) ** 2, 0.01), mlp(config.critic, 1, 1.0)


def predictor(config: Config, facts: Any) -> GlimpsePredictor:
    def blank(n: int, rng: Rng) -> Envs:
        x, t = np.zeros((1, 64), np.float32), np.zeros(1, np.int64)
        return Envs(GlimpseEnvs(n, x, t, window=config.window), rng, "glimpse")

    actor, critic = networks(config)
    parts = Concat(actor, critic)
    return GlimpsePredictor(parts, blank, actor=actor, window=config.window, limit=config.limit)


def make(config: Config, rng: Rng, data: Any) -> Looker:
    splits, strength = data("digits"), deformed_by(config.deform)
    rules: dict[str, Any] = {"window": config.window, "cost": config.cost, "limit": config.limit}

    def make_envs(n: int, rng: Rng) -> Envs:
        return Envs(GlimpseEnvs(n, splits.x_train, splits.t_train, **rules, strength=strength), rng, "glimpse")

    judged, optimizer = GlimpseExam(splits, **rules), Adam(config.lr, eps=1e-5)
    learner = Looker(*networks(config), make_envs, judged, optimizer, rng, config)
    learner.predictor = predictor(config, {})
    return learner
