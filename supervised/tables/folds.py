"""K-fold cross-validation in one run: K networks, each judged on the rows that it was not given; every row once.

The K networks learn side by side, and their parameters are one w. So one run saves and resumes them, and one file holds
them. The weights that are kept are those of one and the same moment, when the mean figure of the K validation parts
was best. New rows are answered by all K, whose answers are pooled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from warnings import catch_warnings

import numpy as np

from core import Array
from core.lab import Report, Splits
from core.lab.data.splits import SEED, split, split_classes
from core.lab.state import State, prefixed, unprefixed
from supervised.metrics.regression import Regression
from supervised.tables import importance
from supervised.tables.learner import TableLearner
from supervised.tables.mistakes import worst_rows
from supervised.tables.predictor import FoldsPredictor, in_units


def fold_indices(t: Array, K: int, classes: bool) -> list[Splits]:
    """The rows of each part, x of the Splits, for each of K folds: every row is in the test part of one.

    With `classes` t (N,) each part has its share of each class. A fifth of the other rows is for validation. The folds
    depend on t alone, for good. Raises ValueError if no class has a row for each fold.
    """
    if classes and np.bincount(t).max() < K:
        raise ValueError(f"no class has {K} rows, one for each fold: take fewer --folds")
    from sklearn.model_selection import KFold, StratifiedKFold

    folds = (StratifiedKFold if classes else KFold)(K, shuffle=True, random_state=SEED)
    with catch_warnings(action="ignore"):  # of classes with fewer rows than folds, of which there is a word already
        pairs = list(folds.split(t, t))
    indices = []
    for rest, test in pairs:
        inner = (split_classes if classes else split)(rest, t[rest])
        train = np.concatenate([inner.x_train, inner.x_val])
        indices.append(Splits(train, t[train], inner.x_test, inner.t_test, test, t[test]))
    return indices


class Folds:
    """K learners of the same table as one learner: `indices` are the rows that each of them was given."""

    def __init__(
        self,
        learners: Sequence[TableLearner],
        indices: Sequence[Splits],
        predictor: FoldsPredictor,
        facts: Mapping[str, Any],
    ) -> None:
        self.learners, self.indices, self.predictor, self.facts = learners, indices, predictor, facts
        self.net, self.monitor = predictor.net, learners[0].monitor
        self.w = np.concatenate([learner.w for learner in learners])
        self.weights = self.w.copy()
        for learner, w, weights in zip(learners, self.split(self.w), self.split(self.weights), strict=True):
            learner.w, learner.weights = w, weights  # views: what a learner writes stands in the whole

    def split(self, w: Array) -> list[Array]:
        return self.predictor.split(w)

    @property
    def progress(self) -> float:
        return self.learners[0].progress

    def update(self) -> dict[str, float]:
        before = self.answered()
        logs = [learner.update() for learner in self.learners]
        examples = sum(log["examples"] for log in logs)
        answers = self.answered() - before
        return {"loss": float(np.mean([log["loss"] for log in logs])), "examples": examples, "answers": answers}

    def answered(self) -> int:
        """Rows whose target was used so far, by whichever of the networks, in learning or for validation."""
        used = np.zeros(sum(len(index.x_test) for index in self.indices), bool)
        for learner, index in zip(self.learners, self.indices, strict=True):
            used[index.x_train[learner.epochs.known]] = True
            used[index.x_val] |= learner.done > 0
        return int(used.sum())

    def evaluate(self) -> dict[str, float]:
        return _means([learner.evaluate() for learner in self.learners])

    def state(self) -> State:
        return {
            k: v for n, learner in enumerate(self.learners, 1) for k, v in prefixed(f"{n}", learner.state()).items()
        }

    def load(self, state: Mapping[str, Array]) -> None:
        for n, learner in enumerate(self.learners, 1):
            learner.load(unprefixed(f"{n}", state))

    def notes(self) -> list[str]:
        """How the rows are divided, since no part is test part alone."""
        N, K = sum(len(index.x_test) for index in self.indices), len(self.learners)
        return [f"Cross-validation: {N:,} rows, {K} networks; each row is in the test part of one of them"]

    def prediction(self) -> Mapping[str, Any]:
        return self.facts

    def predict(self, w: Array, x: Any) -> Any:
        """What is said of each row, as the predictor does."""
        return self.predictor.predict(w, x)

    def pooled(self) -> Any:
        """The exam on all rows at once."""
        exam: Any = self.learners[0].exam
        t = np.concatenate([in_units(each.exam, each.splits.t_test) for each in self.learners])
        exams: list[Any] = [learner.exam for learner in self.learners]
        s = None if exam.weights.test is None else np.concatenate([each.weights.test for each in exams])
        units = {"mean": 0.0, "std": 1.0} if isinstance(exam, Regression) else {}
        return replace(exam, splits=exam.splits._replace(t_test=t), weights=exam.weights._replace(test=s), **units)

    def report(self, w: Array, folder: Path | None) -> Report:
        """Means over the folds of all figures, and the deviation of the score; each row in its own fold's test part."""
        parts, K = list(zip(self.learners, self.split(w), strict=True)), len(self.learners)
        reports = [learner.figures(part, None) for learner, part in parts]
        first, metric = reports[0], reports[0].metric
        scores = [each.metrics[metric] for each in reports]
        metrics = _means([each.metrics for each in reports])
        interval = f"{metric}_low", f"{metric}_high"  # of one test part: their mean would be no interval
        metrics = {name: value for name, value in metrics.items() if name not in interval}
        metrics[f"{metric}_fold_deviation"] = float(np.std(scores, ddof=1))
        chance, reference = (float(np.mean([getattr(each, n) for each in reports])) for n in ("chance", "reference"))
        made = Report(metrics, metric, chance, reference, first.reference_name, _means([r.baselines for r in reports]))
        rows = [
            f"  fold {k}: {len(learner.splits.t_test):5} test rows, {metric} {score:.4f}, {first.reference_name} "
            f"{each.reference:.4f}"
            for k, (learner, score, each) in enumerate(zip(self.learners, scores, reports, strict=True), 1)
        ]
        about = f"Every row was in the test part of one of {K} networks. The figures are means over the folds:"
        made.texts["Folds"] = "\n".join([about, *rows])
        y = np.concatenate([in_units(each.exam, each.outputs(part, each.splits.x_test)) for each, part in parts])
        exam, places = self.pooled(), [place for learner in self.learners for place in learner.source.places]
        if folder:
            exam.draw(made, y, self.learners[0].model(parts[0][1]), folder)
        made.texts["Rows that are most wrong"] = worst_rows(exam, y, exam.splits.t_test, places)
        lost = [learner.importances(part) for learner, part in parts]
        importance.tell(made, _joined(lost), self.learners[0].judged[1], folder)
        source = self.learners[0].source
        told = {"How rows are weighted": source.weights, "How the columns were read": source.page}
        made.texts |= {title: f"In the first fold:\n{text}" for title, text in told.items() if text}
        return made


def _means(figures: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each figure over those that have it."""
    names = dict.fromkeys(name for each in figures for name in each)
    return {name: float(np.mean([each[name] for each in figures if name in each])) for name in names}


def _joined(lost: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    """The losses of each column, over all folds that have it."""
    names = dict.fromkeys(name for each in lost for name in each)
    return {name: np.concatenate([each[name] for each in lost if name in each]) for name in names}
