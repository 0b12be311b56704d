"""Clusters in any table: a csv file of your own, or a small table of scikit-learn; how many, it can find out itself."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core import Array, Rng
from core.lab import Report, Splits, UserPath, nearest, split, write_text
from core.lab.data.encoder import Encoder, encoded
from core.lab.data.notation import blank
from core.lab.data.splits import split_classes
from core.lab.data.tables import LARGEST, SUFFIXES, Rows, read_table, rows_of
from unsupervised.clustering.describe import in_units, typical, with_clusters
from unsupervised.clustering.evaluate import Terms
from unsupervised.clustering.prediction_strength import choose_clusters
from unsupervised.clustering.predictor import ClusterPredictor
from unsupervised.clustering.table_methods import METHODS, TableClusters, table_predictor

PARADIGM = "unsupervised"
ABOUT = """Rows of a table go in: a csv file of your own, or one of three small tables. Each row gets a cluster, and
the report says what the members of a cluster have in common. The number of clusters can be found by itself. The
score is the accuracy against classes if the table has a target column, else the silhouette. Compare it with k-means
and three other methods, which are beside it."""
TABLES = ("iris", "wine", "breast-cancer")
LEAST = 20  # rows
FACTS = {"encoder": dict, "clusters": int}
TAUGHT = 5_000  # of the training part that are learnt from, since neighbours cost the square; all rows get a cluster


@dataclass(frozen=True)
class Config(TableClusters):
    file: UserPath = ""  # a csv file of your own, whose first line names the columns
    table: str = "iris"  # iris, wine or breast-cancer, where no file is given
    target: str = ""  # a column of the file with classes: left out of learning, and set beside the clusters at the end
    categorical: tuple[str, ...] = ()  # columns of codes that only look like numbers
    ignore: tuple[str, ...] = ()  # columns to be left out, such as row numbers
    clusters: int = 0  # how many; 0: as many as are found again in rows that were held back (prediction strength)
    hidden: int = 64  # units in the hidden layer
    code: int = 4  # numbers in the code of an auto-encoder
    updates: int = 300  # minibatches of each start; of an auto-encoder, updates times starts in all

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.clusters < 0 or self.clusters == 1:
            raise ValueError(f"clusters must be at least 2, or 0 to have them counted, not {self.clusters}")


PRESETS = {"quick": {"updates": 100}, "best": {"updates": 600, "n_init": 10}}


def predictor(config: Config, facts: Any) -> ClusterPredictor:
    """Raises ValueError for an encoder that is none."""
    encoder = Encoder.from_json(facts["encoder"])

    def read(raw: bytes) -> Array:
        return encoder(read_table(raw, encoder.names))

    reading: dict[str, Any] = {"reads": SUFFIXES, "read": read, "encoder": encoder, "columns": encoder.names}
    return table_predictor(config, len(encoder.features), facts["clusters"], **reading)


def make(config: Config, rng: Rng, data: Any) -> Any:
    def tell(report: Report, clusters: Callable[[Array], Array], folder: Path | None) -> None:
        said = clusters(x)
        report.texts["A typical member of each cluster"] = typical(rows, encoder, said)
        report.texts["How the columns were read"] = page
        if choice:
            report.texts["Given"] += " That number was not given but found, see below."
            report.texts["How many clusters"] = str(choice)
        if names:
            report.texts["Classes"] = "\n".join(f"{k}: {name}" for k, name in enumerate(names))
        if folder:
            write_text(folder / "clusters.csv", with_clusters(rows, said))
            report.texts["All rows with their cluster"] = "clusters.csv, beside this page"

    try:
        rows, target = _rows(config, data)
        t, names = _classes(rows, target) if target else (np.zeros(0, int), [])
        if len(rows) < LEAST:
            raise ValueError(f"the table has {len(rows)} rows; at least {LEAST} are needed to learn, choose and test")
        order = np.arange(len(rows))
        # fixed for good: by the number of rows, and in a file of one's own by their classes, if it has any
        index = split_classes(order, t) if config.file and target else split(order, t if target else order)
        index = index._replace(x_train=index.x_train[:TAUGHT], t_train=index.t_train[:TAUGHT])  # they are in no order
        t_parts = index[1::2] if target else (t, t, t)
        categorical = [column for column in config.categorical if column != target]
        x, encoder, page = encoded(
            rows.without(target), index.x_train, config.file, categorical=categorical, ignore=config.ignore, told=()
        )
        splits = Splits(*(a for i, part in zip(index[::2], t_parts, strict=True) for a in (x[i], part)))
        choice = choose_clusters(np.concatenate([splits.x_train, splits.x_val])) if not config.clusters else None
        if choice and choice.clusters == 1:
            raise ValueError(
                "no clusters were found again in rows that were held back: it seems to be one heap; "
                "--clusters K divides it all the same"
            )
        facts = {"encoder": encoder.to_json(), "clusters": choice.clusters if choice else config.clusters}
        terms = Terms(partial(in_units, encoder), tell)
        learner = METHODS[config.method](splits, predictor(config, facts), config, rng, terms=terms)
        learner.prediction = lambda: facts
        return learner
    except ValueError as error:
        raise ValueError(f"{config.file or config.table}: {error}") from error


def _rows(config: Config, data: Any) -> tuple[Rows, str]:
    """The table, and the name of the column of its classes, empty if there is none."""
    if config.file:
        names = config.target, *config.categorical, *config.ignore
        rows = read_table(data.file(config.file, LARGEST), [name for name in names if name])
        if config.target:
            rows.column(config.target)
        return rows, config.target
    name = config.table.replace("_", "-")
    if name not in TABLES:
        raise ValueError(f"there is no such table{nearest(name, TABLES)}; a csv file is given with --file")
    if config.target:
        raise ValueError("--target goes with --file: the classes of this table are known")
    table = data(name)
    rows, target = rows_of(table.x.astype(str).astype(float), table.features), "target"  # 5.1, not 5.0999999
    rows.columns[target] = [table.classes[k] for k in table.t]
    return rows, target


def _classes(rows: Rows, target: str) -> tuple[Array, list[str]]:
    """t (N,) from 0 to C - 1, and their names; a missing class is one of its own.

    Raises ValueError for classes that can judge no clusters: one, or nearly as many as there are rows.
    """
    names, t = np.unique(["" if blank(text) else text for text in rows.column(target)], return_inverse=True)
    if not 2 <= len(names) <= len(rows) / 2:
        raise ValueError(
            f"the target {target!r} has {len(names)} classes in {len(rows)} rows, which can judge no "
            "clusters: leave --target away, or name another column"
        )
    return t, [name or "missing" for name in names.tolist()]
