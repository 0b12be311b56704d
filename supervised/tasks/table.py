"""Any table: a csv file of your own, or a small one that comes with scikit-learn; classes or values."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import AdamW, Array, Dropout, Layer, Linear, Rng, Sequential, cross_entropy, glorot, mse, relu
from core.lab import Report, Splits, UserPath, check, nearest, split
from core.lab.data.encoder import Encoder, encoded
from core.lab.data.splits import split_classes
from core.lab.data.tables import LARGEST, SUFFIXES, Rows, read_table, rows_of
from supervised.learner import Supervised
from supervised.metrics.classification import Classification
from supervised.metrics.regression import Regression
from supervised.tables.targets import target_of

PARADIGM = "supervised"
ABOUT = """
Any table in a csv file: name it with --file and the column to be learnt with --target. Numbers, words and gaps are
read as they come; the target may be classes or values. Without a file it learns a small table of scikit-learn. The
report sets it beside ensembles of trees, which are hard to beat here; being level with them is good.
"""
NAMES = ("iris", "wine", "breast-cancer", "diabetes")
KINDS = ("auto", "classes", "value")
LEAST = 20  # rows


@dataclass(frozen=True)
class Config:
    file: UserPath = ""  # a csv file of your own, whose first line names the columns
    target: str = ""  # the column of that file to be learnt
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

    def __post_init__(self) -> None:
        check(self, positive=("hidden", "updates", "batch", "lr"), nonnegative=("weight_decay",), share=("dropout",))
        for what, name, known in (("table", self.name, NAMES), ("kind", self.kind, KINDS)):
            if name not in known:
                raise ValueError(f"there is no {what} {name!r}{nearest(name, known)}")


PRESETS = {"quick": {"updates": 600}, "best": {"hidden": 128, "updates": 4000}}


class TableLearner(Supervised):
    """A learner that reads rows as they stand in a csv file, and is set beside the methods that are made for tables."""

    encoder: Encoder
    page: str  # how the columns were read
    reads = SUFFIXES  # files whose bytes `predict` takes

    def predict(self, w: Array, x: bytes | Rows | Array) -> Any:
        """What is said of each row of a csv file, given as its bytes or as Rows; an array is features as learnt."""
        rows = read_table(x, self.encoder.names) if isinstance(x, bytes) else x
        return super().predict(w, self.encoder(rows) if isinstance(rows, Rows) else rows)

    def report(self, w: Array, folder: Path | None) -> Report:
        made = super().report(w, folder)
        made.baselines.update(trees(self.splits))
        made.texts["How the columns were read"] = self.page
        return made


def make(config: Config, rng: Rng, data: Any) -> TableLearner:
    try:
        rows, name = _rows(config, data)
        kind = "classes" if config.kind == "auto" and name in config.categorical else config.kind
        rows, t, names, told = target_of(rows, name, kind)
        if len(rows) < LEAST:
            raise ValueError(f"the table has {len(rows)} rows; at least {LEAST} are needed to learn, choose and test")
        # fixed for good, by the number of rows, and in a file of one's own by their classes too
        index = (split_classes if config.file and names else split)(np.arange(len(rows)), t)
        categorical = [column for column in config.categorical if column != name]
        features = rows.without(name)
        read = encoded(features, index.x_train, config.file, categorical=categorical, ignore=config.ignore, told=told)
    except ValueError as error:
        raise ValueError(f"{config.file or config.name}: {error}") from error
    x = read.x
    mean, std = (0.0, 1.0) if names else (float(index.t_train.mean()), float(index.t_train.std()) or 1.0)
    targets = [p if names else ((p - mean) / std).astype(np.float32) for p in index[1::2]]
    splits = Splits(*(part for i, t in zip(index[::2], targets, strict=True) for part in (x[i], t)))
    net = _net(x.shape[1], config, len(names) or 1)
    optimizer = AdamW(config.lr, net.layout, config.weight_decay)
    exam = Classification(names, monitor="-val_nats") if names else Regression(mean, std)
    learning: dict[str, Any] = {"exam": exam, "updates": config.updates, "batch": config.batch}
    learner = TableLearner(splits, net, optimizer, rng, loss=cross_entropy if names else mse, **learning)
    learner.encoder, learner.page = read.encoder, read.page
    return learner


def _net(I: int, config: Config, O: int) -> Layer:
    H, p = config.hidden, config.dropout
    return Sequential(Linear(I, H), relu, Dropout(p), Linear(H, H), relu, Dropout(p), Linear(H, O, init=glorot))


def _rows(config: Config, data: Any) -> tuple[Rows, str]:
    """The table with its target, and the name of that column."""
    if config.file:
        rows = read_table(data.file(config.file, LARGEST), [name for name in (config.target,) if name])
        if not config.target:
            raise ValueError(f"name the column to be learnt with --target: {', '.join(rows.columns)}")
        rows.column(config.target)
        if config.target in config.ignore:
            raise ValueError(f"the column {config.target!r} is to be learnt, and to be left out")
        return rows, config.target
    table = data(config.name)
    rows, name = rows_of(table.x, table.features), "target"
    rows.columns[name] = [table.classes[k] for k in table.t] if table.classes else list(map(repr, table.t.tolist()))
    return rows, name


def trees(splits: Splits) -> dict[str, float]:
    """Test accuracy, or R^2 where t is (N, 1), of ensembles of trees fitted on the training part (scikit-learn)."""
    from sklearn import ensemble

    t, t_test = splits.t_train.ravel(), splits.t_test.ravel()
    if len(np.unique(t)) < 2:
        return {}
    kind = "Classifier" if splits.t_train.ndim == 1 else "Regressor"
    methods = {"gradient boosting": "HistGradientBoosting", "random forest": "RandomForest"}
    models = {name: getattr(ensemble, method + kind)(random_state=0) for name, method in methods.items()}
    return {name: float(model.fit(splits.x_train, t).score(splits.x_test, t_test)) for name, model in models.items()}
