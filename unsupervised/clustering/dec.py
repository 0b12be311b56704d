"""Clusters in the code of an auto-encoder: k-means finds them, and deep embedded clustering (DEC) draws them together.

First the auto-encoder learns. Then k-means puts a centre c_k into each heap of codes z, and from there on codes and
centres learn together. With the memberships, Student's t around the centres,
    q_k = (1 + |z - c_k|^2)^-1 / sum over j,   p_k = q_k^2 / f_k / sum over j,   f_k = sum of q_k over all examples
they minimise KL(p || q), p held fixed for a while. p is q made surer, with large clusters held back, so the network
is its own teacher: with q = softmax(y), y = -log(1 + |z - c|^2), the gradient at y is q - p, where a classifier has
p - onehot(label). Xie et al. 2016, "Unsupervised deep embedding for clustering analysis", arXiv:1511.06335. With
`keep` the codes must go on to rebuild their examples, loss KL + keep * mean (y - x)^2: IDEC, Guo et al. 2017, "Improved
deep embedded clustering with local structure preservation" (whose gamma = 0.1 is keep = 10).
Weakness: it makes sure of what k-means found, right or wrong.
"""

import math
import warnings
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from core import Adam, Array, Back, Layer, Parts, Rng, chain, cross_entropy, softmax
from core.blas import row_sum
from core.lab import Kept, Splits, check, settings
from unsupervised.autoencoder import STEPS, AutoEncoderConfig
from unsupervised.clustering.autoencoder_clusterer import FITTED, AutoEncoderClusterer, ClusterModel
from unsupervised.clustering.evaluate import subset

SPREAD = 5.0  # mean squared distance of a code to its centre when they begin to learn together


def Centres(Z: int, K: int) -> Layer:
    """y_k = -log(1 + |z - c_k|^2), the centres c (K, Z) its parameters: softmax(y) is Student's t with one degree.

    With a_k = 2 dy_k / (1 + |z - c_k|^2):  dz = sum_k a_k (c_k - z),  dc_k = sum over examples of a_k (z - c_k).
    The centres start at 0, where every code belongs to all clusters alike.
    """

    def forward(z: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        c = w.reshape(K, Z)
        one = 1 + ((z[..., None, :] - c) ** 2).sum(-1)  # ..., K

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            a = 2 * dy / one  # ..., K
            if g is not None:
                flat = a.reshape(-1, K)
                dc = (flat.T @ z.reshape(-1, Z) - row_sum(flat.T)[:, None] * c).ravel()
                g[:] = g + dc if add else dc
            return a @ c - row_sum(a)[..., None] * z if dx else None

        return -np.log(one), back

    return Layer(forward, {"centres": (K, Z)}, op="student_t_memberships", constants={"clusters": K})


def target(q: Array) -> Array:
    """p_k = q_k^2 / f_k / sum over j of q_j^2 / f_j, f_k = sum of q_k over the examples: q (N, K) -> p (N, K)."""
    p: Array = q * q / np.maximum(q.sum(0), 1e-12)
    return p / row_sum(p)[:, None]


def fit_centres(z: Array, K: int, seed: int) -> Array:
    """The parameters of `Centres`, by k-means on codes z (N, Z): the best of ten tries."""
    from sklearn.cluster import KMeans

    with warnings.catch_warnings():  # fewer different codes than clusters: some centres are then one
        warnings.simplefilter("ignore")
        return KMeans(K, n_init=10, random_state=seed).fit(z).cluster_centers_.ravel()


CENTRES = ClusterModel(Centres, fit_centres)


@dataclass(frozen=True)
class DECConfig(AutoEncoderConfig):
    refine: int = 1000  # minibatches for codes and centres, after those for the auto-encoder
    keep: float = 0.0  # how much it matters that the codes go on to rebuild their examples
    interval: int = 140  # minibatches after which the target is made anew

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, positive=("refine", "interval"), nonnegative=("keep",))


