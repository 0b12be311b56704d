"""Handwritten digits, 8x8 pixels: a code for each, and new ones out of new codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.initializers import Array
from core.lab.vision.photos import Photo, ink
from core.layers import Rng
from unsupervised.generative.image_task import ImageModel, image_learner
from unsupervised.generative.vae import VAE

PARADIGM = "unsupervised"
PROBLEM = "digit-images"


@dataclass(frozen=True)
class Config(ImageModel):
    latent_dim: int = 8  # numbers in a code; with 2 the report has a map of them
    hidden: int = 256  # units of a hidden layer
    components: int = 100  # Gaussians that the prior is a mixture of; 0: one, which does not learn
    dropout: float = 0.1  # share of hidden units that are dropped in training
    batch: int = 64  # pictures in a minibatch


PRESETS = {"quick": {"latent_dim": 2, "updates": 1000, "lr": 0.003}, "best": {"updates": 8000, "samples": 512}}


def see(photo: Photo) -> Array:
    """A picture out of a file as an example: ink on a ground of 0, the sign filling the square."""
    example: Array = ink(photo, side=8, margin=0).ravel()
    return example


def make(config: Config, rng: Rng, data: Any) -> VAE:
    return image_learner(config, data("digits"), rng, see)
