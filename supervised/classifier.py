"""A classifier: the teacher says the class. Cross-entropy of p = softmax(y); its gradient at y is p - onehot(label)."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from core import Layer, Optimizer, Rng, cross_entropy
from core.lab import Splits
from core.lab.former import warn
from supervised.learner import Supervised, SupervisedConfig
from supervised.metrics.classification import Classification, Show


def Classifier(
    splits: Splits,
    net: Layer,
    optimizer: Optimizer,
    rng: Rng,
    config: SupervisedConfig | None = None,
    *,
    label_smoothing: float = 0.0,
    classes: Sequence[str] = (),
    shape: Sequence[int] = (),
    show: Show | None = None,
    **options: Any,
) -> Supervised:
    """A learner of labels t (N,) from 0 to C - 1, where C is the width of the output: `options` as in `Supervised`.

    `label_smoothing` softens the labels; `classes` names them; `shape` (H, W) or (H, W, 3) says that the examples are
    pictures, and `show` how they become pictures again, if not by their shape alone.
    """
    if "smoothing" in options:
        warn("the keyword smoothing of Classifier", "label_smoothing")
        label_smoothing = options.pop("smoothing")
    loss, exam = partial(cross_entropy, smoothing=label_smoothing), Classification(tuple(classes), tuple(shape), show)
    return Supervised(splits, net, optimizer, rng, config, loss=loss, exam=exam, **options)
