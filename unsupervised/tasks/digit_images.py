"""Handwritten digits, 8x8 pixels: a code for each, and new ones out of new codes."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from core import Rng
from core.lab.vision.photos import ink
from unsupervised.generative.image_task import ImageModel, image_learner, image_predictor
from unsupervised.generative.vae import VAE, VAEPredictor

PARADIGM = "unsupervised"
PROBLEM = "digit-images"
ABOUT = """Digits of 8x8 pixels go in without labels; codes for them and new digits come out. The score is nats: how
improbable the model finds held-out black and white images, less is better. Each pixel by itself is chance, a mixture
of 200 templates the reference; a good run is below both. The report also tells how well a classifier does that
learns from generated digits alone."""


@dataclass(frozen=True)
class Config(ImageModel):
    latent_dim: int = 8  # numbers in a code; with 2 the report has a map of them
    hidden: int = 256  # units of a hidden layer
    components: int = 100  # Gaussians that the prior is a mixture of; 0: one, which does not learn
    dropout: float = 0.1  # share of hidden units that are dropped in training
    batch: int = 64  # pictures in a minibatch


PRESETS = {"quick": {"latent_dim": 2, "updates": 1000, "lr": 0.003}, "best": {"updates": 8000, "samples": 512}}


def predictor(config: Config, facts: Any) -> VAEPredictor:
    # ink on a ground of 0, the sign filling the square
    return image_predictor(config, 8 * 8, partial(ink, side=8, margin=0))


def make(config: Config, rng: Rng, data: Any) -> VAE:
    return image_learner(config, data("digits"), rng, predictor(config, {}))
