"""What "good" means for a classifier: accuracy on a test part opened once, beside what anyone would try first."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.initializers import Array
from core.lab.learner import Report, Splits
from core.layers import Layer
from core.losses import cross_entropy, softmax


def check_splits(splits: Splits, net: Layer, w: Array) -> int:
    """The number of classes C. Raises ValueError, in one line, for data that a classifier cannot learn from."""
    for part in ("train", "val", "test"):
        x, t = getattr(splits, f"x_{part}"), getattr(splits, f"t_{part}")
        if not len(x) or len(x) != len(t):
            raise ValueError(f"the {part} part has {len(x)} examples and {len(t)} labels")
        if not np.isfinite(x).all():
            raise ValueError(f"the {part} part holds NaN or infinity, first in example "
                             f"{int(np.argwhere(~np.isfinite(x))[0, 0])}")  # fmt: skip
    C: int = net(splits.x_train[:1], w)[0].shape[-1]
    for part in ("train", "val", "test"):
        t = getattr(splits, f"t_{part}")
        if t.ndim != 1 or t.dtype.kind not in "iu":
            raise ValueError(
                f"the labels of the {part} part must be whole numbers, one an example, not {t.dtype} {t.shape}"
            )
        if t.min() < 0 or t.max() >= C:
            raise ValueError(
                f"the labels of the {part} part run from {t.min()} to {t.max()}; the network has {C} classes"
            )
    return C


def baselines(splits: Splits) -> dict[str, float]:
    """Test accuracy of methods without a network, fitted on the training part as they come (scikit-learn)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    methods = {"logistic regression": LogisticRegression(max_iter=1000), "nearest neighbour": KNeighborsClassifier(1)}
    return {name: accuracy(method.fit(splits.x_train, splits.t_train).predict(splits.x_test), splits.t_test)
            for name, method in methods.items()}  # fmt: skip


def reference(splits: Splits) -> float:
    """Test accuracy of a support vector machine with a Gaussian kernel, C = 10, that was given the training labels."""
    from sklearn.svm import SVC

    return accuracy(SVC(C=10).fit(splits.x_train, splits.t_train).predict(splits.x_test), splits.t_test)


def accuracy(said: Array, t: Array) -> float:
    """The share of right answers."""
    return float((said == t).mean())


def classification_report(net: Layer, w: Array, splits: Splits, folder: Path | None) -> Report:
    """Accuracy and nats on the test part, the baselines, and pictures of what went wrong and of what was learnt."""
    x, t = splits.x_test, splits.t_test
    y, _ = net(x, w)
    said, C = y.argmax(-1), y.shape[-1]
    counts = np.zeros((C, C), int)
    np.add.at(counts, (t, said), 1)
    recalls = counts.diagonal()[counts.sum(1) > 0] / counts.sum(1)[counts.sum(1) > 0]
    metrics = {"test_accuracy": accuracy(said, t), "test_nats": cross_entropy(y, t)[0],
               "test_worst_class": float(recalls.min())}  # fmt: skip
    report = Report(metrics, "test_accuracy", 1 / C, reference(splits), "support vector machine, given the same labels",
                    baselines(splits))  # fmt: skip
    if folder:
        from core.lab.plots import image_sheet, matrix, weight_sheet

        matrix(folder / "confusion.png", counts, "true class", "what the network says")
        report.pictures["confusion.png"] = "Confusion matrix on the test part"
        if round(x.shape[1] ** 0.5) ** 2 == x.shape[1]:
            p = softmax(y)
            trust = p[np.arange(len(t)), t]
            worst = np.argsort(trust)[:20]
            image_sheet(folder / "mistakes.png", x[worst], [f"{t[i]}: {said[i]} ({p[i].max():.0%})" for i in worst])
            report.pictures["mistakes.png"] = "The 20 test images with the least trust in the true class (true: said)"
            weight_sheet(folder / "weights.png", next(W for W in net.views(w).values() if W.ndim == 2))
            report.pictures["weights.png"] = "First-layer weights, a tile a hidden unit; blue is positive, red negative"
    return report
