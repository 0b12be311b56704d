"""The sinusoid family (Finn et al. 2017): t = A sin(x - phase), a task for each A and phase; and how it is judged.

A in [0.1, 5], phase in [0, pi], x in [-5, 5], all uniform; no noise. Who knows the family needs two shots, since
A sin(x - phase) is a combination of sin x and cos x. A learner that does not know it must find it in the tasks.
"""

import math
from pathlib import Path

import numpy as np

from core import SGD, Adam, Array, Layer, Optimizer, Rng, cosine, mse
from core.lab import Report
from core.lab.report.plots import drawing
from supervised.fit import fit
from supervised.learner import Build
from supervised.meta.maml import TaskModel, Tasks, gradient, spread

MEAN = "the mean of all tasks"
VAL, TEST = 1, 2  # seeds of the validation and of the test tasks, the same for every run
UPDATES = 3000  # of the one network for all tasks
FIGURES = (0, 1, 5)  # steps whose errors are figures, beside the last


def sinusoids(rng: Rng, E: int, shots: int = 10, queries: int = 20) -> Tasks:
    """E tasks of the family: shots (E, S, 1) and queries (E, Q, 1), at places of their own."""
    A, phase = rng.uniform(0.1, 5, (E, 1, 1)), rng.uniform(0, math.pi, (E, 1, 1))
    x = rng.uniform(-5, 5, (E, shots + queries, 1))
    t, x = (A * np.sin(x - phase)).astype(np.float32), x.astype(np.float32)
    return Tasks(x[:, :shots], t[:, :shots], x[:, shots:], t[:, shots:])


def errors(y: Array, t: Array) -> Array:
    """The mean squared error of each task: (..., E, Q, O) -> (..., E)."""
    return ((y - t) ** 2).mean((-2, -1))


# What else answers at the queries of tasks (E, Q, 1).


def family_mean(tasks: Tasks) -> Array:
    """E[t | x] = 2.55 * -(2 / pi) cos x: the best that can be said without a look at the shots."""
    return -5.1 / math.pi * np.cos(tasks.x_query)


def least_squares(tasks: Tasks) -> Array:
    """The oracle: t = a sin x + b cos x, fitted to the shots of each task."""

    def features(x: Array) -> Array:
        return np.concatenate([np.sin(x), np.cos(x)], -1).astype(float)  # E, B, 2

    return features(tasks.x_query) @ (np.linalg.pinv(features(tasks.x)) @ tasks.t)


def fourier_ridge(tasks: Tasks, scale: float = 1.0, penalty: float = 1e-3, D: int = 300) -> Array:
    """Ridge regression on D random features sqrt(2/D) cos(w x + b), w ~ N(0, scale^2) (Rahimi and Recht 2007)."""
    rng = np.random.default_rng(0)
    w, b = rng.normal(0, scale, D), rng.uniform(0, 2 * math.pi, D)

    def features(x: Array) -> Array:
        return math.sqrt(2 / D) * np.cos(x * w + b)  # E, B, D

    F = features(tasks.x)
    G = F @ F.swapaxes(1, 2) + penalty * np.eye(F.shape[1])  # E, S, S
    return features(tasks.x_query) @ (F.swapaxes(1, 2) @ np.linalg.solve(G, tasks.t.astype(float)))


def from_nothing(build: Build, tasks: Tasks) -> Array:
    """A fresh network for each task, and 1000 steps of Adam on its shots alone."""
    many = build(members=len(tasks.x))
    return _fitted(many, many.init(np.random.default_rng(0)), tasks, Adam(0.01), 1000)


def for_all_tasks(build: Build) -> tuple[Layer, Array]:
    """One network, and weights learnt on 150,000 tasks of the family without telling them apart."""
    rng, net = np.random.default_rng(0), build()

    def draw() -> tuple[Array, Array]:
        tasks = sinusoids(rng, 50)
        return tasks.x, tasks.t

    return net, fit(net, net.init(rng), Adam(3e-3), mse, draw, UPDATES, cosine)


def _fitted(many: Layer, W: Array, tasks: Tasks, optimizer: Optimizer, steps: int) -> Array:
    for _ in range(steps):
        optimizer.step(W, gradient(many, W, tasks.x, tasks.t, mse)[1])
    return many(tasks.x_query, W)[0]


def baselines(build: Build, tasks: Tasks) -> dict[str, float]:
    """The mean squared errors of the others. Their settings were chosen on the validation tasks."""
    net, w = for_all_tasks(build)
    many = build(members=len(tasks.x))
    said = {
        MEAN: family_mean(tasks),
        "one network for all tasks": net(tasks.x_query, w)[0],
        "that network, then 10 steps": _fitted(many, spread(w, net, many), tasks, SGD(0.01), 10),
        "a network from nothing": from_nothing(build, tasks),
        "ridge on Fourier features": fourier_ridge(tasks),
        "ridge, tuned to the family": fourier_ridge(tasks, 0.45, 1e-11),
    }
    return {name: float(errors(y, tasks.t_query).mean()) for name, y in said.items()}


