"""The picture of the README: one network, three teachers, on the same pictures.

    trivium compare digits --seeds 5 --out runs/digits
    python benchmarks/picture.py runs/digits --out docs/trivium.png

Above, for each teacher, weights into hidden units of the first seed, the 48 longest ones; below, the validation
accuracy of every seed while it learns, and as points the accuracy on the test part.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
TEACHERS = {
    "digits": "a label says which digit",
    "digit_clusters": "nobody says anything",
    "digit_bandit": "a reward says: right, or wrong",
}
COLOURS = {"digits": "C0", "digit_clusters": "C1", "digit_bandit": "C2"}


def tiles(W: Any, columns: int, most: int) -> Any:
    """The columns of W (64, H) as pictures of 8x8 in rows, each in its own scale from -1 to 1, a gap of 0 between."""
    chosen = np.argsort(-np.linalg.norm(W, axis=0))[:most]
    pictures = W.T[chosen].reshape(-1, columns, 8, 8)
    pictures = pictures / np.abs(pictures).max((2, 3), keepdims=True)
    return np.pad(pictures, ((0, 0), (0, 0), (1, 1), (1, 1))).transpose(0, 2, 1, 3).reshape(len(pictures) * 10, -1)


def main() -> None:
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    from core.lab.compare.groups import grouped
    from core.lab.compare.page import first_matrix

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="that of `trivium compare digits`")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "trivium.png")
    options = parser.parse_args()

    folders = sorted(path.parent for task in TEACHERS for path in options.folder.glob(f"{task}-*/result.json"))
    groups = {group.first["task"]: group for group in grouped(folders)}
    drawn = Figure(figsize=(10.8, 5.0), layout="constrained")
    above, below = drawn.subfigures(2, 1, height_ratios=(1, 1.5))
    for axis, (task, teacher) in zip(above.subplots(1, 3), TEACHERS.items(), strict=True):
        run = groups[task].run
        W = first_matrix(run)
        axis.imshow(tiles(W, 12, 48), cmap="RdBu", vmin=-1, vmax=1, interpolation="nearest")
        axis.set_axis_off()
        axis.set_title(f"{teacher}", color=COLOURS[task], fontsize=12)
    axis = below.subplots()
    for task, group in groups.items():
        said = group.first["answers"]
        label = (
            f"{task}: {said:,} answers"
            if said > 10
            else f"{task}: {said} names for the clusters at the end; it starts twice"
        )
        for k, (log, value) in enumerate(zip(group.logs, group.values("test_accuracy"), strict=True)):
            points = [(row["examples"], row["val_accuracy"]) for row in log if "val_accuracy" in row]
            axis.plot(*zip(*points, strict=True), color=COLOURS[task], alpha=0.5, linewidth=1.2)
            axis.plot(
                log[-1]["examples"],
                value,
                "o",
                color=COLOURS[task],
                markersize=5,
                alpha=0.8,
                label=label if k == 0 else None,
            )
    axis.set(xscale="log", ylim=(0.69, 1.01), xlabel="images seen, each augmented anew", ylabel="accuracy")
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:.0%}"))
    axis.grid(alpha=0.3)
    axis.legend(
        loc="lower left",
        title=f"the same network of {groups['digits'].first['parameters']:,} parameters, five seeds",
        fontsize=9,
    )
    drawn.savefig(options.out, dpi=100)


if __name__ == "__main__":
    main()
