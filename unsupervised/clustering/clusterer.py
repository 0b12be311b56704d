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
the two views have in common, so inputs must be centred (`centre`), else what all examples share comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from core.initializers import Array
from core.lab.data.splits import Splits
from core.lab.learner import Report
from core.lab.state import State, prefixed, rng_state, set_rng_state, unprefixed
from core.layers import Layer, Rng
from core.losses import softmax
from core.optimizers import Adam, Schedule, cosine
from unsupervised.autoencoder import check_table
from unsupervised.clustering.autoencoder_clusterer import check_clusters
from unsupervised.clustering.evaluate import cluster_report, hungarian_accuracy, stability
from unsupervised.clustering.mutual_information import agreement_loss as agreement_loss
from unsupervised.clustering.mutual_information import information as information
from unsupervised.clustering.plots import Show, last_hidden
from unsupervised.clustering.virtual_adversarial import adversary, divergence

STEPS = 10  # minibatches in one update
VIEWS, VIEWS_SEED = 24, 1  # deformed copies that neighbours are looked for among
BLOCK = 1 << 24  # distances that are in memory at once
JUDGED = 10_000  # training examples that the information is taken over, at most
SCALE = 1_000, 10  # the radius is a share of the distance of so many examples to their tenth neighbour
GIVEN = "The number of clusters, that they are about equally large, and deformations that leave an example what it is."
Augment = Callable[[Rng, Array], Array]  # x (B, ...) -> x of the same shape, each example still what it was


def centre(mean: Array) -> Layer:
    """y = x - mean, mean (I,) that of the training examples: a layer without parameters, before all others."""

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Callable[..., Array | None]]:
        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Array | None:
            return dy if dx else None

        return x - mean.astype(w.dtype), back

    return Layer(forward)


def distances(x: Array, y: Array) -> Array:
    """Squared Euclidean distances, x (N, I), y (M, I) -> (N, M)."""
    d: Array = (x * x).sum(1)[:, None] + (y * y).sum(1) - 2 * x @ y.T
    return d


