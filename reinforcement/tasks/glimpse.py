"""See through a small window: choose where to look at a digit, and answer when sure; each look costs (PPO)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.initializers import Array, orthogonal
from core.lab.config import positive
from core.lab.envs.vector import Envs
from core.lab.vision.augment import AffineElastic
from core.lab.vision.photos import Photo, ink
from core.layers import Layer, Rng
from core.network import MLP
from core.optimizers import Adam
from reinforcement.glimpse.env import GlimpseEnvs
from reinforcement.glimpse.evaluate import GlimpseExam
from reinforcement.ppo import PPO

PARADIGM = "reinforcement"
PROBLEM = "glimpse"
PRESETS = {"quick": {"updates": 100}, "best": {"updates": 1000}}


@dataclass(frozen=True)
class Config:
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
    lam: float = 0.95  # how far an advantage looks beyond the critic: 0 one step, 1 to the end
    clip: float = 0.2  # how far the probability of an action may move in one update, relatively
    entropy_weight: float = 0.08  # of the reward for staying undecided, at the start; it falls to 0 linearly

    def __post_init__(self) -> None:
        positive(self, "limit", "hidden", "critic", "lr", "updates", "envs", "rollout", "epochs", "batch", "clip")
        for name in ("cost", "deform", "entropy_weight"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be finite and not below 0, not {getattr(self, name)}")
        for name in ("gamma", "lam"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be from 0 to 1, not {getattr(self, name)}")
        if not 1 <= self.window <= 8:
            raise ValueError(f"window must be from 1 to 8 pixels wide, not {self.window}")


class Looker(PPO):
    """PPO whose reward for staying undecided fades, and that can be asked about pictures, too.

    Without a strong one at the start some classes are never tried; with one at the end the agent would stay unsure.
    """

    exam: GlimpseExam
    undecided: float  # the reward's weight at the start

    def update(self) -> dict[str, float]:
        self.entropy_weight = self.undecided * (1 - self.progress)
        return super().update()

    def predict(self, w: Array, x: Any) -> Array:
        """The classes (N,) of pictures (N, 64), (8, 8) or a photo, -1: no answer; of observations the actions."""
        pictures = np.asarray(ink(x, 8, margin=0) if isinstance(x, Photo) else x, np.float32)
        if pictures.size % 64 or pictures.shape[-1] == self.envs.obs.shape[-1]:
            return super().predict(w, pictures)
        if not (np.isfinite(pictures).all() and pictures.min() >= 0 and pictures.max() <= 1):
            raise ValueError("pixels must be from 0 to 1")
        return self.exam.look(lambda obs: self.logits(w, obs), pictures.reshape(-1, 64)).said


def make(config: Config, rng: Rng, data: Any) -> Looker:
    splits = data("digits")
    exam = GlimpseExam(splits, config.window, config.cost, config.limit)
    k = config.deform
    strength = AffineElastic(shift=0.4 * k, turn=0.1 * k, stretch=0.1 * k, shear=0.1 * k) if k else None

    def make_envs(n: int, rng: Rng) -> Envs:
        vec = GlimpseEnvs(
            n,
            splits.x_train,
            splits.t_train,
            window=config.window,
            cost=config.cost,
            limit=config.limit,
            strength=strength,
        )
        return Envs(vec, rng, "glimpse")

    def mlp(hidden: int, outputs: int, gain: float) -> Layer:
        return MLP(2 * 64 + 2, hidden, hidden, outputs, last=orthogonal, last_gain=gain)

    actions = 10 + (8 - config.window + 1) ** 2
    actor, critic = mlp(config.hidden, actions, 0.01), mlp(config.critic, 1, 1.0)
    agent = Looker(
        actor,
        critic,
        make_envs,
        exam,
        Adam(config.lr, eps=1e-5),
        rng,
        updates=config.updates,
        n=config.envs,
        T=config.rollout,
        epochs=config.epochs,
        batch=config.batch,
        gamma=config.gamma,
        lam=config.lam,
        clip=config.clip,
        value_weight=0.5,
    )
    agent.undecided = config.entropy_weight
    return agent
