"""Any table: a csv file of your own, or a small one that comes with scikit-learn; classes or values."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple, cast

import numpy as np

from core import (
    AdamW,
    Array,
    Dropout,
    Layer,
    Linear,
    Rng,
    Sequential,
    binary_cross_entropy,
    cross_entropy,
    glorot,
    mse,
    relu,
)
from core.lab import Splits, UserPath, check, nearest, split
from core.lab.data.encoder import Read, encoded
from core.lab.data.splits import split_classes
from core.lab.data.tables import LARGEST, Rows, read_table, rows_of
from supervised.baselines import Weights
from supervised.metrics.regression import Regression
from supervised.tables.folds import Folds, fold_indices
from supervised.tables.learner import Source, TableLearner
from supervised.tables.predictor import (
    CLASSES,
    FACTS as FACTS,
    LABELS,
    VALUES,
    Exam,
    FoldsPredictor,
    TablePredictor,
    table_predictor,
)
from supervised.tables.targets import Target, rare_classes, targets_of
from supervised.tables.weights import check_class_weight, class_weights, sample_weights

PARADIGM = "supervised"
ABOUT = """
Any table in a csv file: name it with --file and the column to be learnt with --target. Numbers, words, dates and gaps
are read as they come; the target may be classes, values or several columns. Without a file it learns a small table of
scikit-learn. The report sets it beside ensembles of trees, which are hard to beat here, and says which columns matter
and which rows are most wrong.
"""
NAMES = ("iris", "wine", "breast-cancer", "diabetes")
KINDS = ("auto", "classes", "value")
TARGET = "target"  # the column to be learnt of the tables that come with scikit-learn
LEAST = 20  # rows
A_FOLD = 5  # rows in the test part of a fold, at least


@dataclass(frozen=True)
class Config:
    file: UserPath = ""  # a csv file of your own, whose first line names the columns
    target: tuple[str, ...] = ()  # the column of that file to be learnt; or several, of values or of 0 and 1
    name: str = "breast-cancer"  # iris, wine, breast-cancer or diabetes, where no file is given
    kind: str = "auto"  # what the target holds: classes or value; auto decides by the column
    categorical: tuple[str, ...] = ()  # columns of codes that only look like numbers
    ignore: tuple[str, ...] = ()  # columns to be left out
    hidden: int = 64  # units in each of the two hidden layers
    dropout: float = 0.3  # share of them that is silenced in learning
    updates: int = 1000  # minibatches, in all
    batch: int = 32  # rows in a minibatch
    lr: float = 0.003  # step size of AdamW at its highest; falls to 0 as a cosine
    weight_decay: float = 2.0  # weight decay, as a share of lr; small tables need much
    sample_weight: str = ""  # a column that says how much each row counts, in learning and in all figures
    class_weight: tuple[str, ...] = ()  # in learning: balanced, or weights such as yes=3 no=1
    folds: int = 0  # 5: cross-validation, five networks, each tested on another fifth of the rows; 0: one test part

    def __post_init__(self) -> None:
        if isinstance(self.target, str):  # one name, as Python code may give it
            object.__setattr__(self, "target", (self.target,) if self.target else ())
        check(self, positive=("hidden", "updates", "batch", "lr"), nonnegative=("weight_decay",), share=("dropout",))
        for what, name, known in (("table", self.name, NAMES), ("kind", self.kind, KINDS)):
            if name not in known:
                raise ValueError(f"there is no {what} {name!r}{nearest(name, known)}")
        check_class_weight(self.class_weight)
        if self.folds != 0:
            check(self, span={"folds": (2, 20)})


PRESETS = {"quick": {"updates": 600}, "best": {"hidden": 128, "updates": 4000}}


class Table(NamedTuple):
    """A table and what is to be learnt of it."""

    rows: Rows  # the columns that it is learnt from
    target: Target
    names: tuple[str, ...]  # of the targets
    s: Array | None  # the weight of each row, where there are any


def predictor(config: Config, facts: Any) -> TablePredictor | FoldsPredictor:
    targets = tuple(dict.fromkeys(config.target)) or (TARGET,)
    return table_predictor(facts, partial(_net, config), config.batch, config.folds, targets)


def make(config: Config, rng: Rng, data: Any) -> TableLearner | Folds:
    try:
        table = _table(config, data)
        indices = _indices(config, table)
        reads = [_encoded(config, table, index.x_train, quiet=k > 0) for k, index in enumerate(indices)]
        facts = _facts(table, indices, reads)
        said = predictor(config, facts)
        if isinstance(said, TablePredictor):
            learner = _learner(config, table, indices[0], reads[0], said, rng)
            learner.facts = facts
            return learner
        many = zip(indices, reads, said.folds, rng.spawn(config.folds), strict=True)
        return Folds([_learner(config, table, *one) for one in many], indices, said, facts)
    except ValueError as error:
        raise ValueError(f"{config.file or config.name}: {error}") from error


def _indices(config: Config, table: Table) -> list[Splits]:
    """The rows of each part, of each fold."""
    t, stratified = table.target.t, bool(table.target.classes)
    if not config.folds:
        # fixed for good, by the number of rows, and in a file of one's own by their classes too
        return [(split_classes if config.file and stratified else split)(np.arange(len(t)), t)]
    if len(t) < A_FOLD * config.folds:
        raise ValueError(f"{len(t)} rows are too few for {config.folds} folds: at least {A_FOLD} a fold are needed")
    return fold_indices(t, config.folds, stratified)


def _encoded(config: Config, table: Table, train: Array, quiet: bool) -> Read:
    categorical = [column for column in config.categorical if column not in (*table.names, config.sample_weight)]
    ignore = [column for column in config.ignore if column != config.sample_weight]
    options: dict[str, Any] = {"categorical": categorical, "ignore": ignore, "quiet": quiet}
    return encoded(table.rows, train, config.file, told=table.target.told, **options)


def _facts(table: Table, indices: Sequence[Splits], reads: Sequence[Read]) -> dict[str, Any]:
    """What of the table a network of it needs in use."""
    target, parts = table.target, []
    for index, read in zip(indices, reads, strict=True):
        values = not target.classes and not target.labels
        mean, std = _units(index.t_train) if values else ([], [])
        parts.append({"encoder": read.encoder.to_json(), "mean": mean, "std": std})
    kind = CLASSES if target.classes else LABELS if target.labels else VALUES
    return {"kind": kind, "names": list(target.classes or table.names), "parts": parts}


def _table(config: Config, data: Any) -> Table:
    rows, names = _rows(config, data)
    for what, name in (("be left out", config.ignore), ("weigh the rows", (config.sample_weight,))):
        if both := [each for each in names if each in name]:
            raise ValueError(f"the column {both[0]!r} is to be learnt, and to {what}")
    kind = "classes" if config.kind == "auto" and len(names) == 1 and names[0] in config.categorical else config.kind
    target = targets_of(rows, names, kind)
    target = target._replace(told=[*target.told, *rare_classes(names[0], target, config.folds)])
    if len(target.rows) < LEAST:
        raise ValueError(
            f"the table has {len(target.rows)} rows; at least {LEAST} are needed to learn, choose and test"
        )
    s = sample_weights(target.rows, config.sample_weight) if config.sample_weight else None
    return Table(target.rows.without(*names, config.sample_weight), target, names, s)


def _learner(
    config: Config, table: Table, index: Splits, read: Read, predictor: TablePredictor, rng: Rng
) -> TableLearner:
    """The learner of the rows that `index` holds."""
    (rows, target, _, s), x, net, exam = table, read.x, predictor.net, cast("Exam", predictor.said)
    mean, std = (exam.mean, exam.std) if isinstance(exam, Regression) else (0.0, 1.0)
    targets = [t if target.classes else ((t - mean) / std).astype(np.float32) for t in index[1::2]]
    splits = Splits(*(part for i, t in zip(index[::2], targets, strict=True) for part in (x[i], t)))
    weights, taught, said = _weights(config, target, s, index)
    loss: Any = cross_entropy if target.classes else binary_cross_entropy if target.labels else mse
    optimizer, judge = AdamW(config.lr, net.layout, config.weight_decay), replace(exam, weights=weights)
    learning: dict[str, Any] = {"exam": judge, "updates": config.updates, "batch": config.batch}
    learner = TableLearner(splits, net, optimizer, rng, loss=loss, sample_weight=taught, **learning)
    places = tuple(f"line {n}" if config.file else f"row {n - 1}" for n in rows.take(index.x_test).lines)
    learner.source, learner.predictor = Source(read.encoder, read.page, places, said), predictor
    return learner


def _units(t: Array) -> tuple[list[float], list[float]]:
    """Mean and deviation of each value of t (N, O)."""
    mean, std = t.mean(0), t.std(0)
    std[std == 0] = 1
    return mean.tolist(), std.tolist()


def _weights(config: Config, target: Target, s: Array | None, index: Splits) -> tuple[Weights, Array | None, str]:
    """The weights of the exam, those of learning, and what the page says of them."""
    train, val, test = (None if s is None else s[i] for i in index[::2])
    for part, own in (("training", train), ("validation", val), ("test", test)):
        if own is not None and not own.any():
            raise ValueError(f"the weights of all rows in the {part} part are 0")
    a, said = class_weights(config.class_weight, target.classes, index.t_train, train), list[str]()
    if s is not None:
        said.append(
            f"The column {config.sample_weight} weighs the rows, in learning and in all figures here. Baselines "
            "learn with the same weights, if they can. Pictures and the list of wrong rows count each row once."
        )
    if a is None:
        return Weights(train, val, test), train, "\n".join(said)
    each = ", ".join(f"{name[:40]} {weight:.4g}" for name, weight in zip(target.classes, a, strict=True))
    said.append(
        f"In learning, and in choosing the weights of the network, the classes count: {each}. Figures of the "
        "test part and baselines do not heed that."
    )
    taught, chosen = (a[t] * (1 if own is None else own) for t, own in ((index.t_train, train), (index.t_val, val)))
    if not chosen.any():
        raise ValueError("the weights of all rows in the validation part are 0")
    return Weights(train, chosen, test), taught, "\n".join(said)


def _net(config: Config, I: int, O: int) -> Layer:
    H, p = config.hidden, config.dropout
    return Sequential(Linear(I, H), relu, Dropout(p), Linear(H, H), relu, Dropout(p), Linear(H, O, init=glorot))


def _rows(config: Config, data: Any) -> tuple[Rows, tuple[str, ...]]:
    """The table with its targets, and the names of those columns."""
    if config.file:
        rows = read_table(data.file(config.file, LARGEST), config.target)
        if not config.target:
            raise ValueError(f"name the column to be learnt with --target: {', '.join(rows.columns)}")
        for name in config.target:
            rows.column(name)
        return rows, tuple(dict.fromkeys(config.target))
    if config.target:
        raise ValueError("--target goes with --file: the target of this table is known")
    table = data(config.name)
    rows, name = rows_of(table.x, table.features), TARGET
    rows.columns[name] = [table.classes[k] for k in table.t] if table.classes else list(map(repr, table.t.tolist()))
    return rows, (name,)
