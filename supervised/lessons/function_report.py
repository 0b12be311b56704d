"""How near a network comes to a function: beside what else one would try, and against its width and its depth."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import Array, Layer
from core.lab import Report, Splits
from supervised.baselines import predictions
from supervised.lessons.function_fit import Fit, Sweep, error_of, relative

WIDTHS, DEPTHS = tuple(2**k for k in range(1, 11)), tuple(range(1, 7))
DEEP_WIDTH = 32  # units in each layer where depth is what varies
SPLINE = "smoothing spline"
POINTS = 2000  # training points that the baselines are given
SMOOTH = (0.0, 1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0)  # of the spline; the validation part chooses
Shape = Callable[[int, int, int], Layer]  # width, depth, members -> network


def baselines(splits: Splits, layers: tuple[int, ...]) -> dict[str, float]:
    """Relative error on the test part of what one would try first, and of scikit-learn's MLP of these hidden layers."""
    from sklearn.dummy import DummyRegressor
    from sklearn.linear_model import LinearRegression
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    _, first = np.unique(splits.x_train[:POINTS], axis=0, return_index=True)  # no spline passes through a place twice
    x, t = splits.x_train[first].astype(np.float64), splits.t_train[first, 0].astype(np.float64)
    methods: dict[str, Any] = {
        "mean": DummyRegressor(),
        "cubic polynomial": make_pipeline(PolynomialFeatures(3), LinearRegression()),
        "3 nearest neighbours": KNeighborsRegressor(3),
        "scikit-learn's MLP": make_pipeline(
            StandardScaler(), MLPRegressor(hidden_layer_sizes=layers, activation="tanh", random_state=0)
        ),
    }
    said = predictions(methods, x, t, splits.x_test) | {SPLINE: _spline(x, t, splits)(splits.x_test)}
    return {name: float(relative(y[:, None], splits.t_test)) for name, y in said.items()}


def _spline(x: Array, t: Array, splits: Splits) -> Callable[[Array], Array]:
    """A cubic spline of one variable, a thin plate over two, with the smoothing that the validation part likes best."""
    from scipy.interpolate import RBFInterpolator

    kernel = "cubic" if x.shape[1] == 1 else "thin_plate_spline"
    tried = [RBFInterpolator(x, t, kernel=kernel, smoothing=s, degree=1) for s in SMOOTH]
    return min(tried, key=lambda f: relative(f(splits.x_val)[:, None], splits.t_val))


def sweep(shape: Shape, splits: Splits, seeds: int, updates: int, lr: float) -> Sweep:
    def error(width: int, depth: int) -> Array:
        return error_of(shape(width, depth, seeds), splits, seeds, updates, lr)

    return Sweep({n: error(n, 1) for n in WIDTHS}, {k: error(DEEP_WIDTH, k) for k in DEPTHS})


@dataclass(frozen=True)
class FunctionReport:
    """`name` is what is fitted, of `names`; a sweep is measured where pictures are wanted and `updates` is above 0."""

    name: str
    names: tuple[str, ...]
    layers: tuple[int, ...]
    shape: Shape
    seeds: int
    updates: int
    lr: float

    def __call__(self, learner: Fit, w: Array, folder: Path | None) -> Report:
        s, tried = learner.splits, baselines(learner.splits, self.layers)
        y = learner.outputs(w, s.x_test)
        error = np.abs(y - s.t_test) * learner.std
        metrics = {
            "test_relative_mse": float(relative(y, s.t_test)),
            "test_mse": float((error**2).mean()),
            "test_largest_error": float(error.max()),
        }
        made = Report(metrics, "test_relative_mse", 1.0, tried.pop(SPLINE), SPLINE, tried, texts={"f": self.name})
        if folder:
            self.draw(made, learner, w, folder)
        return made

    def draw(self, made: Report, learner: Fit, w: Array, folder: Path) -> None:
        from supervised.lessons.function_plots import curves, film, fit, slices

        fit(folder / "fit.png", learner, w, self.names)
        film(folder / "fit.gif", learner, self.names)
        slices(folder / "slices.png", learner, w, self.names)
        made.pictures |= {
            "fit.gif": "The fit as it forms",
            "fit.png": "The function, what the network says of it, and how far it is off",
            "slices.png": "One weight moves, the others stay: above, what becomes of the function (blue: less of it, "
            "red: more); below, y at three places, and as dashes the slope that the way back "
            "gives",
        }
        if self.updates:
            found = sweep(self.shape, learner.splits, self.seeds, self.updates, self.lr)
            curves(folder / "sweep.png", found, made.metrics["test_relative_mse"], made.baselines)
            made.pictures["sweep.png"] = (
                "Error on the validation part against the width of one hidden layer, and against the number of layers "
                f"of {DEEP_WIDTH} units: {self.updates} minibatches each, {self.seeds} seeds (dots), their median"
            )
            made.texts["Error against width and depth"] = found.text()
