"""A variational auto-encoder: examples are explained by codes that nobody gave, and new codes make new examples.

    z ~ p(z),  x ~ p(x | z), whose parameters y are the decoder's;  the encoder guesses the code of an example,
    q(z | x) = N(m, exp(v)) with [m, v] = encoder(x), and its noise is drawn outside:  z = m + exp(v/2) e,  e ~ N(0, 1).
    log p(x)  >=  ELBO = E_q[log p(x | z)] - KL(q(z | x) || p(z))                  (Kingma and Welling 2014)
    log p(x)  >=  L_K = E[log 1/K sum_k p(x, z_k) / q(z_k | x)]  >=  ELBO  (Burda et al. 2016, arXiv:1509.00519)
Learning raises the ELBO. The gradient at the decoder's output is made of the example itself (x - sigmoid(y) for black
and white pixels); it goes on through z into the encoder, since z is a function of m and v once e is drawn. Encoder,
decoder and prior lie in one w, in this order. With labels as a condition, one-hot beside x and beside z, it makes
examples of a class.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core import MLP, Array, Layer, Optimizer, Parts, Rng, Schedule, average, check_shapes, constant, cosine, gelu
from core.blas import row_sum
from core.lab import Epochs, Kept, Report, Splits, check, settings
from core.lab.data.checks import check_examples, check_labels
from core.lab.vision.photos import Photo, See
from unsupervised.autoencoder import Augment, check_finite
from unsupervised.generative.likelihoods import Likelihood
from unsupervised.generative.priors import LOG_2PI, Prior, standard_normal

STEPS = 20  # minibatches in one update
ROWS = 1 << 11  # codes decoded at a time: what is in between then fits into the processor's cache
VAL_SEED = 1  # of the noise that validation figures are made with


@dataclass(frozen=True)
class Model:
    """p(z), p(x | z) and q(z | x), as functions of one flat w."""

    encoder: Layer  # [x, onehot(c)] (..., I + C) -> [m, v] (..., 2Z)
    decoder: Layer  # [z, onehot(c)] (..., Z + C) -> y (..., O)
    likelihood: Likelihood
    prior: Prior  # z (..., Z) -> log p(z) (..., 1)
    Z: int  # numbers in a code
    C: int = 0  # classes of the condition; 0: there is none
    parts: Parts = field(init=False)  # encoder, decoder and prior in w

    def __post_init__(self) -> None:
        parts = Parts(encoder=self.encoder, decoder=self.decoder, prior=self.prior.density)
        object.__setattr__(self, "parts", parts)

    def encode(self, w: Array, x: Array, c: Array | None = None) -> tuple[Array, Array]:
        """q(z | x): mean (N, Z) and log-variance (N, Z)."""
        h = self.encoder(concat_onehot(x, c, self.C), self.parts.split(w)[0])[0]
        return h[..., : self.Z], h[..., self.Z :]

    def decode(self, w: Array, z: Array, c: Array | None = None) -> Array:
        """The parameters of p(x | z): z (..., Z) -> y (..., O)."""
        return self.decoder(concat_onehot(z, c, self.C), self.parts.split(w)[1])[0]

    def loss(
        self,
        w: Array,
        x: Array,
        c: Array | None = None,
        g: Array | None = None,
        rng: Rng | None = None,
        beta: float = 1.0,
    ) -> tuple[float, float]:
        """-E[log p(x | z)] and KL, nats an example, one draw of z each; g: the gradient of first + beta * second.

        With `rng` dropout is on and z is drawn; without, z is the mean.
        """
        Z, B = self.Z, len(x)
        if c is not None:
            check_shapes(x.shape[:1], c=c)
        of_encoder, of_decoder, of_prior = self.parts.split(w)
        h, back_encoder = self.encoder(concat_onehot(x, c, self.C), of_encoder, rng)  # B, 2Z
        m, s = h[:, :Z], np.exp(0.5 * h[:, Z:])
        noise = np.zeros_like(m) if rng is None else rng.standard_normal(m.shape, np.float32).astype(w.dtype)
        z = m + s * noise
        y, back_decoder = self.decoder(concat_onehot(z, c, self.C), of_decoder, rng)  # B, O
        log_p, dy = self.likelihood.log_prob(y, x)
        log_prior, back_prior = self.prior.density(z, of_prior)  # B, 1
        log_q = -0.5 * (row_sum(noise * noise) + row_sum(h[:, Z:]) + Z * LOG_2PI)  # B: log q(z | x)
        if g is not None:
            of_encoder, of_decoder, of_prior = self.parts.split(g)
            dz = back_decoder(dy * (-1 / B), of_decoder, dx=True)[:, :Z]
            dz += back_prior(np.full((B, 1), -beta / B, w.dtype), of_prior, dx=True)
            back_encoder(np.concatenate([dz, dz * noise * (0.5 * s) - 0.5 * beta / B], -1), of_encoder)
        return -float(log_p.sum()) / B, float((log_q - log_prior[:, 0]).sum()) / B

    def generate(self, w: Array, rng: Rng, n: int, c: Array | None = None) -> Array:
        """n new examples as parameters y (n, O) of p(x | z), z from the prior; see `likelihood.mean` and `.draw`."""
        return self.decode(w, self.prior.draw(rng, self.parts.split(w)[2], n), c)

    def log_weights(self, w: Array, x: Array, K: int, rng: Rng, c: Array | None = None) -> Array:
        """log p(x, z_k) / q(z_k | x) for K codes drawn from q: x (N, I) -> (N, K), nats.

        Their mean over k is the ELBO, `log_mean_exp` the importance-weighted bound.
        """
        n = max(1, ROWS // K)
        found = np.empty((len(x), K), w.dtype)
        for a in range(0, len(x), n):
            part, labels = x[a : a + n], None if c is None else c[a : a + n]
            m, v = self.encode(w, part, labels)
            noise = rng.standard_normal((len(part), K, self.Z), np.float32).astype(w.dtype)
            z = m[:, None] + np.exp(0.5 * v)[:, None] * noise  # n, K, Z
            y = self.decode(w, z, None if labels is None else labels[:, None])
            log_prior = self.prior.density(z, self.parts.split(w)[2])[0][..., 0]
            log_p = self.likelihood.log_prob(y, part[:, None])[0] + log_prior
            found[a : a + n] = log_p + 0.5 * (row_sum(noise * noise) + row_sum(v)[:, None] + self.Z * LOG_2PI)
        return found


def log_mean_exp(a: Array) -> Array:
    """log 1/K sum_k exp(a_k): (N, K) -> (N,), in float64."""
    top = a.max(-1, keepdims=True).astype(np.float64)
    return np.log(np.exp(a - top).mean(-1)) + top[..., 0]


def concat_onehot(x: Array, c: Array | None, C: int) -> Array:
    """[x, onehot(c)]: x (..., I) and labels c, which broadcast to (...), -> (..., I + C); x itself if C is 0."""
    if not C:
        return x
    if c is None:
        raise ValueError(f"this model is told one of {C} classes with each example")
    return np.concatenate([x, np.broadcast_to(np.eye(C, dtype=x.dtype)[c], (*x.shape[:-1], C))], -1)


def vae_model(
    I: int,
    hidden: tuple[int, ...],
    Z: int,
    likelihood: Likelihood,
    C: int = 0,
    activation: Layer = gelu,
    dropout: float = 0.0,
    prior: Prior | None = None,
) -> Model:
    """Two perceptrons, mirror images: I (+ C) -> hidden -> 2Z and Z (+ C) -> hidden backwards -> O."""
    encoder = MLP(I + C, *hidden, 2 * Z, activation=activation, dropout=dropout, last_gain=0.1)  # q starts near p(z)
    decoder = MLP(Z + C, *hidden[::-1], I, activation=activation, dropout=dropout)
    return Model(encoder, decoder, likelihood, prior or standard_normal(Z), Z, C)


@dataclass(frozen=True)
class VAEPredictor:
    """What answers when a `Model` of examples of so many `features` has learnt. No data."""

    model: Model
    features: int
    see: See | None = None
    show: Callable[[Array, Array], str] | None = None  # an example (I,), and what came back of it (I,)

    @property
    def net(self) -> Layer:
        return self.model.parts.net

    def predict(self, w: Array, x: Any) -> Any:
        """What comes back of each example by way of the mean of its code: x (N, I) or one (I,) -> (N, I).

        A photo becomes an example as `see` says, and what comes back of it a text for the terminal as `show` says.
        With a condition each is told the class under which it is likeliest.
        """
        if isinstance(x, Photo) and self.see:
            seen = self.see(x).ravel()
            back = self.predict(w, seen)
            return self.show(seen, back[0]) if self.show else back
        x, I = np.asarray(x, np.float32), self.features
        if x.size == 0 or x.size % I or (x.shape[-1] != I and x[:1].size != I and x.size != I):
            raise ValueError(f"an example has {I} numbers, not the shape {x.shape}")
        x = check_finite(x.reshape(-1, I))
        c = self.likeliest(w, x) if self.model.C else None
        return self.model.likelihood.mean(self.model.decode(w, self.model.encode(w, x, c)[0], c))

    def likeliest(self, w: Array, x: Array) -> Array:
        """The class under which an example is likeliest, by the importance-weighted bound: x (N, I) -> (N,)."""
        rng, asked = np.random.default_rng(VAL_SEED), (np.full(len(x), c) for c in range(self.model.C))
        return np.argmax([log_mean_exp(self.model.log_weights(w, x, 16, rng, c)) for c in asked], 0)


Reporter = Callable[["VAE", Array, "Path | None"], Report]  # learner, best weights, folder -> report


def as_it_is(rng: Rng, x: Array) -> Array:
    """Every time the same."""
    return x


@dataclass(frozen=True)
class VAEConfig:
    updates: int = 2000  # minibatches, in all
    batch: int = 128  # examples in a minibatch
    average_horizon: int = 100  # minibatches that the average of the weights, which is judged, reaches back

    def __post_init__(self) -> None:
        check(self, positive=("updates", "batch", "average_horizon"))


class VAE(Kept):
    """Minibatches in a fresh order each epoch; a running average of the weights is what is judged.

    `splits` holds x (N, I) float32; its labels enter only if the model has a condition, and each is then an answer of
    the teacher, counted the first time. `draw` makes of the training examples of a batch what is learnt from (pixels
    drawn anew from grey values, say); validation and test part are taken as they are. `beta` weighs the KL (warm-up:
    Sonderby et al. 2016). `reporter` makes the report, and `predictor` answers when it has learnt: without one, one
    that sees and shows as `see` and `show` say. Raises ValueError
    for data that cannot be learnt from.
    """

    monitor = "-val_nats"
    kept = "weights", "order=epochs.order", "known=epochs.known", "done", "rng", "optimizer"

    def __init__(
        self,
        splits: Splits,
        model: Model,
        optimizer: Optimizer,
        rng: Rng,
        config: VAEConfig | None = None,
        *,
        reporter: Reporter,
        draw: Augment = as_it_is,
        schedule: Schedule = cosine,
        beta: Schedule = constant,
        predictor: VAEPredictor | None = None,
        see: See | None = None,
        show: Callable[[Array, Array], str] | None = None,
        **changes: Any,
    ) -> None:
        self.config = settings(VAEConfig, config, changes)
        check_examples(splits)
        if model.C:
            check_labels(splits, model.C)
        self.splits, self.model, self.net, self.optimizer = splits, model, model.parts.net, optimizer
        self.draw, self.schedule, self.beta = draw, schedule, beta
        self.reporter = reporter
        self.predictor = predictor or VAEPredictor(model, splits.x_train.shape[1], see, show)
        w_rng, self.rng = rng.spawn(2)
        self.w = self.net.init(w_rng)
        self.weights, self.g = self.w.copy(), np.empty_like(self.w)
        self.epochs, self.done = Epochs(len(splits.x_train), self.config.batch, self.rng), 0  # minibatches

    @property
    def progress(self) -> float:
        return self.done / self.config.updates

    def update(self) -> dict[str, float]:
        steps, found = min(STEPS, self.config.updates - self.done), []
        answers = 0 if self.done or not self.model.C else len(self.splits.t_val)
        for _ in range(steps):
            i = self.epochs.next(self.done)
            answers += self.epochs.answered(i) if self.model.C else 0
            x = self.draw(self.rng, self.splits.x_train[i])
            c = self.splits.t_train[i] if self.model.C else None
            found.append(self.model.loss(self.w, x, c, self.g, self.rng, self.beta(self.progress)))
            self.optimizer.step(self.w, self.g, self.schedule(self.progress))
            self.done += 1
            average(self.weights, self.w, max(1 / self.done, 1 / self.config.average_horizon))
        missed, kl = np.mean(found, 0)
        return {"loss": float(missed + kl), "kl": float(kl), "examples": steps * self.epochs.batch, "answers": answers}

    def sample(self, rng: Rng, n: int) -> Any:
        """n training examples as they are learnt from; with a condition (x, labels)."""
        i = rng.choice(len(self.splits.x_train), min(n, len(self.splits.x_train)), replace=False)
        x = self.draw(rng, self.splits.x_train[i])
        return (x, self.splits.t_train[i]) if self.model.C else x

    def loss(self, w: Array, batch: Any, g: Array | None = None, rng: Rng | None = None) -> float:
        """-ELBO of a batch from `sample`, nats an example."""
        x, c = batch if isinstance(batch, tuple) else (batch, None)
        return sum(self.model.loss(w, x, c, g, rng))

    def predict(self, w: Array, x: Any) -> Any:
        """What the predictor says."""
        return self.predictor.predict(w, x)

    def evaluate(self) -> dict[str, float]:
        c, rng = self.splits.t_val if self.model.C else None, np.random.default_rng(VAL_SEED)
        found = self.model.log_weights(self.weights, self.splits.x_val, 1, rng, c)
        return {"val_nats": -float(found.mean(dtype=np.float64))}

    def report(self, w: Array, folder: Path | None) -> Report:
        return self.reporter(self, w, folder)
