"""What "good" means where the answer is a value: the share of the variance explained, and errors in its units."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from core import Array
from core.lab import Report, Splits
from core.lab.data.checks import check_values
from supervised.baselines import BOOSTING, regressors
from supervised.learner import NO_SPLITS, Model


def r2(y: Array, t: Array) -> float:
    """1 - sum (y - t)^2 / sum (t - mean t)^2, the mean over the outputs of t (N, O); 0 says no more than the mean.

    An output that does not vary counts 1 where it is met exactly, else 0, as in scikit-learn.
    """
    error, spread = ((y - t) ** 2).sum(0, dtype=float), ((t - t.mean(0)) ** 2).sum(0, dtype=float)
    return float(np.where(spread > 0, 1 - error / np.where(spread > 0, spread, 1), error == 0).mean())


@dataclass(frozen=True)
class Regression:
    """The exam of a regressor. Weights are chosen by the mean squared error on the validation part.

    `mean` and `std` (O,) take standardised targets back to their units. Baselines are given the first `most` training
    examples; the reference is gradient boosting, which is hard to beat on tables.
    """

    mean: Array | float = 0.0
    std: Array | float = 1.0
    most: int = 5000
    monitor: str = "-val_mse"
    splits: Splits = NO_SPLITS

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

    def validate(self, model: Model) -> dict[str, float]:
        y, t = model(self.splits.x_val), self.splits.t_val
        return {"val_mse": float((((y - t) * self.std) ** 2).mean()), "val_r2": r2(y, t)}

    def report(self, model: Model, folder: Path | None) -> Report:
        """R^2 is the score, 0 for who always says the mean; errors are in the units of the value."""
        y, t = model(self.splits.x_test), self.splits.t_test
        error = (y - t) * self.std
        baselines = {name: r2(said, t) for name, said in regressors(self.splits, self.most).items()}
        mse = (error**2).mean()
        figures = {"mse": float(mse), "rmse": float(np.sqrt(mse)), "mae": float(np.abs(error).mean())}
        figures = {"test_r2": r2(y, t)} | {f"test_{name}": value for name, value in figures.items()}
        made = Report(figures, "test_r2", 0.0, baselines.pop(BOOSTING), BOOSTING, baselines)
        if folder:
            from core.lab.report.plots import scatter

            true, said = (values * self.std + self.mean for values in (t, y))
            scatter(folder / "values.png", true, said, "true value", "what the network says")
            made.pictures["values.png"] = "Each test example: what is true, and what the network says"
        return made