class DEC(Kept):
    """`updates` minibatches for the auto-encoder, k-means on its code, `refine` minibatches for codes and centres.

    The target p is made anew every `interval` minibatches, from the unchanged examples, whatever `augment` does. The
    loop keeps the weights with the most information between example and cluster on the validation part. An update
    gives no answers: there is no teacher. `options` are those of AutoEncoderClusterer. Raises ValueError for data
    that cannot be clustered.
    """

    monitor = "+information"
    longer_by = ""  # how long each of its parts lasts follows from the whole
    kept = "p", "done", "start", "adam=optimizer"

    def __init__(
        self,
        splits: Splits,
        encoder: Layer,
        decoder: Layer,
        lr: float,
        rng: Rng,
        config: DECConfig | None = None,
        **options: Any,
    ) -> None:
        changes = {field.name: options.pop(field.name) for field in fields(DECConfig) if field.name in options}
        self.config = settings(DECConfig, config, changes)
        self.start = AutoEncoderClusterer(splits, encoder, decoder, lr, rng, self.config, model=CENTRES, **options)
        self.auto, self.net, self.w = self.start.auto, self.start.net, self.start.w
        self.encoder, self.decoder, self.centres = encoder, decoder, self.start.layer
        self.parts = Parts(encoder=encoder, decoder=decoder, centres=self.centres)
        self.g, self.optimizer = np.empty_like(self.w), Adam(lr)
        self.p = np.zeros((len(splits.x_train), self.start.clusters), np.float32)  # the target
        self.done = 0  # minibatches since there are centres
        self.predict, self.evaluate = self.start.predict, self.start.evaluate
        self.report, self.predictor = self.start.report, self.start.predictor

    @property
    def progress(self) -> float:
        return (self.auto.done + self.start.fitted + self.done) / (self.config.updates + 1 + self.config.refine)

    def update(self) -> dict[str, float]:
        if self.start.progress < 1:
            return self.start.update()
        if not self.done:
            self._set_unit()
        x, losses = self.start.splits.x_train, []
        for _ in range(min(STEPS, self.config.refine - self.done)):
            if self.done % self.config.interval == 0:
                self.p[:] = target(softmax(self.start.logits(self.w, x)))
            i = self.auto.epochs.next(self.auto.done + self.done)
            losses.append(self.loss(self.w, (self.auto.view(i), x[i], self.p[i]), self.g))
            self.optimizer.step(self.w, self.g, self.auto.schedule(self.done / self.config.refine))
            self.done += 1
        return {"loss": float(np.mean(losses)), "examples": len(losses) * self.auto.epochs.batch, "answers": 0}

    def _set_unit(self) -> None:
        """Scales the code, and its centres, so that the mean squared distance to the nearest centre is SPREAD.

        An auto-encoder's code is as large as it happens to be, but to Student's t a distance of 1 is near.
        """
        (of_encoder, of_decoder, of_centres), x = self.parts.split(self.w), self.start.splits.x_train
        y = self.start.logits(self.w, x[subset(len(x), FITTED)])
        k = math.sqrt(SPREAD / max(float(np.expm1(-y.max(-1)).mean()), 1e-12))
        out, into = chain(self.encoder, of_encoder)[-1][1], chain(self.decoder, of_decoder)[0]
        out *= k  # a Linear layer: weights and biases alike
        into[0].views(into[1])["weight"][:] /= k
        of_centres *= k

    def sample(self, rng: Rng, n: int) -> tuple[Array, ...]:
        """A batch of the phase that it is in: examples twice, or with their targets too."""
        x, _ = self.auto.sample(rng, n)
        return (x, x, target(softmax(self.start.logits(self.w, x)))) if self.start.fitted else (x, x)

    def loss(self, w: Array, batch: tuple[Array, ...], g: Array | None = None, rng: Rng | None = None) -> float:
        """-sum of p log q, in nats, and keep times the error of rebuilding: changed x (B, I), x (B, I), p (B, K).

        Without p it is the loss of the auto-encoder.
        """
        if len(batch) == 2:
            return self.start.loss(w, (batch[0], batch[1]), g, rng)
        view, x, p = batch
        of_encoder, of_decoder, of_centres = self.parts.split(w)
        g_encoder, g_decoder, g_centres = (None, None, None) if g is None else self.parts.split(g)
        z, back_code = self.encoder(view, of_encoder)  # B, Z
        y, back_centres = self.centres(z, of_centres)  # B, K
        loss, dy = cross_entropy(y, p)  # q - p: the gradient comes from the network's own answer, made surer
        dz = back_centres(dy, g_centres, dx=True)
        if g_decoder is not None:
            g_decoder[:] = 0
        if self.config.keep:
            rebuilt, back_rebuilt = self.decoder(z, of_decoder)
            error, dr = self.auto.rule(rebuilt, x.astype(w.dtype))
            loss += self.config.keep * error
            dz += back_rebuilt(self.config.keep * dr, g_decoder, dx=True)
        if g is not None:
            back_code(dz, g_encoder)
        return loss
