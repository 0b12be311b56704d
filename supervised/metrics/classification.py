"""What "good" means for a classifier: its test part, opened once, beside what anyone would try first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from core import Array, cross_entropy, log_softmax, softmax
from core.lab import Report, Splits
from core.lab.data.checks import check_labels
from supervised.baselines import ALIKE, SVM, Weights, accuracy, classifiers
from supervised.learner import NO_SPLITS, Model

Show = Callable[[Array], Array]  # examples x (n, ...) -> pictures (n, H, W) or (n, H, W, 3) in [0, 1]
MANY = 20  # classes from which figures and cells are not listed one by one
BINS = 15


def calibration(p: Array, t: Array, s: Array | None = None) -> tuple[float, Array]:
    """The expected calibration error, and per bin of confidence (15, 3): share of examples, confidence, accuracy.

    sum over bins of share * |accuracy - confidence|, confidence = max_c p_c, bins of equal width (Guo et al. 2017,
    arXiv:1706.04599). p (N, C) probabilities, t (N,) labels, s (N,) weights; an empty bin has NaN.
    """
    confidence, right = p.max(-1), p.argmax(-1) == t
    at = np.minimum((confidence * BINS).astype(int), BINS - 1)
    s = np.ones(len(t)) if s is None else s
    count = np.bincount(at, s, BINS)
    with np.errstate(invalid="ignore"):
        sure, true = (np.bincount(at, s * values, BINS) / count for values in (confidence, right))
        bins = np.stack([count / s.sum(), sure, true], 1)
    return float(np.nansum(bins[:, 0] * np.abs(bins[:, 2] - bins[:, 1]))), bins


def confusion(said: Array, t: Array, C: int, s: Array | None = None) -> Array:
    """How often class t (row) was called `said` (column), or the weight s (N,) of those examples: (C, C)."""
    counts = np.zeros((C, C), int if s is None else float)
    np.add.at(counts, (t, said), 1 if s is None else s)
    return counts


def wilson(right: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share, right of n (Wilson 1927): it covers the examples, not the seeds."""
    from scipy.stats import binomtest

    low, high = binomtest(right, n).proportion_ci(method="wilson")
    return float(low), float(high)


def class_figures(y: Array, t: Array, names: tuple[str, ...], s: Array | None = None) -> dict[str, float]:
    """Accuracy with its interval, nats, macro-F1, calibration error, and the recall of each class: y (N, C) logits.

    F1_c = 2 TP / (2 TP + FP + FN), averaged over the classes that are in t or were said. Weights s (N,) weigh all of
    them; the interval is then that of (sum s)^2 / sum s^2 examples, Kish's effective number, to the nearest.
    """
    said, C = y.argmax(-1), y.shape[-1]
    counts = confusion(said, t, C, s)
    true, told = counts.sum(1), counts.sum(0)
    there = true + told > 0
    f1 = 2 * counts.diagonal()[there] / (true + told)[there]
    recall = {name: counts[c, c] / true[c] for c, name in enumerate(names) if true[c]}
    share = accuracy(said, t, s)
    n = len(t) if s is None else round(float(s.sum() ** 2 / (s**2).sum()))
    low, high = wilson(round(share * n), n)
    return {
        "test_accuracy": share,
        "test_accuracy_low": low,
        "test_accuracy_high": high,
        "test_nats": cross_entropy(y, t, sample_weight=s)[0],
        "test_macro_f1": float(f1.mean()),
        "test_calibration_error": calibration(softmax(y), t, s)[0],
        "test_worst_class": float(min(recall.values())),
        **({f"test_recall_{name}": float(r) for name, r in recall.items()} if C <= MANY else {}),
    }


def least_trusted(p: Array, t: Array, names: Sequence[str], n: int = 20) -> tuple[Array, list[str]]:
    """The n examples with the lowest probability p (N, C) of their class t (N,), and a title of each."""
    worst = np.argsort(p[np.arange(len(t)), t])[:n]
    return worst, [f"{names[t[i]]}: {names[p[i].argmax()]} ({p[i].max():.0%})" for i in worst]


