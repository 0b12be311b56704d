"""MNIST, handwritten digits of 28x28 pixels: a code for each, and new ones out of new codes."""

from functools import partial
from typing import Any

from core import Rng
from core.lab.vision.photos import ink
from unsupervised.generative.image_task import ImageModel as Config, image_learner, image_predictor
from unsupervised.generative.vae import VAE, VAEPredictor

PARADIGM = "unsupervised"
PROBLEM = "mnist-images"
ABOUT = """Handwritten digits of 28x28 pixels go in without labels; codes for them and new digits come out. The score
is nats: how improbable the model finds held-out black and white images, less is better. Each pixel by itself is
chance, a mixture of 200 templates the reference; a good run is far below both. The report also tells how well a
classifier does that learns from generated digits alone."""


PRESETS = {
    "quick": {"hidden": 256, "latent_dim": 16, "components": 100, "updates": 1200, "lr": 0.004, "samples": 4},
    "best": {"updates": 10000, "samples": 128},
}


def predictor(config: Config, facts: Any) -> VAEPredictor:
    # ink on a ground of 0
    return image_predictor(config, 28 * 28, partial(ink, side=28))


def make(config: Config, rng: Rng, data: Any) -> VAE:
    return image_learner(config, data("mnist"), rng, predictor(config, {}))
