"""What answers about the rows of a table, out of a csv file or as features: one network, or the networks of all folds.

A fact is plain data: what the columns hold and how they are encoded, what the targets are called, and in which units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core import Array, Layer, softmax
from core.lab.data.encoder import Encoder
from core.lab.data.tables import SUFFIXES, Rows, read_table
from core.lab.errors import Refusal
from core.lab.learner import Probabilities
from core.lab.signature import Columns, Inputs, Signature
from core.network import Parts
from supervised.metrics.classification import Classification
from supervised.metrics.labels import Labels
from supervised.metrics.regression import Regression
from supervised.predictor import SupervisedPredictor

CLASSES, LABELS, VALUES = "classes", "labels", "values"
FACTS = {
    "kind": {CLASSES, LABELS, VALUES},
    "names": [str],  # of the classes, of the labels, or of the values
    "parts": [{"encoder": {...: object}, "mean": [float], "std": [float]}],  # a fold each; the units of the values
}
Exam = Classification | Labels | Regression


def exam_of(kind: str, names: tuple[str, ...], mean: Sequence[float], std: Sequence[float]) -> Exam:
    """The exam on such targets, which also says what becomes of the outputs; mean and std (O,) are those of values."""
    if kind == CLASSES:
        return Classification(names, monitor="-val_nats")
    if kind == LABELS:
        return Labels(names)
    if not len(names) == len(mean) == len(std):
        raise ValueError(f"{len(names)} values have {len(mean)} means and {len(std)} deviations")
    if len(names) == 1:
        return Regression(mean[0], std[0])
    return Regression(np.array(mean), np.array(std), targets=names, monitor="+val_r2")


@dataclass(frozen=True, kw_only=True)
class TablePredictor(SupervisedPredictor):
    """It answers about each row of a csv file, given as its bytes or as Rows; an array is features as learnt."""

    reads = SUFFIXES
    encoder: Encoder
    targets: tuple[str, ...] = ()  # the columns that hold the true answers

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it answers from."""
        return self.encoder.names

    @property
    def inputs(self) -> Inputs:
        return Columns(self.encoder.columns)

    def examples(self, x: Any) -> Array:
        rows = read_table(x, self.encoder.names) if isinstance(x, bytes) else x
        return super().examples(self.encoder(rows) if isinstance(rows, Rows) else rows)


class FoldsPredictor:
    """The pooled answer of the networks of K folds; their weights are one w."""

    reads = SUFFIXES

    def __init__(self, folds: Sequence[TablePredictor]) -> None:
        self.folds = folds
        self.parts = Parts(**{f"fold_{k}": fold.net for k, fold in enumerate(folds, 1)})
        self.net: Layer = self.parts.net
        exam: Any = folds[0].said
        self.said = replace(exam, mean=0.0, std=1.0) if isinstance(exam, Regression) else exam
        self.targets, self.classes = folds[0].targets, folds[0].classes
        self.columns = tuple(dict.fromkeys(name for fold in folds for name in fold.columns))

    def split(self, w: Array) -> list[Array]:
        """The view of each fold in w."""
        return self.parts.split(w)

    def pooled(self, w: Array, x: Any) -> Array:
        """y (N, O): logits, or values in their units, which are those of no fold."""
        x = read_table(x, self.columns) if isinstance(x, bytes) else x  # once for all folds
        ys = [in_units(fold.said, fold.asked(part, x)) for fold, part in zip(self.folds, self.split(w), strict=True)]
        y: Array = self.said.pool(np.stack(ys))
        return y

    def signature(self, w: Array) -> Signature:
        raise Refusal(
            "the networks of several folds, each with its own encoder, cannot be exported: run with --folds 0"
        )

    def predict(self, w: Array, x: Any) -> Any:
        return self.said.answer(self.pooled(w, x))

    def probabilities(self, w: Array, x: Any) -> Probabilities | None:
        y = self.pooled(w, x)
        return Probabilities(names, softmax(y)) if (names := self.said.names(y.shape[-1])) else None


def in_units(exam: Any, y: Array) -> Array:
    """Values in their units; logits as they are."""
    return y * exam.std + exam.mean if isinstance(exam, Regression) else y


def table_predictor(
    facts: Any, network: Callable[[int, int], Layer], batch: int, folds: int, targets: tuple[str, ...]
) -> Any:
    """A TablePredictor, or a FoldsPredictor of so many `folds`; `network` is given the widths of input and output.

    `targets` are the columns that hold the true answers.

    Raises ValueError for facts that do not go together.
    """
    kind, names, parts = facts["kind"], tuple(facts["names"]), []
    if len(facts["parts"]) != max(folds, 1):
        raise ValueError(f"there are {len(facts['parts'])} encoders for {folds} folds")
    for k, part in enumerate(facts["parts"]):
        encoder = Encoder.from_json(part["encoder"], f"parts.{k}.encoder")
        said, I = exam_of(kind, names, part["mean"], part["std"]), len(encoder.features)
        table: dict[str, Any] = {"batch": batch, "encoder": encoder, "targets": targets}
        parts.append(TablePredictor(network(I, len(names)), said, (I,), **table))
    return FoldsPredictor(parts) if folds else parts[0]
