"""What comes with scikit-learn: handwritten digits, and four small tables."""

from functools import partial
from typing import Any

import numpy as np

from core.lab.data.sets import DataSet
from core.lab.data.splits import Splits, Table, split_at

UCI = "CC BY 4.0"


def read_digits() -> Splits:
    """Handwritten digits 8x8: x (N, 64) in [0, 1], 1200, 237 and 360 of them.

    The data does not say who wrote which digit, so every division mixes the 13 writers over its parts: the test
    part measures new digits, not new writers.
    """
    from sklearn.datasets import load_digits

    x, t = load_digits(return_X_y=True)
    return split_at((x / 16).astype(np.float32), t.astype(np.int64), 1200, 237)


def read_table(load: str, **options: Any) -> Table:
    from sklearn import datasets

    source = getattr(datasets, load)(**options)
    classes = tuple(str(name) for name in source.get("target_names", ()))
    t = source.target.astype(np.int64 if classes else np.float32)
    return Table(source.data.astype(np.float32), t, tuple(source.feature_names), classes)


def _table(about: str, licence: str, citation: str, load: str, **options: Any) -> DataSet:
    return DataSet(about, licence, citation, partial(read_table, load, **options), embedded="scikit-learn")


DIGITS = DataSet(
    "1,797 handwritten digits, 8x8 pixels",
    UCI,
    "E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998, https://doi.org/10.24432/C50P49",
    read_digits,
    embedded="scikit-learn",
)
IRIS = _table(
    "150 flowers: 4 measures, 3 species", UCI, "R. A. Fisher, UCI, 1936, https://doi.org/10.24432/C56C76", "load_iris"
)
WINE = _table(
    "178 wines: 13 measures, 3 growers",
    UCI,
    "S. Aeberhard, M. Forina, UCI, 1991, https://doi.org/10.24432/C5PC7J",
    "load_wine",
)
BREAST_CANCER = _table(
    "569 tumours: 30 measures, malignant or benign",
    UCI,
    "W. Wolberg, O. Mangasarian, N. Street, W. Street, UCI, 1993, https://doi.org/10.24432/C5DW2B",
    "load_breast_cancer",
)
DIABETES = _table(
    "442 patients: 10 measures, progression after a year",
    "none stated",
    'B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, "Least Angle Regression", Annals of Statistics 32(2), 2004',
    "load_diabetes",
    scaled=False,
)
