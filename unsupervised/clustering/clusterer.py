"""A clusterer: nobody says anything, and the network finds out which examples belong together.

Two views of an example - itself and, if asked for, one of its nearest neighbours, each a little deformed - should be
given the same cluster with certainty, while all clusters are used alike. With p = softmax(y) of either view:
    minimise  mean of H(p) - balance * H(mean of p) + agreement * divergence of the two views
            + smoothness * divergence of p(x) and p(x + r), r the small step that changes the answer most
The first two raise the mutual information of example and cluster, the others say which examples are alike: deformed
ones, neighbours, and all that lie close by. The gradient at the output is made of the network's own answers; no label
enters. Hu et al. 2017, "Learning discrete representations via information maximizing self-augmented training",
arXiv:1702.08720, with r after Miyato et al. 2018; the neighbours after Van Gansbeke et al. 2020, arXiv:2005.12320.
Weakness: too much agreement or smoothness, and the network stays undecided: at p = 1/C the loss falls only along what
the two views have in common, so inputs must be centred, else what all examples share comes first.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core import Adam, Array, Layer, Rng, Schedule, cosine, softmax
from core.lab import Epochs, Kept, Report, Splits, check, settings
from unsupervised.autoencoder import Augment, check_table
from unsupervised.clustering.autoencoder_clusterer import check_clusters
from unsupervised.clustering.evaluate import Terms, cluster_report, hungarian_accuracy, stability
from unsupervised.clustering.mutual_information import agreement_loss, information
from unsupervised.clustering.plots import last_hidden
from unsupervised.clustering.predictor import ClusterPredictor
from unsupervised.clustering.virtual_adversarial import adversary, divergence

STEPS = 10  # minibatches in one update
VIEWS, VIEWS_SEED = 24, 1  # deformed copies that neighbours are looked for among
BLOCK = 1 << 24  # distances that are in memory at once
JUDGED = 10_000  # training examples that the information is taken over, at most
SCALE = 1_000, 10  # the radius is a share of the distance of so many examples to their tenth neighbour
GIVEN = "The number of clusters, that they are about equally large, and deformations that leave an example what it is."


def squared_distances(x: Array, y: Array) -> Array:
    """Squared Euclidean distances, x (N, I), y (M, I) -> (N, M)."""
    return (x * x).sum(1)[:, None] + (y * y).sum(1) - 2 * x @ y.T


def nearest_neighbours(x: Array, k: int, views: list[Array]) -> Array:
    """The k nearest other examples of each: x (N, I) -> (N, k).

    Near is the smallest Euclidean distance to any of the `views`, deformed copies of x (N, I), one way or the other.
    """
    near = np.empty((len(x), k), np.intp)
    for a in range(0, len(x), step := max(1, BLOCK // len(x))):
        rows = slice(a, a + step)
        d = squared_distances(x[rows], x)
        d[np.arange(len(d)), np.arange(a, a + len(d))] = np.inf
        for view in views:
            np.minimum(d, squared_distances(view[rows], x), out=d)
            np.minimum(d, squared_distances(x[rows], view), out=d)
        d[np.arange(len(d)), np.arange(a, a + len(d))] = np.inf
        near[rows] = np.argsort(d, 1, kind="stable")[:, :k]
    return near


def hold_then_fall(progress: float) -> float:
    """1 for the first half, then the cosine down to 0."""
    return cosine(max(0.0, 2 * progress - 1))


@dataclass(frozen=True)
class ClustererConfig:
    updates: int = 500  # minibatches of each start
    n_init: int = 2  # networks that learn one after another
    batch: int = 200  # examples in a minibatch, each in two views
    balance: float = 4.0  # how much it matters that all clusters are used alike
    agreement: float = 0.5  # how much it matters that two views of an example are given the same cluster
    smoothness: float = 0.0  # how much it matters that the worst small step leaves the cluster what it is
    radius: float = 0.25  # length of that step, in distances to the tenth neighbour
    neighbours: int = 0  # nearest examples that stand in for an example

    def __post_init__(self) -> None:
        check(self, positive=("updates", "n_init", "batch", "balance", "radius"))
        check(self, nonnegative=("agreement", "smoothness", "neighbours"))


class Clusterer(Kept):
    """`n_init` networks learn one after another, `updates` minibatches each; the loop keeps the best that it saw.

    `augment` makes the views; with `neighbours` k the second is made of one of the k nearest, looked for among copies
    that `alter` makes, if given. The distance to the tenth neighbour, of which `radius` is a share, is taken over a
    sample. `predictor` is what answers when it has learnt. `splits` holds x (N, I) float32; labels, if any, are looked
    at by the evaluation alone, for the observer. An update gives no answers: there is no teacher. Raises ValueError
    for data that cannot be clustered.
    """

    monitor = "+information"
    longer_by = ""  # each start is as long as the others
    kept = "order=epochs.order", "done", "rng", "said", "adam=optimizer"

    def __init__(
        self,
        splits: Splits,
        net: Layer,
        lr: float,
        rng: Rng,
        config: ClustererConfig | None = None,
        *,
        augment: Augment,
        alter: Augment | None = None,
        schedule: Schedule = hold_then_fall,
        given: str = GIVEN,
        terms: Terms | None = None,
        predictor: ClusterPredictor | None = None,
        **changes: Any,
    ) -> None:
        check_table(splits)
        self.config = settings(ClustererConfig, config, changes, former={"starts": "n_init"})
        neighbours = self.config.neighbours
        if any(len(x) <= neighbours for x in splits[::2]):
            raise ValueError(
                f"{neighbours} neighbours need more examples than {min(map(len, splits[::2]))} in each part"
            )
        self.splits, self.net, self.lr, self.schedule, self.augment = splits, net, lr, schedule, augment
        self.given, self.terms, self.x, self.rng = given, terms or Terms(), splits.x_train, rng.spawn(1)[0]
        self.predictor = predictor or ClusterPredictor(net, self.x.shape[1:], **self.terms.reading)
        self.w = net.init(self.rng)
        check_clusters(self.x, net(self.x[:1], self.w)[0].shape[-1])
        views = np.random.default_rng(VIEWS_SEED)  # the neighbours are the data's, the same for every seed
        copies = [alter(views, self.x) for _ in range(VIEWS)] if alter else []
        self.near = nearest_neighbours(self.x, neighbours, copies) if neighbours else None
        self.radius = self.config.radius * _spacing(self.x) if self.config.smoothness else 0.0
        self.g, self.optimizer = np.empty_like(self.w), Adam(lr)
        self.epochs, self.done = Epochs(len(self.x), self.config.batch, self.rng), 0  # minibatches, over all starts
        # where each start that ended put the validation part
        self.said = np.zeros((self.config.n_init, len(splits.x_val)), np.int16)

    @property
    def progress(self) -> float:
        return self.done / (self.config.n_init * self.config.updates)

    def update(self) -> dict[str, float]:
        updates, batch = self.config.updates, self.epochs.batch
        start, own = divmod(self.done, updates)  # and minibatches of this start
        if own == 0 and self.done:
            self.w[:] = self.net.init(self.rng)
            self.optimizer = Adam(self.lr)
        steps = range(own, min(own + STEPS, updates))
        views = self.views(np.concatenate([self.epochs.next(self.done + k - own) for k in steps]), self.rng)
        losses, changes = [], []
        for k in steps:
            first, second = (view[(k - own) * batch : (k - own + 1) * batch] for view in views)
            losses.append(self.loss(self.w, (first, second), self.g))
            if self.config.smoothness:
                changes.append(self._smooth(first))
            self.optimizer.step(self.w, self.g, self.schedule(k / updates))
        self.done += len(steps)
        if self.done == (start + 1) * updates:
            self.said[start] = self.predict(self.w, self.splits.x_val)
        logs = {"loss": float(np.mean(losses)), "examples": len(losses) * batch, "answers": 0}
        return logs | ({"change": float(np.mean(changes))} if changes else {})

    def views(self, i: Array, rng: Rng) -> tuple[Array, Array]:
        """Two views of the examples i (N,), each (N, I): themselves, and themselves or neighbours, all deformed."""
        j = i if self.near is None else self.near[i, rng.integers(self.near.shape[1], size=len(i))]
        return self.augment(rng, self.x[i]), self.augment(rng, self.x[j])

    def sample(self, rng: Rng, n: int) -> tuple[Array, Array]:
        return self.views(rng.choice(len(self.x), min(n, len(self.x)), replace=False), rng)

    def loss(self, w: Array, batch: tuple[Array, Array], g: Array | None = None, rng: Rng | None = None) -> float:
        """The loss of two views. What the adversary adds is in `_smooth`: its target moves, so it is no loss of w."""
        y, back = self.net(np.concatenate(batch), w, rng)  # 2B, C
        # the gradient comes from what the network says of the other view
        loss, dy = agreement_loss(y, self.config.balance, self.config.agreement)
        if g is not None:
            back(dy, g)
        return loss

    def _smooth(self, x: Array) -> float:
        """Adds to g the gradient of smoothness * KL(p(x) || p(x + r)); how far r changed the answer, in nats."""
        y, _ = self.net(x, self.w)  # B, C: the answer that stands
        z, back = self.net(x + adversary(self.net, self.w, x, y, self.radius, self.rng), self.w)
        change, dz = divergence(z, y)
        back(self.config.smoothness * dz, self.g, add=True)
        return change

    def assign(self, w: Array, x: Array) -> Array:
        """The memberships of each example, (N, I) -> (N, C), rows that sum to 1."""
        return softmax(self.predictor.logits(w, x))

    def predict(self, w: Array, x: Any) -> Array:
        """The likeliest cluster of each example, as the predictor says: (N,)."""
        return self.predictor.predict(w, x)

    def evaluate(self) -> dict[str, float]:
        """information, over training examples: it chooses, and asks for no label.

        val_accuracy is for the observer alone: it chooses nothing.
        """
        t = self.splits.t_val
        seen = {"val_accuracy": hungarian_accuracy(self.predict(self.w, self.splits.x_val), t)} if t.size else {}
        return {"information": information(self.net(self.x[:JUDGED], self.w)[0])} | seen

    def report(self, w: Array, folder: Path | None) -> Report:
        ended = self.said[: self.done // self.config.updates]
        report = cluster_report(
            partial(self.assign, w),
            self.splits,
            folder,
            given=self.given,
            net=self.net,
            w=w,
            stability=stability(list(ended)) if len(ended) > 1 else None,
            code=last_hidden(self.net, w),
            show=self.terms.show,
        )
        self.terms.tell(report, partial(self.predict, w), folder)
        return report


def _spacing(x: Array) -> float:
    """The median distance of an example to its tenth neighbour, over the first thousand: x (N, I)."""
    n, k = SCALE[0], min(SCALE[1], len(x) - 1)
    kth = np.partition(squared_distances(x[:n], x), k, 1)[:, k]  # place 0 is the example itself
    return float(np.sqrt(max(0.0, np.median(kth))))
