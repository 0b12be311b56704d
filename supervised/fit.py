"""A plain descent, without validation, averages or state: for the networks that stand beside a learner in a report."""

from collections.abc import Callable

import numpy as np

from core import Array, Layer, Loss, Optimizer, Schedule, constant


def fit(
    net: Layer,
    w: Array,
    optimizer: Optimizer,
    loss: Callable[[Array, Array], Loss],
    draw: Callable[[], tuple[Array, Array]],
    steps: int,
    schedule: Schedule = constant,
) -> Array:
    """w after so many steps, each on the x and t that `draw` gives; written in place."""
    g = np.empty_like(w)
    for k in range(steps):
        x, t = draw()
        y, back = net(x, w)
        back(loss(y, t)[1], g)  # the gradient at y comes from t, as in any supervised learning
        optimizer.step(w, g, schedule(k / steps))
    return w
