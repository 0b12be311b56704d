"""What "good" means where an example has several labels, each of which holds or does not: a network's K yes or no."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from core import Array, binary_cross_entropy
from core.lab import Report, Splits
from core.lab.data.checks import check_values
from core.lab.signature import Labels as Yes, Outputs
from supervised.baselines import ALIKE, BOOSTING, Weights, predictions
from supervised.learner import NO_SPLITS, Model

DRAWN = 40  # labels in the picture


def f1_each(said: Array, t: Array, s: Array | None = None) -> Array:
    """2 TP / (2 TP + FP + FN) of each label, said and t (N, K) 0 or 1; 0 where a label is neither true nor said: (K,).

    Weights s (N,) count in place of examples.
    """
    s = np.ones(len(t)) if s is None else s
    both, either = s @ (said * t), s @ (said + t)
    return np.where(either > 0, 2 * both / np.where(either > 0, either, 1), 0.0)


@dataclass(frozen=True)
class Labels:
    """The exam of several labels at once, t (N, K) 0 or 1. Weights are chosen by their mean cross-entropy.

    The score is the mean accuracy of the labels, 1 - the Hamming loss; chance says of each label what is commoner.
    Baselines are given the first `most` training examples, a model a label. `weights` weigh the examples.
    """

    labels: tuple[str, ...]
    most: int = 5000
    monitor: str = "-val_nats"
    splits: Splits = NO_SPLITS
    weights: Weights = ALIKE

    def bound(self, splits: Splits, O: int) -> Self:
        check_values(splits, O)
        if not all(np.isin(t, (0, 1)).all() for t in splits[1::2]):
            raise ValueError("labels must be 0 or 1")
        return replace(self, splits=splits)

    def pool(self, ys: Array) -> Array:
        """The logits of the averaged probabilities, (K, N, O) -> (N, O)."""
        log_p, log_q = -np.logaddexp(0, -ys), -np.logaddexp(0, ys)
        return np.logaddexp.reduce(log_p, 0) - np.logaddexp.reduce(log_q, 0)

    def answer(self, y: Array) -> Array:
        """1 where a label is likelier to hold than not: (N, K)."""
        return (y > 0).astype(np.int64)

    def names(self, O: int) -> tuple[str, ...]:
        """None: several labels may hold at once."""
        return ()

    def outputs(self, O: int) -> Outputs:
        return Yes(self.labels)

    def validate(self, model: Model) -> dict[str, float]:
        y, t, s = model(self.splits.x_val), self.splits.t_val, self.weights.val
        right = np.average(self.answer(y) == t, 0, s)
        return {"val_accuracy": float(right.mean()), "val_nats": binary_cross_entropy(y, t, sample_weight=s)[0]}

    def report(self, model: Model, folder: Path | None) -> Report:
        y = model(self.splits.x_test)
        baselines = self._baselines()
        chance = baselines.pop("commoner answer")
        made = Report(self.figures(y), "test_accuracy", chance, baselines.pop(BOOSTING), BOOSTING, baselines)
        if folder:
            self.draw(made, y, model, folder)
        return made

    def figures(self, y: Array) -> dict[str, float]:
        """Accuracy of the labels and of whole examples, F1 and nats, of y (N, K) on the test part."""
        said, t, s = self.answer(y), self.splits.t_test, self.weights.test
        right, f1 = np.average(said == t, 0, s), f1_each(said, t, s)
        return {
            "test_accuracy": float(right.mean()),
            "test_exact": float(np.average((said == t).all(1), weights=s)),
            "test_macro_f1": float(f1.mean()),
            "test_nats": binary_cross_entropy(y, t, sample_weight=s)[0],
            **{f"test_accuracy_{name}": float(a) for name, a in zip(self.labels, right, strict=True)},
            **{f"test_f1_{name}": float(a) for name, a in zip(self.labels, f1, strict=True)},
        }

    def _baselines(self) -> dict[str, float]:
        """Mean accuracy of each method, one model a label; of a label with one value in training, that value."""
        from sklearn.dummy import DummyClassifier
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.linear_model import LogisticRegression

        s, w = self.splits, self.weights
        n, weight = min(self.most, len(s.x_train)), None if w.train is None else w.train[: self.most]
        right: dict[str, list[float]] = {}
        for k in range(len(self.labels)):
            t, t_test = s.t_train[:n, k], s.t_test[:, k]
            one = len(np.unique(t if weight is None else t[weight > 0])) < 2
            methods: dict[str, Any] = {
                "commoner answer": DummyClassifier(),
                "logistic regression": DummyClassifier() if one else LogisticRegression(max_iter=300),
                BOOSTING: DummyClassifier() if one else HistGradientBoostingClassifier(random_state=0),
            }
            for name, said in predictions(methods, s.x_train[:n], t, s.x_test, weight).items():
                right.setdefault(name, []).append(float(np.average(said == t_test, weights=w.test)))
        return {name: float(np.mean(each)) for name, each in right.items()}

    def draw(self, made: Report, y: Array, model: Model, folder: Path) -> None:
        """F1 of each label; of very many, of the first."""
        from core.lab.report.plots import bars

        f1, names = f1_each(self.answer(y), self.splits.t_test, self.weights.test), self.labels[:DRAWN]
        bars(folder / "labels.png", names, f1[:DRAWN].tolist(), [0.0] * len(names), "F1 on the test part")
        made.pictures["labels.png"] = "F1 of each label: 1 where it is said of all examples that have it, and no others"