def nearest(x: Array, k: int, views: list[Array]) -> Array:
    """The k nearest other examples of each: x (N, I) -> (N, k).

    Near is the smallest Euclidean distance to any of the `views`, deformed copies of x (N, I), one way or the other.
    """
    near = np.empty((len(x), k), np.intp)
    for a in range(0, len(x), step := max(1, BLOCK // len(x))):
        rows = slice(a, a + step)
        d = distances(x[rows], x)
        d[np.arange(len(d)), np.arange(a, a + len(d))] = np.inf
        for view in views:
            np.minimum(d, distances(view[rows], x), out=d)
            np.minimum(d, distances(x[rows], view), out=d)
        d[np.arange(len(d)), np.arange(a, a + len(d))] = np.inf
        near[rows] = np.argsort(d, 1, kind="stable")[:, :k]
    return near


def hold_then_fall(progress: float) -> float:
    """1 for the first half, then the cosine down to 0."""
    return cosine(max(0.0, 2 * progress - 1))


class Clusterer:
    """`starts` networks learn one after another, `updates` minibatches each; the loop keeps the best that it saw.

    `augment` makes the views; with `neighbours` k the second is made of one of the k nearest, looked for among copies
    that `alter` makes, if given. `radius` is the length of r as a share of the distance to the tenth neighbour, taken
    over a sample. `splits` holds x (N, I) float32; labels, if any, are looked at by the evaluation alone, for the
    observer. An update gives no answers: there is no teacher. `show` makes a picture or a line of text of one
    example. Raises ValueError for data that cannot be clustered.
    """

    monitor = "+information"

    def __init__(
        self,
        splits: Splits,
        net: Layer,
        lr: float,
        rng: Rng,
        *,
        updates: int,
        starts: int,
        batch: int,
        augment: Augment,
        balance: float = 4.0,
        agreement: float = 0.5,
        smoothness: float = 0.0,
        radius: float = 0.25,
        neighbours: int = 0,
        alter: Augment | None = None,
        schedule: Schedule = hold_then_fall,
        given: str = GIVEN,
    ) -> None:
        check_table(splits)
        if any(len(x) <= neighbours for x in splits[::2]):
            raise ValueError(
                f"{neighbours} neighbours need more examples than {min(map(len, splits[::2]))} in each part"
            )
        self.splits, self.net, self.lr, self.schedule, self.augment = splits, net, lr, schedule, augment
        self.updates, self.starts, self.batch = updates, starts, min(batch, len(splits.x_train))
        self.balance, self.agreement, self.smoothness, self.given = balance, agreement, smoothness, given
        self.show: Show | None = None
        self.x, self.rng = splits.x_train, rng.spawn(1)[0]
        self.w = net.init(self.rng)
        check_clusters(self.x, net(self.x[:1], self.w)[0].shape[-1])
        views = np.random.default_rng(VIEWS_SEED)  # the neighbours are the data's, the same for every seed
        copies = [alter(views, self.x) for _ in range(VIEWS)] if alter else []
        self.near = nearest(self.x, neighbours, copies) if neighbours else None
        self.radius = radius * _spacing(self.x) if smoothness else 0.0
        self.g, self.optimizer = np.empty_like(self.w), Adam(lr)
        self.order = self.rng.permutation(len(self.x))
        self.done = 0  # minibatches, over all starts
        self.said = np.zeros(
            (starts, len(splits.x_val)), np.int16
        )  # where each start that ended put the validation part

    @property
    def progress(self) -> float:
        return self.done / (self.starts * self.updates)

    def update(self) -> dict[str, float]:
        start, own = divmod(self.done, self.updates)  # and minibatches of this start
        if own == 0 and self.done:
            self.w[:] = self.net.init(self.rng)
            self.optimizer = Adam(self.lr)
        steps = range(own, min(own + STEPS, self.updates))
        views = self.views(np.concatenate([self._draw(self.done + k - own) for k in steps]), self.rng)
        losses, changes = [], []
        for k in steps:
            first, second = (view[(k - own) * self.batch : (k - own + 1) * self.batch] for view in views)
            losses.append(self.loss(self.w, (first, second), self.g))
            if self.smoothness:
                changes.append(self._smooth(first))
            self.optimizer.step(self.w, self.g, self.schedule(k / self.updates))
        self.done += len(steps)
        if self.done == (start + 1) * self.updates:
            self.said[start] = self.predict(self.w, self.splits.x_val)
        logs = {"loss": float(np.mean(losses)), "examples": len(losses) * self.batch, "answers": 0}
        return logs | ({"change": float(np.mean(changes))} if changes else {})

    def _draw(self, minibatch: int) -> Array:
        k = minibatch % (len(self.order) // self.batch)
        if k == 0 and minibatch:
            self.order = self.rng.permutation(len(self.order))
        return self.order[k * self.batch : (k + 1) * self.batch]

    def views(self, i: Array, rng: Rng) -> tuple[Array, Array]:
        """Two views of the examples i (N,), each (N, I): themselves, and themselves or neighbours, all deformed."""
        j = i if self.near is None else self.near[i, rng.integers(self.near.shape[1], size=len(i))]
        return self.augment(rng, self.x[i]), self.augment(rng, self.x[j])

    def sample(self, rng: Rng, n: int) -> tuple[Array, Array]:
        return self.views(rng.choice(len(self.x), min(n, len(self.x)), replace=False), rng)

    def loss(self, w: Array, batch: tuple[Array, Array], g: Array | None = None, rng: Rng | None = None) -> float:
        """The loss of two views. What the adversary adds is in `_smooth`: its target moves, so it is no loss of w."""
        y, back = self.net(np.concatenate(batch), w, rng)  # 2B, C
        loss, dy = agreement_loss(y, self.balance, self.agreement)  # out of what the network says of the other view
        if g is not None:
            back(dy, g)
        return loss

    def _smooth(self, x: Array) -> float:
        """Adds to g the gradient of smoothness * KL(p(x) || p(x + r)); how far r changed the answer, in nats."""
        y, _ = self.net(x, self.w)  # B, C: the answer that stands
        r = adversary(self.net, self.w, x, y, self.radius, self.rng)
        z, back = self.net(x + r, self.w)
        change, dz = divergence(z, y)
        back(self.smoothness * dz, self.g, add=True)
        return change

    def assign(self, w: Array, x: Array) -> Array:
        """The memberships of each example, (N, I) -> (N, C), rows that sum to 1."""
        return softmax(self.net(np.asarray(x, np.float32), w)[0])

    def predict(self, w: Array, x: Array) -> Array:
        """The likeliest cluster of each example, (N, I) -> (N,)."""
        clusters: Array = self.assign(w, x).argmax(-1)
        return clusters

    def evaluate(self) -> dict[str, float]:
        """information, over training examples: it chooses, and asks for no label.

        val_accuracy is for the observer alone: it chooses nothing.
        """
        found = {"information": information(self.net(self.x[:JUDGED], self.w)[0])}
        if self.splits.t_val.size:
            found["val_accuracy"] = hungarian_accuracy(self.predict(self.w, self.splits.x_val), self.splits.t_val)
        return found

    def report(self, w: Array, folder: Path | None) -> Report:
        ended = self.said[: self.done // self.updates]
        return cluster_report(
            lambda x: self.assign(w, x),
            self.splits,
            folder,
            given=self.given,
            net=self.net,
            w=w,
            stability=stability(list(ended)) if len(ended) > 1 else None,
            code=last_hidden(self.net, w),
            show=self.show,
        )

    def state(self) -> State:
        return {
            "order": self.order,
            "done": np.asarray(self.done),
            "rng": rng_state(self.rng),
            "said": self.said,
            **prefixed("adam", self.optimizer.state),
        }

    def load(self, state: Mapping[str, Array]) -> None:
        self.order, self.done, self.said = state["order"].copy(), int(state["done"]), state["said"].copy()
        set_rng_state(self.rng, state["rng"])
        self.optimizer.state = unprefixed("adam", state)


def _spacing(x: Array) -> float:
    """The median distance of an example to its tenth neighbour, over the first thousand: x (N, I)."""
    n, k = SCALE
    some = x[:n]
    k = min(k, len(x) - 1)
    return float(
        np.sqrt(max(0.0, np.median(np.partition(distances(some, x), k, 1)[:, k])))
    )  # place 0 is the example itself
