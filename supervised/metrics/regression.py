"""What "good" means where the answer is a value: the share of the variance explained, and errors in its units."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from core import Array
from core.lab import Report, Splits
from core.lab.data.checks import check_values
from core.lab.signature import Outputs, Values
from supervised.baselines import ALIKE, BOOSTING, Weights, regressors
from supervised.learner import NO_SPLITS, Model

DRAWN = 12  # values of an example that have a picture each


def r2_each(y: Array, t: Array, s: Array | None = None) -> Array:
    """1 - sum s (y - t)^2 / sum s (t - mean t)^2 of each output of t (N, O), with weights s (N,) or all alike: (O,).

    0 says no more than the mean. An output that does not vary counts 1 where it is met exactly, else 0, as in
    scikit-learn.
    """
    each, mean = (1 if s is None else s[:, None]), np.average(t, 0, s)
    error, spread = ((each * d**2).sum(0, dtype=float) for d in (y - t, t - mean))
    return np.where(spread > 0, 1 - error / np.where(spread > 0, spread, 1), error == 0)


def r2(y: Array, t: Array, s: Array | None = None) -> float:
    """The mean of `r2_each`, each output counting alike."""
    return float(r2_each(y, t, s).mean())


@dataclass(frozen=True)
class Regression:
    """The exam of a regressor. Weights are chosen by the mean squared error on the validation part.

    `mean` and `std` (O,) take standardised targets back to their units. Baselines are given the first `most` training
    examples; the reference is gradient boosting, which is hard to beat on tables. With `targets`, the names of several
    values, each has figures of its own, and means are of R^2 alone, since their units differ. `weights` weigh the
    examples in all figures.
    """

    mean: Array | float = 0.0
    std: Array | float = 1.0
    most: int = 5000
    monitor: str = "-val_mse"
    splits: Splits = NO_SPLITS
    targets: tuple[str, ...] = ()
    weights: Weights = ALIKE

    def bound(self, splits: Splits, O: int) -> Self:
        check_values(splits, O)
        return replace(self, splits=splits)

    def pool(self, ys: Array) -> Array:
        """The mean of many answers, (K, N, O) -> (N, O)."""
        return ys.mean(0)

    def answer(self, y: Array) -> Array:
        """The values in their units: (N,) where there is one an example, else (N, O)."""
        values = y * self.std + self.mean
        return values[:, 0] if values.shape[1] == 1 else values

    def names(self, O: int) -> tuple[str, ...]:
        """None: values are no classes."""
        return ()

    def outputs(self, O: int) -> Outputs:
        return Values(self.targets, self.mean, self.std)

    def validate(self, model: Model) -> dict[str, float]:
        y, t, s = model(self.splits.x_val), self.splits.t_val, self.weights.val
        if len(self.targets) > 1:
            return {"val_r2": r2(y, t, s)} | self._named("val_r2", r2_each(y, t, s))
        return {"val_mse": float(_mean(((y - t) * self.std) ** 2, s)), "val_r2": r2(y, t, s)}

    def report(self, model: Model, folder: Path | None) -> Report:
        """R^2 is the score, 0 for who always says the mean; errors are in the units of the value."""
        y, t, s = model(self.splits.x_test), self.splits.t_test, self.weights.test
        baselines = {n: r2(said, t, s) for n, said in regressors(self.splits, self.most, self.weights.train).items()}
        made = Report(self.figures(y, t, s), "test_r2", 0.0, baselines.pop(BOOSTING), BOOSTING, baselines)
        if folder:
            self.draw(made, y, model, folder)
        return made

    def figures(self, y: Array, t: Array, s: Array | None) -> dict[str, float]:
        """R^2, squared and absolute errors in their units, of y (N, O) and t (N, O)."""
        error = (y - t) * self.std
        if len(self.targets) > 1:
            each = np.sqrt(np.average(error**2, 0, s)), np.average(np.abs(error), 0, s)
            named = zip(("test_r2", "test_rmse", "test_mae"), (r2_each(y, t, s), *each), strict=True)
            return {"test_r2": r2(y, t, s)} | {
                k: v for name, values in named for k, v in self._named(name, values).items()
            }
        mse = _mean(error**2, s)
        figures = {"mse": float(mse), "rmse": float(np.sqrt(mse)), "mae": float(_mean(np.abs(error), s))}
        return {"test_r2": r2(y, t, s)} | {f"test_{name}": value for name, value in figures.items()}

    def _named(self, figure: str, values: Array) -> dict[str, float]:
        return {f"{figure}_{name}": float(value) for name, value in zip(self.targets, values, strict=True)}

    def draw(self, made: Report, y: Array, model: Model, folder: Path) -> None:
        """What is said, y (N, O), against what is true; where there are names of several values, a picture each."""
        from core.lab.report.plots import scatter

        true, said = (values * self.std + self.mean for values in (self.splits.t_test, y))
        about = "Each test example: what is true, and what the network says"
        pictures = {"values.png": (slice(None), about)}
        if len(self.targets) > 1:
            some = enumerate(self.targets[:DRAWN])
            pictures = {f"values_{k + 1}.png": (slice(k, k + 1), f"{name}: {about}") for k, name in some}
        for name, (part, caption) in pictures.items():
            scatter(folder / name, true[:, part], said[:, part], "true value", "what the network says")
            made.pictures[name] = caption


def _mean(values: Array, s: Array | None) -> Array:
    """The mean over examples and outputs, (N, O) -> ()."""
    return values.mean() if s is None else np.average(values, 0, s).mean()