class Sinusoids:
    """The exam: the error after each step, on 200 validation and 600 test tasks that no seed changes.

    Raises ValueError for fewer than one shot or step.
    """

    monitor = "-val_mse"

    def __init__(self, build: Build, shots: int = 10, steps: int = 10) -> None:
        if min(shots, steps) < 1:
            raise ValueError(f"there must be a shot and a step at least, not {shots} and {steps}")
        self.build, self.shots, self.steps = build, shots, steps
        self.val = sinusoids(np.random.default_rng(VAL), 200, shots, 100)

    def validate(self, model: TaskModel) -> dict[str, float]:
        return self._named("val", errors(model(self.val), self.val.t_query).mean(1))

    def _named(self, part: str, mse: Array) -> dict[str, float]:
        """The error after the last step, and after those of FIGURES."""
        return {
            f"{part}_mse": float(mse[-1]),
            **{f"{part}_mse_{k}_steps": float(mse[k]) for k in FIGURES if k < self.steps},
        }

    def report(self, model: TaskModel, folder: Path | None) -> Report:
        test = sinusoids(np.random.default_rng(TEST), 600, self.shots, 100)
        each = errors(model(test), test.t_query)  # K+1, E
        others, metrics = baselines(self.build, test), self._named("test", each.mean(1))
        metrics |= {"test_mse_median": float(np.median(each[-1])), "test_mse_worst": float(each[-1].max())}
        oracle = float(errors(least_squares(test), test.t_query).mean())
        name, answers = "least squares on sin x and cos x, which knows the family", test.t[..., 0].size
        report = Report(metrics, "test_mse", others[MEAN], oracle, name, others, answers)
        if folder:
            steps = [*(k for k in FIGURES if k < self.steps), self.steps]
            adaptation(folder / "adaptation.png", model, self.shots, steps)
            report.pictures["adaptation.png"] = "Four tasks never seen: what the network says before and after steps"
            steps_picture(folder / "steps.png", each, others)
            report.pictures["steps.png"] = "The error on test tasks after each step, beside other methods"
        return report


def adaptation(path: Path, model: TaskModel, shots: int, steps: list[int]) -> None:
    """Four tasks, drawn apart from the test: the truth, the shots, and what is said after each of `steps`."""
    tasks = sinusoids(np.random.default_rng(TEST + 1), 4, shots, 300)
    order = np.argsort(tasks.x_query, 1)
    x, t = (np.take_along_axis(part, order, 1)[..., 0] for part in (tasks.x_query, tasks.t_query))  # 4, Q
    ys = np.take_along_axis(model(tasks), order[None], 2)[..., 0]  # K+1, 4, Q
    with drawing(path, (9, 5.6), 2, 2, sharex=True, dpi=110) as axes:
        for e, axis in enumerate(axes.flat):
            axis.plot(x[e], t[e], color="0.75", lw=5, label="the task")
            for n, k in enumerate(steps):
                shade = 0.25 + 0.75 * n / max(len(steps) - 1, 1)
                look, label = (":", "before") if k == 0 else ("-", f"{k} step{'s'[: k > 1]}")
                axis.plot(x[e], ys[k, e], color=(0.1, 0.3, 0.8, shade), ls=look, lw=1.3, label=label)
            axis.plot(tasks.x[e, :, 0], tasks.t[e, :, 0], "o", color="#c33", ms=5, label="its shots")
            axis.set(xlim=(-5, 5), ylim=(-5.5, 5.5))
        axes[0, 0].figure.legend(
            *axis.get_legend_handles_labels(), loc="outside lower center", ncols=len(steps) + 2, frameon=False
        )


def steps_picture(path: Path, each: Array, others: dict[str, float]) -> None:
    """The mean and the median error (K+1, E) after each step, on a logarithmic scale; a line an other method."""
    with drawing(path, (7.5, 4.4), dpi=110) as axis:
        axis.semilogy(each.mean(1), "o-", color="#13c", label="mean of the test tasks")
        axis.semilogy(np.median(each, 1), "o:", color="#13c", ms=3, label="median")
        for name, value in others.items():
            axis.axhline(value, color="0.7", lw=0.8)
            text = "" if name == MEAN else name  # which is what the one network for all tasks learns
            axis.annotate(text, (1.01, value), xycoords=("axes fraction", "data"), fontsize=8, va="center")
        axis.set(xlabel="gradient steps on the shots", ylabel="mean squared error", xticks=range(len(each)))
        axis.legend(frameon=False)
