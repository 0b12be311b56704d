"""MNIST, handwritten digits of 28x28 pixels: a code for each, and new ones out of new codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.initializers import Array
from core.lab.vision.photos import Photo, ink
from core.layers import Rng
from unsupervised.generative.image_task import ImageModel, image_learner
from unsupervised.generative.vae import VAE

PARADIGM = "unsupervised"
PROBLEM = "mnist-images"


@dataclass(frozen=True)
class Config(ImageModel):
    """The fields of ImageModel."""


PRESETS = {
    "quick": {"hidden": 256, "latent_dim": 16, "components": 100, "updates": 1200, "lr": 0.004, "samples": 4},
    "best": {"updates": 10000, "samples": 128},
}


def see(photo: Photo) -> Array:
    """A picture out of a file as an example: ink on a ground of 0."""
    example: Array = ink(photo, side=28).ravel()
    return example


def make(config: Config, rng: Rng, data: Any) -> VAE:
    return image_learner(config, data("mnist"), rng, see)
