"""What carrying over brought: test accuracy from few labels, beside the same labels without it, draw by draw."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core import Array
from core.lab import Report, Splits
from core.lab.report.plots import drawing
from core.lab.stats.intervals import mean_interval
from supervised.baselines import accuracy, predictions

NOTHING, CARRIED, FROZEN = "network from nothing", "network from the source", "the same, carried layers frozen"
PIXELS, SVM = "logistic regression", "support vector machine"
SHORT = {NOTHING: "from_nothing", CARRIED: "carried", FROZEN: "frozen", PIXELS: "logistic", SVM: "svm"}  # in metrics
GAINS = CARRIED, FROZEN  # over the network from nothing, draw by draw


def without_a_network(target: Splits, chosen: Array) -> dict[str, float]:
    """Test accuracies of scikit-learn's methods on the pixels, given the chosen training examples."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC

    x, t = target.x_train[chosen], target.t_train[chosen]
    methods = {PIXELS: LogisticRegression(max_iter=300), SVM: SVC(C=10)}
    return {name: accuracy(y, target.t_test) for name, y in predictions(methods, x, t, target.x_test).items()}


def transfer_report(
    networks: Array, target: Splits, labels: Sequence[int], orders: Array, folder: Path | None
) -> Report:
    """`networks` are the test accuracies (3, labels, draws) of the trios; `orders` (draws, most) the labels drawn.

    An interval is Student's t over the draws: of the labels and of the starts, for one source network.
    """
    others = [[without_a_network(target, order[:n]) for order in orders] for n in labels]
    found = dict(zip((NOTHING, CARRIED, FROZEN), networks, strict=True))
    found |= {name: np.array([[one[name] for one in row] for row in others]) for name in (PIXELS, SVM)}
    metrics, rows = dict[str, float](), list[str]()
    for k, n in enumerate(labels):
        metrics |= {f"test_accuracy_{n}_{short}": float(found[name][k].mean()) for name, short in SHORT.items()}
        rows += [f"{n:6} labels  {values[k].mean():.4f}           {name}" for name, values in found.items()]
        for name in GAINS:
            mean, low, high = mean_interval((found[name][k] - found[NOTHING][k]).tolist())
            metrics[f"gain_{n}_{SHORT[name]}"] = mean
            if np.isfinite(low):
                metrics |= {f"gain_{n}_{SHORT[name]}_low": low, f"gain_{n}_{SHORT[name]}_high": high}
            rows.append(f"{n:6} labels  {mean:+.4f} [{low:+.4f}, {high:+.4f}]  {name}, gain over from nothing")
    few = min(range(len(labels)), key=lambda k: labels[k])
    baselines = {name: float(values[few].mean()) for name, values in found.items() if name != CARRIED}
    report = Report(
        metrics,
        f"test_accuracy_{labels[few]}_{SHORT[CARRIED]}",
        1 / len(np.unique(target.t_train)),
        baselines[NOTHING],
        "the same network from nothing, given the same labels",
        baselines,
        texts={"Test accuracy, the mean over the draws of labels": "\n".join(rows)},
    )
    if folder:
        draw(folder / "transfer.png", found, labels)
        report.pictures["transfer.png"] = (
            "Test accuracy; a line joins what learnt from one draw of labels, numbers are means"
        )
    return report


def draw(path: Path, found: dict[str, Array], labels: Sequence[int]) -> None:
    """For each number of labels a panel: the accuracies (draws,) of each method, those of one draw joined."""
    names = {
        NOTHING: "network\nfrom nothing",
        CARRIED: "network\nfrom source",
        FROZEN: "network,\nfrozen layers",
        PIXELS: "logistic\nregression",
        SVM: "SVM",
    }
    with drawing(path, (1 + 4 * len(labels), 4), 1, len(labels), squeeze=False, dpi=110) as axes:
        for k, axis in enumerate(axes[0]):
            axis.plot([0, 1, 2], [found[name][k] for name in (NOTHING, CARRIED, FROZEN)], color="0.75", lw=1, zorder=1)
            for place, name in enumerate(names):
                values = found[name][k]
                axis.plot([place] * len(values), values, "o", color="#13c" if place in (1, 2) else "0.4", ms=4)
                at, text = (place, values.max()), f"{values.mean():.1%}"
                axis.annotate(text, at, (0, 5), textcoords="offset points", ha="center", fontsize=8)
            axis.set(title=f"{labels[k]} labels", xticks=range(len(names)), ylabel="test accuracy" if k == 0 else "")
            axis.set_xticklabels(list(names.values()), fontsize=8)
            axis.yaxis.set_major_formatter("{x:.1%}")
            axis.margins(0.12, 0.12)
