"""A learner of a table: its report says what is of interest there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core import Array
from core.lab import Report, Splits
from core.lab.data.encoder import Encoder
from supervised.baselines import BOOSTING, Weights, accuracy, predictions
from supervised.learner import Supervised
from supervised.metrics.regression import Regression, r2
from supervised.tables import importance
from supervised.tables.mistakes import worst_rows


@dataclass(frozen=True)
class Source:
    """What is known of a table beside its numbers."""

    encoder: Encoder
    page: str  # how the columns were read
    places: tuple[str, ...]  # where each test row stands: "line 17"
    weights: str = ""  # how rows are weighted, if they are


class TableLearner(Supervised):
    """A learner that is set beside the methods that are made for tables."""

    source: Source

    @property
    def encoder(self) -> Encoder:
        return self.source.encoder

    def figures(self, w: Array, folder: Path | None) -> Report:
        """What the exam says of the test part, and of the baselines there, trees among them."""
        made = super().report(w, folder)
        made.baselines.update(trees(self.splits, self.exam))
        return made

    def report(self, w: Array, folder: Path | None) -> Report:
        made, exam, s = self.figures(w, folder), self.exam, self.source
        made.texts["Test rows that are most wrong"] = worst_rows(
            exam, self.outputs(w, self.splits.x_test), self.splits.t_test, s.places
        )
        importance.tell(made, self.importances(w), self.judged[1], folder)
        made.texts |= {"How rows are weighted": s.weights} if s.weights else {}
        made.texts["How the columns were read"] = s.page
        return made

    @property
    def judged(self) -> tuple[str, str]:
        """The figure of the validation part by which columns are asked for their importance, and its name in words."""
        return ("val_r2", "R² lost") if isinstance(self.exam, Regression) else ("-val_nats", "nats added")

    def importances(self, w: Array) -> dict[str, Array]:
        """What that figure loses by each column, see `importance`."""
        exam: Any = self.exam
        n, name = importance.rows_asked(len(self.splits.x_val), self.encoder), self.judged[0]
        s, model, sign = exam.weights.val, self.model(w), -1 if name[0] == "-" else 1
        weights = Weights() if s is None or not s[:n].any() else Weights(val=s[:n])
        first = replace(exam, weights=weights, splits=self.splits._replace(t_val=self.splits.t_val[:n]))

        def figure(x: Array) -> float:
            values = replace(first, splits=first.splits._replace(x_val=x)).validate(model)
            return sign * float(values[name.removeprefix("-")])

        return importance.importances(self.encoder, figure, self.splits.x_val[:n])


def trees(splits: Splits, exam: Any) -> dict[str, float]:
    """The score on the test part of ensembles of trees fitted on the training part (scikit-learn).

    Accuracy, that of each label where there are several, or R^2. Boosting knows one target, and is left out of more.
    """
    from sklearn import ensemble

    t, values, s = splits.t_train, isinstance(exam, Regression), exam.weights
    if t.ndim > 1 and t.shape[1] == 1:
        t = t[:, 0]
    if len(np.unique(t if s.train is None else t[s.train > 0])) < 2:
        return {}
    kind = "Regressor" if values else "Classifier"
    methods = {BOOSTING: "HistGradientBoosting"} if t.ndim == 1 else {}
    methods["random forest"] = "RandomForest"
    models = {name: getattr(ensemble, method + kind)(random_state=0) for name, method in methods.items()}
    said = predictions(models, splits.x_train, t, splits.x_test, s.train)
    score = r2 if values else accuracy
    return {name: score(y.reshape(splits.t_test.shape), splits.t_test, s.test) for name, y in said.items()}
