"""A clusterer: nobody says anything, and the network finds out which examples belong together.

Two views of an example - itself, and one of its nearest neighbours, a little deformed - should be given the same
cluster with certainty, while all clusters are used alike. With p = softmax(y) of either view:
    minimise  mean of -sum_c p_c(a) log p_c(b)  -  balance * H(mean of p)
The first term is small when both views are sure of one and the same cluster, the second when no cluster is left out:
together they raise the mutual information between example and cluster. The gradient at the output is made of the
network's own answers to the two views; no label enters. After Hu et al. 2017, "Learning discrete representations via
information maximizing self-augmented training", arXiv:1702.08720, and, for the neighbours, Van Gansbeke et al. 2020,
arXiv:2005.12320. Given to it: the number of clusters, that they are about equally large, and which deformations leave
an example what it is; neighbours are looked for among deformed copies too. Weakness: about half of all starts end with
two classes merged and a third divided, so several are made, and the loop keeps the one with the most information; that
asks for no label either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from core.initializers import Array
from core.lab.learner import Report, Splits, State, prefixed, rng_state, set_rng_state, unprefixed
from core.layers import Layer, Rng
from core.losses import Loss, log_softmax, softmax
from core.optimizers import Adam, Schedule, cosine
from unsupervised.evaluate_clusters import cluster_report, hungarian_accuracy

STEPS = 20  # minibatches in one update
VIEWS, VIEWS_SEED = 24, 1  # deformed copies that neighbours are looked for among
GIVEN = "The number of clusters, that they are about equally large, and deformations that leave an example what it is."
Augment = Callable[[Rng, Array], Array]  # x (B, ...) -> x of the same shape, each example still what it was


def agreement_loss(y: Array, balance: float) -> Loss:
    """mean of -sum_c p_c(a) log p_c(b) - balance H(m), rows b and B + b of y (2B, C) two views; m the mean of p.

    With l = log p(b) and h = balance log m, the gradient at a is p(a) (d - <p(a), d>), d = h / 2B - l / B, and
    at b it is p(b) (d - <p(b), d>) + (p(b) - p(a)) / B with d = h / 2B.
    """
    B = len(y) // 2
    log_p = log_softmax(y)
    p = np.exp(log_p)
    m = p.mean(0)
    log_m = np.log(m + 1e-12)
    d = np.tile(log_m * (balance / (2 * B)), (2 * B, 1))
    d[:B] -= log_p[B:] / B
    dy = p * (d - (p * d).sum(-1, keepdims=True))
    dy[B:] += (p[B:] - p[:B]) / B
    return float(-(p[:B] * log_p[B:]).sum() / B + balance * (m * log_m).sum()), dy


def information(y: Array) -> float:
    """I = H(m) - mean of H(p), p = softmax(y), m the mean of p: nats that a cluster tells of its example."""
    log_p = log_softmax(y)
    p = np.exp(log_p)
    m = p.mean(0)
    return float((p * log_p).sum() / len(y) - (m * np.log(m + 1e-12)).sum())


def nearest(x: Array, k: int, views: list[Array]) -> Array:
    """The k nearest other examples of each: x (N, I) -> (N, k).

    Near is the smallest Euclidean distance to any of the `views`, deformed copies of x (N, I), one way or the other.
    """
    square, distance = (x * x).sum(1), np.full((len(x), len(x)), np.inf, x.dtype)
    for view in views:
        np.minimum(distance, (view * view).sum(1)[:, None] + square - 2 * view @ x.T, out=distance)
    distance = np.minimum(distance, distance.T)
    np.fill_diagonal(distance, np.inf)
    return np.argsort(distance, 1, kind="stable")[:, :k]


def hold_then_fall(progress: float) -> float:
    """1 for the first half, then the cosine down to 0."""
    return cosine(max(0.0, 2 * progress - 1))


class Clusterer:
    """`starts` networks learn one after another, `updates` minibatches each; the loop keeps the best that it saw.

    `augment` makes a second view of an example; `alter` makes the copies among which neighbours are looked for, which
    stay a little nearer to the example. `splits` holds x (N, I) float32; its labels are looked at by the evaluation
    alone, for the observer. An update gives no answers: there is no teacher. Raises ValueError for data that cannot
    be clustered.
    """

    monitor = "+information"

    def __init__(self, splits: Splits, net: Layer, lr: float, rng: Rng, *, updates: int, starts: int, batch: int,
                 neighbours: int, balance: float, augment: Augment, alter: Augment,
                 schedule: Schedule = hold_then_fall) -> None:  # fmt: skip
        for part in ("train", "val", "test"):
            x = getattr(splits, f"x_{part}")
            if x.ndim != 2 or not np.isfinite(x).all():
                raise ValueError(f"the {part} part must be a table of finite numbers, not {x.dtype} {x.shape} with NaN")
            if len(x) <= neighbours:
                raise ValueError(f"the {part} part has {len(x)} examples, too few for {neighbours} neighbours")
        self.splits, self.net, self.lr, self.schedule, self.augment = splits, net, lr, schedule, augment
        self.updates, self.starts, self.batch, self.balance = updates, starts, min(batch, len(splits.x_train)), balance
        self.rng = rng.spawn(1)[0]
        self.x = splits.x_train
        views = np.random.default_rng(VIEWS_SEED)  # the neighbours are the data's, the same for every seed
        self.near = nearest(self.x, neighbours, [self.x] + [alter(views, self.x) for _ in range(VIEWS)])
        self.w = net.init(self.rng)
        self.g, self.optimizer = np.empty_like(self.w), Adam(lr)
        self.order = self.rng.permutation(len(self.x))
        self.done = 0  # minibatches, over all starts

    @property
    def progress(self) -> float:
        return self.done / (self.starts * self.updates)

    def update(self) -> dict[str, float]:
        own = self.done % self.updates  # minibatches of this start
        if own == 0 and self.done:
            self.w[:] = self.net.init(self.rng)
            self.optimizer = Adam(self.lr)
        steps = range(own, min(own + STEPS, self.updates))
        first, second = self.views(np.concatenate([self._draw(self.done + k - own) for k in steps]), self.rng)
        losses = []
        for k in steps:
            batch = slice((k - own) * self.batch, (k - own + 1) * self.batch)
            losses.append(self.loss(self.w, (first[batch], second[batch]), self.g))
            self.optimizer.step(self.w, self.g, self.schedule(k / self.updates))
        self.done += len(steps)
        return {"loss": float(np.mean(losses)), "examples": len(losses) * self.batch, "answers": 0}

    def _draw(self, minibatch: int) -> Array:
        k = minibatch % (len(self.order) // self.batch)
        if k == 0 and minibatch:
            self.order = self.rng.permutation(len(self.order))
        return self.order[k * self.batch : (k + 1) * self.batch]

    def views(self, i: Array, rng: Rng) -> tuple[Array, Array]:
        """Two views of the examples i (N,), each (N, I): themselves, and a neighbour of each, deformed."""
        j = self.near[i, rng.integers(self.near.shape[1], size=len(i))]
        return self.x[i], self.augment(rng, self.x[j])

    def sample(self, rng: Rng, n: int) -> tuple[Array, Array]:
        return self.views(rng.choice(len(self.x), min(n, len(self.x)), replace=False), rng)

    def loss(self, w: Array, batch: tuple[Array, Array], g: Array | None = None, rng: Rng | None = None) -> float:
        y, back = self.net(np.concatenate(batch), w, rng)  # 2B, C
        loss, dy = agreement_loss(y, self.balance)  # the gradient comes from what the network says of the other view
        if g is not None:
            back(dy, g)
        return loss

    def predict(self, w: Array, x: Array) -> Array:
        """The likeliest cluster of each example, (N, I) -> (N,)."""
        clusters: Array = self.net(np.asarray(x, np.float32), w)[0].argmax(-1)
        return clusters

    def evaluate(self) -> dict[str, float]:
        """information, over the training images: it chooses, and asks for no label.

        val_accuracy is for the observer alone: it chooses nothing.
        """
        said = self.predict(self.w, self.splits.x_val)
        return {"information": information(self.net(self.x, self.w)[0]),
                "val_accuracy": hungarian_accuracy(said, self.splits.t_val)}  # fmt: skip

    def report(self, w: Array, folder: Path | None) -> Report:
        return cluster_report(lambda x: softmax(self.net(x, w)[0]), self.splits, folder, given=GIVEN, net=self.net, w=w)

    def state(self) -> State:
        return {"order": self.order, "done": np.asarray(self.done), "rng": rng_state(self.rng),
                **prefixed("adam", self.optimizer.state)}  # fmt: skip

    def load(self, state: Mapping[str, Array]) -> None:
        self.order, self.done = state["order"].copy(), int(state["done"])
        set_rng_state(self.rng, state["rng"])
        self.optimizer.state = unprefixed("adam", state)
