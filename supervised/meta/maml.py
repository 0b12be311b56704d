"""Learning to learn: a start from which a few gradient steps on a few examples solve a task never seen before.

MAML (Finn et al. 2017, arXiv:1703.03400) with learnt step sizes (Meta-SGD, Li et al. 2017, arXiv:1707.09835):
    inner    w_k+1 = w_k - a_k * g_k         K steps on the shots of a task; g_k its gradient at w_k
    outer    Adam, in w_0 and in all a_k     on the loss at other examples of the same tasks, the queries
Every parameter has a step size of its own in each of the K steps. The gradient comes from labels as ever, but from
those of the queries, back through the steps on the shots. All tasks of a meta-batch adapt at once, as members of one
ensemble.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from core import Array, Back, Layer, Optimizer, Parts, Rng, Schedule, clip_norm, cosine
from core.lab import Exam, Kept, Report, check, settings
from supervised.learner import Build, LossRule

STEPS = 5  # meta-updates in one update
CHUNK = 100  # tasks that are judged at once
UNIT = 0.3  # of the step sizes in w: Adam moves all of w alike, and so much of one at once would blow up tasks
LIMIT = 1.0  # of the norm of the outer gradient: one task that its steps blow up would undo the work of hundreds


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


TaskModel = Callable[[Tasks], Array]  # tasks -> the outputs (K+1, E, Q, O) at their queries after 0 to K steps


class TaskExam(Exam, Protocol):
    """An exam on a family of tasks, of a TaskModel."""

    val: Tasks  # the same whatever the seed


@dataclass(frozen=True)
class MAMLConfig:
    """The inner and the outer loop."""

    updates: int = 3000  # meta-batches, in all
    tasks: int = 25  # tasks in a meta-batch
    steps: int = 10  # gradient steps on the shots, each with step sizes of its own
    rate: float = 0.003  # what all inner step sizes start at
    step_loss_weight: float = 0.1  # weight of the loss after each step before the last
    second_order: bool = True  # the gradient of the gradient too; without it, first-order MAML

    def __post_init__(self) -> None:
        check(self, positive=("updates", "tasks", "steps", "rate"), probability=("step_loss_weight",))


def step_sizes(steps: int, P: int, rate: float) -> Layer:
    """The step sizes of all inner steps as parameters, a / UNIT (steps, P), all of them `rate` at the start."""

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        raise ValueError("step sizes are parameters, and no function")

    def fill(rng: Rng, w: Array) -> None:
        w[:] = rate / UNIT

    return Layer(forward, {"rates": (steps, P)}, fill, op="parameter")


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
    """H V = Im g(W + i h V) / h, H the Hessian of each member's own loss: one way back, in complex numbers.

    Nothing is subtracted, so h may be as tiny as one likes: what is left is rounding (Squire and Trapp 1998, "Using
    complex variables to estimate derivatives of real functions"), and no kink of a ReLU lies within such a step. The
    layers and the rule have to be functions of complex numbers, as those of the core are; raises ValueError if not.
    """
    h = 1e-12 / (float(np.abs(V).max()) or 1.0)
    try:
        return gradient(many, W + 1j * h * V, x, t, rule)[1].imag / h
    except TypeError as error:
        raise ValueError(
            f"no second order through what takes no complex numbers ({error}): second_order=False"
        ) from error


class MAML(Kept):
    """Meta-batches of fresh tasks; `draw(rng, E)` draws E of them, `rule` is the loss within and without.

    `build` makes the network; w = [w_0, a / UNIT]. `config` is a MAMLConfig, or its fields are keywords. The loss of a
    task is that at its queries after the last step, and `step_loss_weight` times that after each step before, which
    keeps the way there smooth (Antoniou et al. 2019, arXiv:1810.09502). Without `second_order` the gradients g_k count
    as constants (first-order MAML). Each target is an answer, those of the validation tasks at the start.
    Raises ValueError where the tasks do not fit the network.
    """

    kept = "done", "rng", "optimizer"

    def __init__(
        self,
        build: Build,
        draw: Callable[[Rng, int], Tasks],
        optimizer: Optimizer,
        rng: Rng,
        config: MAMLConfig | None = None,
        *,
        rule: LossRule,
        exam: TaskExam,
        schedule: Schedule = cosine,
        **changes: Any,
    ) -> None:
        self.config = settings(MAMLConfig, config, changes, former={"every": "step_loss_weight"})
        self.build, self.draw, self.optimizer, self.schedule, self.rule = build, draw, optimizer, schedule, rule
        self.exam, self.monitor, self.one = exam, exam.monitor, build()
        self.parts = Parts(start=self.one, step_sizes=step_sizes(self.config.steps, self.one.size, self.config.rate))
        self.net, (w_rng, self.rng) = self.parts.net, rng.spawn(2)
        self.w = self.net.init(w_rng)
        self.g, self.done = np.empty_like(self.w), 0  # meta-batches
        rule(self.outputs(self.w, exam.val)[-1], exam.val.t_query)

    @property
    def progress(self) -> float:
        return self.done / self.config.updates

    def update(self) -> dict[str, float]:
        losses, examples, known = [], 0, 0 if self.done else self.exam.val.answers
        for _ in range(min(STEPS, self.config.updates - self.done)):
            batch = self.draw(self.rng, self.config.tasks)
            examples += batch.answers
            losses.append(self.loss(self.w, batch, self.g))
            clip_norm(self.g, LIMIT)
            self.optimizer.step(self.w, self.g, self.schedule(self.progress))
            self.done += 1
        return {"loss": float(np.mean(losses)), "examples": examples, "answers": known + examples}

    def adapt(self, w: Array, many: Layer, x: Array, t: Array) -> tuple[list[Array], list[Array], list[Array]]:
        """The weights of all members after 0 to K steps on the shots, and the step sizes and gradients of each step."""
        start, sizes = self.parts.split(w)
        Ws, Gs = [spread(start, self.one, many)], []
        As = [spread(UNIT * a, self.one, many) for a in sizes.reshape(-1, self.one.size)]
        for A in As:
            Gs.append(gradient(many, Ws[-1], x, t, self.rule)[1])
            Ws.append(Ws[-1] - A * Gs[-1])
        return Ws, As, Gs

    def loss(self, w: Array, batch: Tasks, g: Array | None = None, rng: Rng | None = None) -> float:
        """The loss at the queries, the mean over the tasks; with `g` its gradient in w_0 and all a_k goes there.

        Back through a step: with L = d loss / d w_k+1, d loss / d a_k = -L * g_k, d loss / d w_k = L - H (a_k * L).
        """
        x, t, x_query, t_query = (np.asarray(part, w.dtype) for part in batch)
        E, c = len(x), self.config
        many = self.build(members=E)
        Ws, As, Gs = self.adapt(w, many, x, t)
        loss, L = 0.0, np.zeros_like(Ws[0])  # L (E P,)
        g_start, g_sizes = (None, None) if g is None else self.parts.split(g)
        for k in range(c.steps - 1, -1, -1):
            weight = 1.0 if k == c.steps - 1 else c.step_loss_weight
            if weight:
                value, G = gradient(many, Ws[k + 1], x_query, t_query, self.rule)
                loss += weight * value
                L += G * (weight / E)
            if g_sizes is not None:
                g_sizes.reshape(c.steps, -1)[k] = -UNIT * gather(L * Gs[k], many)
                if c.second_order:
                    L -= curvature(many, Ws[k], As[k] * L, x, t, self.rule)
        if g_start is not None:
            g_start[:] = gather(L, many)
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
        return self.exam.validate(lambda tasks: self.outputs(self.w, tasks))

    def report(self, w: Array, folder: Path | None) -> Report:
        return self.exam.report(lambda tasks: self.outputs(w, tasks), folder)
