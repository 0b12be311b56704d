"""What the tasks that model pictures share: the fields of their Config, and the learner that they make."""

from dataclasses import dataclass
from functools import partial

from core import Adam, Rng, constant, cosine, warm_up
from core.lab import Splits, check
from core.lab.former import warn
from core.lab.vision.photos import See
from unsupervised.generative.image_evaluate import binarise, black_and_white, image_report
from unsupervised.generative.image_plots import as_text
from unsupervised.generative.likelihoods import bernoulli
from unsupervised.generative.priors import gaussian_mixture, standard_normal
from unsupervised.generative.vae import VAE, VAEConfig, VAEPredictor, vae_model

SCHEDULE = warm_up(0.02, cosine)


@dataclass(frozen=True)
class ImageModel(VAEConfig):
    """A variational auto-encoder of black and white pictures; the pixels of training are drawn anew at each step."""

    latent_dim: int = 40  # numbers in a code
    hidden: int = 512  # units of a hidden layer
    depth: int = 2  # hidden layers of the encoder, and of the decoder
    components: int = 500  # Gaussians that the prior is a mixture of; 0: one, which does not learn
    dropout: float = 0.0  # share of hidden units that are dropped in training
    lr: float = 0.002  # step size of Adam at its highest; it falls to 0 as a cosine
    warm: float = 0.2  # share of the run over which the weight of the KL rises from 0 to 1
    samples: int = 64  # codes a test picture, of the importance-weighted bound

    def __post_init__(self) -> None:
        super().__post_init__()
        positive = "latent_dim", "hidden", "depth", "lr", "samples"
        check(self, positive=positive, nonnegative=("components",), share=("dropout", "warm"))


def image_predictor(config: ImageModel, I: int, see: See | None = None) -> VAEPredictor:
    """Of pictures x (N, I); a photo becomes one as `see` says."""
    Z, K, hidden = config.latent_dim, config.components, (config.hidden,) * config.depth
    prior = gaussian_mixture(Z, K) if K else standard_normal(Z)
    return VAEPredictor(vae_model(I, hidden, Z, bernoulli, dropout=config.dropout, prior=prior), I, see, as_text)


def image_learner(
    config: ImageModel, splits: Splits, rng: Rng, predictor: VAEPredictor | See | None = None, see: See | None = None
) -> VAE:
    """`splits` holds grey values in [0, 1], x (N, I). Raises ValueError for others.

    Before there was a `predictor`, `see` stood there.
    """
    if not isinstance(predictor, VAEPredictor):
        warn("image_learner(config, splits, rng, see)", "image_learner(config, splits, rng, image_predictor(...))")
        predictor = image_predictor(config, splits.x_train.shape[1], predictor or see)
    return VAE(
        black_and_white(splits),
        predictor.model,
        Adam(config.lr),
        rng,
        config,
        reporter=partial(image_report, samples=config.samples),
        draw=binarise,
        schedule=SCHEDULE,
        predictor=predictor,
        beta=warm_up(config.warm) if config.warm else constant,
    )
