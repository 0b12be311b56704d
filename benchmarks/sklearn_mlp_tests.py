"""scikit-learn's own tests of its networks, run against ours by substitution; what fails is listed with its reason.

    python benchmarks/sklearn_mlp_tests.py

`sklearn/neural_network/tests/test_mlp.py` of the installed scikit-learn is collected as it stands, with MLPClassifier
and MLPRegressor replaced by ours under scikit-learn's names of the parameters. A test that fails and is not in
`REASONS`, or one that is and passes, is an error (exit code 1). The list is of scikit-learn 1.9.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sklearn
import sklearn.neural_network as place

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core import AdamW, Momentum
from supervised.estimators import NetworkClassifier, NetworkRegressor

PRIVATE = "reads a private attribute of scikit-learn's class"
WORDS = "is refused in other words"
NO_WARNING = "no ConvergenceWarning: epochs is a budget, and n_iter_ == epochs says that it was used up"
REASONS = {  # by the name of the test, with or without its parameters
    "test_fit": "sets weights one layer at a time, of a network with one output for two classes; ours are one vector",
    "test_gradient": f"{PRIVATE}; tests/core check every gradient",
    "test_lbfgs_classification_maxfun": NO_WARNING,
    "test_lbfgs_regression_maxfun": NO_WARNING,
    "test_mlp_warm_start_no_convergence": NO_WARNING,
    "test_learning_rate_warmstart": f"{PRIVATE}; step sizes follow a schedule of progress, not power_t",
    "test_adaptive_learning_rate": f"{PRIVATE}; step sizes follow a schedule of progress, not the loss",
    "test_multilabel_classification": "the loss of K labels is their mean, scikit-learn's their sum: it needs more lr",
    "test_predict_proba_multilabel": "several probabilities of a row are 1 to the last bit: their maximum is a tie",
    "test_nonfinite_params": WORDS,
    "test_warm_start": WORDS,
    "test_early_stopping_stratified": f"{WORDS}, which name the class as the user does",
    "test_mlp_diverging_loss": "a fit that diverges is refused, with early stopping too",
    "test_shuffle": "rows are always shuffled",
    "test_n_iter_no_change": f"{PRIVATE}; it stops at the same epoch",
    "test_n_iter_no_change_inf": PRIVATE,
    "test_preserve_feature_names[Classifier]": "one class alone is refused (the test needs pandas)",
}


class Translated:
    """Parameters by scikit-learn's names; ours are read off them."""

    def __init__(
        self,
        loss: Any = None,
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 1e-4,
        batch_size: Any = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 1e-3,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: Any = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
    ) -> None:
        given = dict(locals())
        del given["self"]
        for name, value in given.items():
            setattr(self, name, value)
        self.loss = loss or ("log_loss" if isinstance(self, NetworkClassifier) else "squared_error")

    dropout, scoring, quantile, class_weight = 0.0, None, 0.5, None
    schedule = staticmethod(lambda progress: 1.0)
    hidden = property(lambda self: self.hidden_layer_sizes)
    lr = property(lambda self: self.learning_rate_init)
    epochs = property(lambda self: self.max_iter)
    batch = property(lambda self: 200 if self.batch_size == "auto" else self.batch_size)
    decay = property(lambda self: self.alpha / self.rows)  # scikit-learn divides its penalty by the number of rows

    @property
    def callback(self) -> Any:
        return (lambda model, row: print("Iteration", model.n_iter_, row["loss"])) if self.verbose else None

    @property
    def optimizer(self) -> Any:
        if self.solver == "sgd":
            return Momentum(self.lr, self.momentum, nesterov=self.nesterovs_momentum and self.momentum > 0)
        if self.solver == "adam":
            return lambda layout: AdamW(self.lr, layout, self.decay, self.beta_1, self.beta_2, self.epsilon)
        return self.solver

    def _learn(self, X: Any, *args: Any) -> Any:
        self.rows = X.shape[0]
        return super()._learn(X, *args)  # type: ignore[misc]


class Classifier(Translated, NetworkClassifier):
    pass


class Regressor(Translated, NetworkRegressor):
    pass


class Outcomes:
    """A plugin of pytest: what became of each test, and the line that a failure ends in."""

    def __init__(self) -> None:
        self.found: dict[str, tuple[str, str]] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call" or report.outcome != "passed":
            line = str(report.longrepr.reprcrash.message).splitlines()[0] if report.failed else ""
            self.found[report.nodeid.rpartition("::")[2]] = report.outcome, line


def outcomes() -> dict[str, tuple[str, str]]:
    """Of each test of the file: passed, failed or skipped, and why it failed."""
    place.MLPClassifier, place.MLPRegressor = Classifier, Regressor
    plugin, tests = Outcomes(), Path(place.__file__).parent / "tests" / "test_mlp.py"
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder, "pytest.ini")
        empty.write_text("[pytest]\n")
        root = Path(sklearn.__file__).parents[1]
        args = ["-c", str(empty), f"--rootdir={root}", f"--confcutdir={root}", "-p", "no:cacheprovider"]
        pytest.main([*args, "-p", "no:terminal", "-W", "ignore", str(tests)], plugins=[plugin])
    return plugin.found


def main() -> int:
    found, wrong = outcomes(), 0
    for name, (outcome, line) in found.items():
        reason = REASONS.get(name) or REASONS.get(name.partition("[")[0])
        if outcome != "skipped" and (outcome == "failed") != bool(reason):
            wrong += 1
            print(f"NOT AS LISTED: {name} {outcome}: {line[:200]}")
        elif reason:
            print(f"fails as listed: {name}: {reason}")
    counts = Counter(outcome for outcome, _ in found.values())
    print(f"scikit-learn {sklearn.__version__}:", ", ".join(f"{n} {outcome}" for outcome, n in sorted(counts.items())))
    return 1 if wrong or not found else 0


if __name__ == "__main__":
    sys.exit(main())
