"""A classifier: the teacher says the class. Cross-entropy of p = softmax(y); its gradient at y is p - onehot(label)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from core.lab.data.splits import Splits
from core.layers import Layer, Rng
from core.losses import cross_entropy
from core.optimizers import Optimizer
from supervised.learner import Supervised
from supervised.metrics.classification import Classification, Show


def Classifier(
    splits: Splits,
    net: Layer,
    optimizer: Optimizer,
    rng: Rng,
    *,
    smoothing: float = 0.0,
    classes: Sequence[str] = (),
    shape: Sequence[int] = (),
    show: Show | None = None,
    **options: Any,
) -> Supervised:
    """A learner of labels t (N,) from 0 to C - 1, where C is the width of the output: `options` as in `Supervised`.

    `smoothing` softens the labels; `classes` names them; `shape` (H, W) or (H, W, 3) says that the examples are
    pictures, and `show` how they become pictures again, if not by their shape alone.
    """
    return Supervised(
        splits,
        net,
        optimizer,
        rng,
        loss=partial(cross_entropy, smoothing=smoothing),
        exam=Classification(tuple(classes), tuple(shape), show),
        **options,
    )
