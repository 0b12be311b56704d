"""Learning to learn: a start from which a few gradient steps on a few examples solve a task never seen before.

MAML (Finn et al. 2017, arXiv:1703.03400) with learnt step sizes (Meta-SGD, Li et al. 2017, arXiv:1707.09835):
    inner    w_k+1 = w_k - a_k * g_k         K steps on the shots of a task; g_k its gradient at w_k
    outer    Adam, in w_0 and in all a_k     on the loss at other examples of the same tasks, the queries
Every parameter has a step size of its own in each of the K steps. The gradient comes from labels as ever, but from
those of the queries, back through the steps on the shots. All tasks of a meta-batch adapt at once, as members of one
ensemble.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from core.initializers import Array
from core.lab.learner import Report
from core.lab.state import State, prefixed, rng_state, set_rng_state, unprefixed
from core.layers import Back, Layer, Rng
from core.losses import Loss
from core.optimizers import Optimizer, Schedule, clip_norm, cosine

STEPS = 5  # meta-updates in one update
CHUNK = 100  # tasks that are judged at once
UNIT = (
    0.3  # of the step sizes in w: Adam moves all of w alike, and that much of a step size at once would blow up tasks
)
LIMIT = 1.0  # of the norm of the outer gradient: one task that its steps blow up would undo the work of hundreds
LossRule = Callable[[Array, Array], Loss]


class Tasks(NamedTuple):
    """E tasks: the shots that each is learnt from, and the queries that it is judged by."""

    x: Array  # E, S, I
    t: Array  # E, S, O
    x_query: Array  # E, Q, I
    t_query: Array  # E, Q, O

    @property
    def answers(self) -> int:
        """How many targets a teacher gives for these tasks."""
        return self.t[..., 0].size + self.t_query[..., 0].size


class Build(Protocol):
    """Makes one network, or `members` of its shape in one: partial(MLP, 1, 40, 40, 1)."""

    def __call__(self, *, members: int | None = None) -> Layer: ...


class Exam(Protocol):
    """What "good" means for a family of tasks."""

    val: Tasks  # the same whatever the seed

    @property
    def monitor(self) -> str: ...
    def figures(self, ys: Array) -> dict[str, float]:
        """Figures of ys (K+1, E, Q, O), what is said at the validation queries after 0 to K steps."""

    def report(self, model: Callable[[Tasks], Array], folder: Path | None) -> Report:
        """Opens the test tasks; `model` adapts to tasks and gives (K+1, E, Q, O) as above."""


def adaptable(net: Layer, steps: int, rate: float) -> Layer:
    """`net`, with the step sizes of all inner steps behind its parameters: w = [w_0, a / UNIT], a (K, P).

    As a function it is the net before any step; every step size starts at `rate`.
    """
    P = net.size

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        y, back_net = net.forward(x, w[:P], rng)

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            if g is not None and not add:
                g[P:] = 0
            return back_net(dy, None if g is None else g[:P], add, dx)

        return y, back

    def fill(rng: Rng, w: Array) -> None:
        net.fill(rng, w[:P])
        w[P:] = rate / UNIT

    return Layer(forward, {**net.layout, "rates": (steps, P)}, fill, net.ids)


def spread(w: Array, one: Layer, many: Layer) -> Array:
    """The parameters w (P,) of `one`, given to each of the E members of `many`: (E P,)."""
    W, parts = np.empty(many.size, w.dtype), one.views(w)
    for name, part in many.views(W).items():
        part[:] = parts[name]
    return W


def gather(W: Array, many: Layer) -> Array:
    """The sum over the members, (E P,) -> (P,): the way back of `spread`."""
    return np.concatenate([part.sum(0).ravel() for part in many.views(W).values()])


def gradient(many: Layer, W: Array, x: Array, t: Array, rule: LossRule) -> tuple[float, Array]:
    """The mean loss of the members, and the gradient (E P,) that holds for each member that of its own loss."""
    y, back = many(x, W)  # E, B, O
    loss, dy = rule(y, t)
    G = np.empty_like(W)
    back(dy * len(y), G)  # a loss is a mean, over the members too: that division is taken back
    return loss, G


def curvature(many: Layer, W: Array, V: Array, x: Array, t: Array, rule: LossRule) -> Array:
    """H V = (g(W + h V) - g(W - h V)) / 2h, H the Hessian of each member's own loss: two ways back, no second order.

    h = sqrt(eps) / rms(V). The usual eps^(1/3) makes a larger error here: where steps blow up, g is far from straight.
    """
    h = math.sqrt(np.finfo(W.dtype).eps) / (math.sqrt(float(V @ V) / V.size) or 1.0)
    ahead, behind = (gradient(many, W + s * V, x, t, rule)[1] for s in (h, -h))
    return (ahead - behind) / (2 * h)


class MAML:
    """Meta-batches of fresh tasks; `draw(rng, E)` draws E of them, `rule` is the loss within and without.

    `build` makes the network. The loss of a task is that at its queries after the last step, and `every` times that
    after each step before, which keeps the way there smooth (Antoniou et al. 2019, arXiv:1810.09502). Without
    `second_order` the gradients g_k count as constants (first-order MAML). `updates` counts meta-batches. Each target
    is an answer, those of the validation tasks at the start. Raises ValueError where the tasks do not fit the network.
    """

    def __init__(
        self,
        build: Build,
        draw: Callable[[Rng, int], Tasks],
        optimizer: Optimizer,
        rng: Rng,
        *,
        rule: LossRule,
        exam: Exam,
        updates: int,
        steps: int = 10,
        rate: float = 0.003,
        tasks: int = 25,
        every: float = 0.1,
        second_order: bool = True,
        schedule: Schedule = cosine,
    ) -> None:
        self.build, self.draw, self.optimizer, self.schedule, self.rule = build, draw, optimizer, schedule, rule
        self.exam, self.monitor, self.updates, self.tasks, self.steps = exam, exam.monitor, updates, tasks, steps
        self.every, self.second_order = every, second_order
        self.one = build()
        self.net = adaptable(self.one, steps, rate)
        w_rng, self.rng = rng.spawn(2)
        self.w = self.net.init(w_rng)
        self.g = np.empty_like(self.w)
        self.done = 0  # meta-batches
        rule(self.outputs(self.w, exam.val)[-1], exam.val.t_query)

    @property
    def progress(self) -> float:
        return self.done / self.updates

    def update(self) -> dict[str, float]:
        losses, answers = [], 0 if self.done else self.exam.val.answers
        examples = 0
        for _ in range(min(STEPS, self.updates - self.done)):
            batch = self.draw(self.rng, self.tasks)
            answers, examples = answers + batch.answers, examples + batch.answers
            losses.append(self.loss(self.w, batch, self.g))
            clip_norm(self.g, LIMIT)
            self.optimizer.step(self.w, self.g, self.schedule(self.progress))
            self.done += 1
        return {"loss": float(np.mean(losses)), "examples": examples, "answers": answers}

    def adapt(self, w: Array, many: Layer, x: Array, t: Array) -> tuple[list[Array], list[Array], list[Array]]:
        """The weights of all members after 0 to K steps on the shots, and the step sizes and gradients of each step."""
        P = self.one.size
        Ws, Gs = [spread(w[:P], self.one, many)], []
        As = [spread(UNIT * a, self.one, many) for a in w[P:].reshape(self.steps, P)]
        for A in As:
            Gs.append(gradient(many, Ws[-1], x, t, self.rule)[1])
            Ws.append(Ws[-1] - A * Gs[-1])
        return Ws, As, Gs

    def loss(self, w: Array, batch: Tasks, g: Array | None = None, rng: Rng | None = None) -> float:
        """The loss at the queries, the mean over the tasks; with `g` its gradient in w_0 and all a_k goes there.

        Back through a step: with L = d loss / d w_k+1, d loss / d a_k = -L * g_k, d loss / d w_k = L - H (a_k * L).
        """
        x, t, x_query, t_query = (np.asarray(part, w.dtype) for part in batch)
        E, P = len(x), self.one.size
        many = self.build(members=E)
        Ws, As, Gs = self.adapt(w, many, x, t)
        loss, L = 0.0, np.zeros_like(Ws[0])  # L (E P,)
        for k in range(self.steps - 1, -1, -1):
            weight = 1.0 if k == self.steps - 1 else self.every
            if weight:
                value, G = gradient(many, Ws[k + 1], x_query, t_query, self.rule)
                loss += weight * value
                L += G * (weight / E)
            if g is not None:
                g[P:].reshape(self.steps, P)[k] = -UNIT * gather(L * Gs[k], many)
                if self.second_order:
                    L -= curvature(many, Ws[k], As[k] * L, x, t, self.rule)
        if g is not None:
            g[:P] = gather(L, many)
        return loss

    def outputs(self, w: Array, tasks: Tasks) -> Array:
        """What is said at the queries after 0 to K steps on the shots: (K+1, E, Q, O)."""
        parts = []
        for a in range(0, len(tasks.x), CHUNK):
            x, t, x_query, _ = (part[a : a + CHUNK] for part in tasks)
            many = self.build(members=len(x))
            parts.append(np.stack([many(x_query, W)[0] for W in self.adapt(w, many, x, t)[0]]))
        return np.concatenate(parts, 1)

    def sample(self, rng: Rng, n: int) -> Tasks:
        return self.draw(rng, n)

    def evaluate(self) -> dict[str, float]:
        return self.exam.figures(self.outputs(self.w, self.exam.val))

    def report(self, w: Array, folder: Path | None) -> Report:
        return self.exam.report(lambda tasks: self.outputs(w, tasks), folder)

    def state(self) -> State:
        return {
            "done": np.asarray(self.done),
            "rng": rng_state(self.rng),
            **prefixed("optimizer", self.optimizer.state),
        }

    def load(self, state: Mapping[str, Array]) -> None:
        self.done = int(state["done"])
        set_rng_state(self.rng, state["rng"])
        self.optimizer.state = unprefixed("optimizer", state)
