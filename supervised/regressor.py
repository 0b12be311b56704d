"""A regressor: the teacher says a value. Mean squared error; its gradient at y is 2 (y - t) / n."""

from typing import Any

from core import Array, Layer, Optimizer, Rng, mse
from core.lab import Splits
from supervised.learner import LossRule, Supervised, SupervisedConfig
from supervised.metrics.regression import Regression


def Regressor(
    splits: Splits,
    net: Layer,
    optimizer: Optimizer,
    rng: Rng,
    config: SupervisedConfig | None = None,
    *,
    loss: LossRule = mse,
    mean: Array | float = 0.0,
    std: Array | float = 1.0,
    **options: Any,
) -> Supervised:
    """A learner of values t (N, O), O the width of the output: `options` as in `Supervised`.

    Where t was standardised, `mean` and `std` (O,) take it back: figures and predictions are in the original units.
    """
    return Supervised(splits, net, optimizer, rng, config, loss=loss, exam=Regression(mean, std), **options)
