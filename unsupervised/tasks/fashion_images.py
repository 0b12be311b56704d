"""Fashion-MNIST, clothing of 28x28 pixels: a code for each piece, and new pieces out of new codes."""

from functools import partial
from typing import Any

from core import Rng
from core.lab.vision.photos import ink
from unsupervised.generative.image_task import ImageModel as Config, image_learner, image_predictor
from unsupervised.generative.vae import VAE, VAEPredictor

PARADIGM = "unsupervised"
PROBLEM = "fashion-images"
ABOUT = """Pictures of clothing, 28x28 pixels, go in without labels; codes for them and new pieces come out. The
score is nats: how improbable the model finds held-out black and white images, less is better. Each pixel by itself
is chance, a mixture of 200 templates the reference; a good run is well below both. The report also tells how well a
classifier does that learns from generated pieces alone."""


PRESETS = {
    "quick": {"hidden": 256, "latent_dim": 16, "components": 100, "updates": 1200, "lr": 0.004, "samples": 4},
    "best": {"updates": 6000, "samples": 128},
}


def predictor(config: Config, facts: Any) -> VAEPredictor:
    # the piece of clothing alone, light on black
    return image_predictor(config, 28 * 28, partial(ink, side=28, margin=0))


def make(config: Config, rng: Rng, data: Any) -> VAE:
    return image_learner(config, data("fashion-mnist"), rng, predictor(config, {}))