@dataclass(frozen=True)
class Classification:
    """The exam of a classifier. Weights are chosen by the accuracy on the validation part.

    `classes` names the classes; examples are pictures where `shape` (H, W[, 3]) is given; `show` turns examples into
    pictures where a reshape does not. Baselines are given the first `most` training examples. `weights` weigh the
    examples in all figures; pictures count examples.
    """

    classes: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    show: Show | None = None
    most: int = 5000
    monitor: str = "+val_accuracy"
    splits: Splits = NO_SPLITS
    weights: Weights = ALIKE

    def bound(self, splits: Splits, O: int) -> Self:
        check_labels(splits, O)
        if self.classes and len(self.classes) != O:
            raise ValueError(f"{len(self.classes)} classes are named, but the network has {O} outputs")
        return replace(self, splits=splits)

    def pool(self, ys: Array) -> Array:
        """log of the mean of softmax(y), (K, N, C) -> (N, C): logits of the averaged probabilities."""
        log_p = log_softmax(ys)
        top = log_p.max(0)
        return np.log(np.exp(log_p - top).mean(0)) + top

    def answer(self, y: Array) -> Array:
        """The likeliest class of each example, by its name if it has one: (N,)."""
        said: Array = y.argmax(-1)
        return np.array(self.classes)[said] if self.classes else said

    def validate(self, model: Model) -> dict[str, float]:
        y, t, s = model(self.splits.x_val), self.splits.t_val, self.weights.val
        return {"val_accuracy": accuracy(y.argmax(-1), t, s), "val_nats": cross_entropy(y, t, sample_weight=s)[0]}

    def report(self, model: Model, folder: Path | None) -> Report:
        s, y = self.splits, model(self.splits.x_test)
        given = "the same labels" if len(s.t_train) <= self.most else f"the first {self.most} training labels"
        made = self.scored(y, classifiers(s, self.most, self.weights), f", given {given}")
        if folder:
            self.draw(made, y, model, folder)
        return made

    def names(self, O: int) -> tuple[str, ...]:
        """The names of the classes, or their numbers."""
        return self.classes or tuple(map(str, range(O)))

    def scored(self, y: Array, baselines: dict[str, float], given: str) -> Report:
        """The figures of y (N, C) on the test part; the reference is the support vector machine among `baselines`."""
        names, svm = self.names(y.shape[-1]), baselines.pop(SVM)
        figures = class_figures(y, self.splits.t_test, names, self.weights.test)
        return Report(figures, "test_accuracy", 1 / len(names), svm, SVM + given, baselines)

    def draw(self, made: Report, y: Array, model: Model, folder: Path) -> None:
        """The confusion matrix and the calibration of y (N, C); of pictures, mistakes and first-layer weights too."""
        from core.lab.report.plots import image_sheet, matrix, reliability, weight_sheet

        t, p, names = self.splits.t_test, softmax(y), self.names(y.shape[-1])
        counts = confusion(p.argmax(-1), t, len(names))
        matrix(folder / "confusion.png", counts, "true class", "what the network says", names)
        reliability(folder / "reliability.png", calibration(p, t)[1])
        made.pictures |= {
            "confusion.png": "Confusion matrix on the test part",
            "reliability.png": "How often it is right when it is so sure; on the diagonal it is calibrated",
        }
        if self.shape:
            worst, titles = least_trusted(p, t, names)
            x = self.splits.x_test[worst]
            image_sheet(folder / "mistakes.png", self.show(x) if self.show else x.reshape(-1, *self.shape), titles)
            made.pictures["mistakes.png"] = "The 20 test images with the least trust in the true class (true: said)"
            W = next(W for W in model.net.views(model.w).values() if W.ndim > 1)
            W = W.reshape(-1, *W.shape[-2:])[0]  # of the first member
            if W.shape[0] == np.prod(self.shape):
                weight_sheet(folder / "weights.png", W, self.shape)
                made.pictures["weights.png"] = "First-layer weights, a tile a hidden unit; each in its own scale"
