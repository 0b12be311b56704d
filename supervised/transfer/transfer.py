"""Transfer: what was learnt from one set of labels, carried to another set of which only a few are to be had.

First one network learns the source. Then three networks learn the target from the same few labels, with the same
minibatches and as many updates: one from nothing; one from the first layers of the source network, all of it free to
move; and one in which those layers stay as they are (Yosinski et al. 2014, arXiv:1411.1792). What is not carried over
starts alike in all three. Several draws of labels make several such trios, and all learn at once, as members of one
ensemble; its first member is the source network.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import Array, Optimizer, Rng, cosine, cross_entropy
from core.lab import Kept, Report, Splits, check, settings
from supervised.learner import Build, Supervised
from supervised.predictor import Augment
from supervised.transfer.report import transfer_report

STEPS = 5  # steps of all trios in one update
NOTHING, CARRIED, FROZEN = range(3)  # how a network of a trio starts
CURVE = 1000  # validation examples that the curves are of
CHUNK = 1000  # examples that are judged at once


def balanced(rng: Rng, t: Array) -> Array:
    """An order of the labels t (N,) that begins with one of each class, then another of each, and so on."""
    order, rank = rng.permutation(len(t)), np.empty(len(t), int)
    for c in np.unique(t):
        of_class = order[t[order] == c]
        rank[of_class] = np.arange(len(of_class))
    return order[np.argsort(rank[order], kind="stable")]


@dataclass(frozen=True)
class TransferConfig:
    """The labels of the target, and how long each network learns from them."""

    labels: tuple[int, ...] = (100, 1000)  # numbers of labels of the target
    draws: int = 5  # how often each number of labels is drawn
    carried: int = 2  # layers that are carried over, from the first on
    updates: int = 1200  # minibatches of each target network, from nothing or not
    batch: int = 32  # examples in a minibatch

    def __post_init__(self) -> None:
        check(self, positive=("draws", "carried", "updates", "batch", "labels"))


class Transfer(Kept):
    """`source` is a learner of the source; `build` makes its network; `optimizer` and `config` are of the trios.

    Of the drawn labels a smaller number is the beginning of a larger one. The last weights are the ones judged, since
    few labels leave none to choose by; those of the validation part only draw curves. Each label is an answer once,
    whoever learns from it. Raises ValueError when there are fewer labels than asked for.
    """

    monitor = "+learnt"
    kept = "done", "rng", "known", "optimizer", "source.w", "source"

    def __init__(
        self,
        source: Supervised,
        target: Splits,
        build: Build,
        optimizer: Optimizer,
        rng: Rng,
        config: TransferConfig | None = None,
        *,
        augment: Augment | None = None,
        **changes: Any,
    ) -> None:
        self.config = c = settings(TransferConfig, config, changes)
        self.source, self.target, self.build, self.optimizer, self.augment = source, target, build, optimizer, augment
        self.trios = len(c.labels) * c.draws
        self.net = build(members=1 + 3 * self.trios)  # the source, all from nothing, all that carry, all frozen
        w_rng, draw_rng, self.rng = rng.spawn(3)
        classes, N = len(np.unique(target.t_train)), len(target.t_train)
        if not classes <= min(c.labels) <= max(c.labels) <= N:
            raise ValueError(
                f"labels must be from {classes}, the number of classes, to {N}, the number of training examples, "
                f"not {c.labels}"
            )
        self.w = self.net.init(w_rng)
        self.g, self.known, self.done = np.empty_like(self.w), np.zeros(N, bool), 0  # steps of the trios
        self.orders = np.stack([balanced(draw_rng, target.t_train)[: max(c.labels)] for _ in range(c.draws)])
        self.sizes = np.repeat(c.labels, c.draws)  # trios: how many labels each has
        self._show_source()

    def start_from(self, w: Array, state: Mapping[str, Array]) -> None:
        raise ValueError("a third of its networks learns from nothing: it takes no other start")

    def _members(self, start: int) -> slice:
        return slice(1 + start * self.trios, 1 + (start + 1) * self.trios)

    def _carry(self) -> list[tuple[str, Array]]:
        """The parameters of the source network that are carried over, by name."""
        return list(self.build().views(self.source.weights).items())[: 2 * self.config.carried]

    @property
    def progress(self) -> float:
        return (self.source.done + self.done) / (self.source.config.updates + self.config.updates)

    def update(self) -> dict[str, float]:
        if self.source.progress < 1:
            logs = self.source.update()
            self._show_source()
            return logs
        if self.done == 0:
            self._begin()
        losses, before = [], int(self.known.sum())
        for _ in range(min(STEPS, self.config.updates - self.done)):
            x, t = self._minibatches()
            y, back = self.net(x, self.w)  # 1 + 3 trios, B, C
            loss, dy = cross_entropy(y, t)
            dy[0] = 0  # the source network stays as it is
            back(dy, self.g)
            for name, _ in self._carry():
                self.net.views(self.g)[name][self._members(FROZEN)] = 0
            self.optimizer.step(self.w, self.g, cosine(self.done / self.config.updates))
            self.done += 1
            losses.append(loss)
        return {
            "loss": float(np.mean(losses)),
            "examples": 3 * self.trios * self.config.batch * len(losses),
            "answers": int(self.known.sum()) - before,
        }

    def _show_source(self) -> None:
        for name, part in self.build().views(self.source.weights).items():
            self.net.views(self.w)[name][0] = part

    def _begin(self) -> None:
        """All of a trio start alike, but for what is carried over."""
        for part in self.net.views(self.w).values():
            part[self._members(CARRIED)] = part[self._members(FROZEN)] = part[self._members(NOTHING)]
        for name, part in self._carry():
            self.net.views(self.w)[name][1 + self.trios :] = part

    def _minibatches(self) -> tuple[Array, Array]:
        """x (1 + 3 trios, B, I) and its t, the same within a trio; their labels are known from now on."""
        k = (self.rng.random((self.trios, self.config.batch)) * self.sizes[:, None]).astype(int)
        i = np.take_along_axis(np.tile(self.orders, (len(self.config.labels), 1)), k, 1)  # trios, B
        self.known[i] = True
        x, t = self.target.x_train[i], self.target.t_train[i]
        if self.augment:
            x = self.augment(self.rng, x)
        return np.concatenate([x[:1], x, x, x]), np.concatenate([t[:1], t, t, t])

    def sample(self, rng: Rng, n: int) -> tuple[Array, Array]:
        i = rng.choice(len(self.target.t_train), min(n, len(self.target.t_train)), replace=False)
        return self.target.x_train[i], self.target.t_train[i]

    def loss(self, w: Array, batch: tuple[Array, Array], g: Array | None = None, rng: Rng | None = None) -> float:
        """The cross-entropy, a mean over a batch that all members see."""
        x, t = batch
        y, back = self.net(x, w)  # 1 + 3 trios, B, C
        loss, dy = cross_entropy(y, np.broadcast_to(t, (len(y), *t.shape)))
        if g is not None:
            back(dy, g)
        return loss

    def said(self, w: Array, x: Array) -> Array:
        """The class that each member says, (1 + 3 trios, N)."""
        return np.concatenate([self.net(x[a : a + CHUNK], w)[0].argmax(-1) for a in range(0, len(x), CHUNK)], 1)

    def _right(self, w: Array, x: Array, t: Array) -> Array:
        """The share of right answers of each network of the trios, (3, labels, draws)."""
        return (self.said(w, x) == t).mean(1)[1:].reshape(3, len(self.config.labels), self.config.draws)

    def evaluate(self) -> dict[str, float]:
        own, target = self.source.splits, self.target
        share = self._right(self.w, target.x_val[:CURVE], target.t_val[:CURVE]).mean(2)  # 3, labels
        source = self.build()(own.x_val[:CURVE], self.source.weights)[0].argmax(-1) == own.t_val[:CURVE]
        return {
            "learnt": float(self.source.done + self.done),
            "source_val_accuracy": float(source.mean()),
            **{
                f"val_accuracy_{n}_{how}": float(share[h, k])
                for k, n in enumerate(self.config.labels)
                for h, how in enumerate(("from_nothing", "carried", "frozen"))
            },
        }

    def report(self, w: Array, folder: Path | None) -> Report:
        networks = self._right(w, self.target.x_test, self.target.t_test)
        return transfer_report(networks, self.target, self.config.labels, self.orders, folder)
