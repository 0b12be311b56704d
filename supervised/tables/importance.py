"""How much a network needs each column of a table: what is lost when the column's cells are dealt out anew.

Permutation importance (Breiman 2001; Fisher, Rudin and Dominici 2019, arXiv:1801.01489): of the rows of the validation
part one column is permuted, all its features together, and the figure that judges there is taken again. A column that
another one stands in for looks less important than it is; and the figure says what this network uses, not what causes.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from core import Array
from core.lab import Report
from core.lab.data.encoder import Encoder

REPEATS = 5  # permutations of each column, as in scikit-learn
ROWS, WORK = 2000, 1 << 28  # validation rows at most, and entries that go through the network in all
COLUMNS = 200  # of a table with more, none is asked
SHOWN = 20  # columns in the picture and the text
Figure = Callable[[Array], float]  # x (N, I) of the validation part, changed -> how good the answers are there


def importances(encoder: Encoder, figure: Figure, x: Array) -> dict[str, Array]:
    """What `figure` loses, of x (N, I), as each column is permuted: REPEATS losses each. None of a very wide table."""
    if len(encoder.columns) > COLUMNS:
        return {}
    rng, whole, lost = np.random.default_rng(0), figure(x), dict[str, Array]()
    at = 0
    for column in encoder.columns:
        own = slice(at, at := at + len(column.features))
        losses = []
        for _ in range(REPEATS):
            other = x.copy()
            other[:, own] = x[rng.permutation(len(x)), own]
            losses.append(whole - figure(other))
        lost[column.name] = np.array(losses)
    return lost


def rows_asked(N: int, encoder: Encoder) -> int:
    """How many of N validation rows `importances` should be given, so that it stays a matter of seconds."""
    work = REPEATS * len(encoder.columns) * len(encoder.features)
    return min(N, ROWS, max(100, WORK // max(work, 1)))


def tell(made: Report, lost: Mapping[str, Array], figure: str, folder: Path | None) -> None:
    """Adds a text on the columns, the most important first, and with a folder the picture; `figure` in words."""
    if not lost:
        made.texts["How much each column matters"] = f"Not asked: the table has more than {COLUMNS} columns."
        return
    mean = {name: float(losses.mean()) for name, losses in lost.items()}
    names = sorted(mean, key=lambda name: -mean[name])[:SHOWN]
    wide = max(map(len, names))
    lines = [f"  {name:{wide}} {mean[name]:+8.4f}  (deviation {lost[name].std():.4f})" for name in names]
    more = [f"  and {len(lost) - SHOWN} columns more, which matter less"] * (len(lost) > SHOWN)
    about = f"{figure} on the validation part when the column's cells are dealt out anew among the rows:"
    made.texts["How much each column matters"] = "\n".join([about, *lines, *more])
    if folder:
        from core.lab.report.plots import bars

        spread = [float(lost[name].std()) for name in names]
        bars(folder / "importance.png", names, [mean[name] for name in names], spread, figure)
        made.pictures["importance.png"] = (
            f"How much each column matters: {figure} when its cells are dealt out anew, mean and deviation"
        )
