"""What the page of a table says beside its figures: the columns that matter, the rows that are most wrong."""

import re
from dataclasses import replace

import numpy as np
import pytest
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression

from core.lab import Report, Splits
from core.lab.data.encoder import learn
from core.lab.data.registry import Data
from core.lab.data.tables import rows_of
from supervised.metrics.classification import Classification
from supervised.metrics.labels import Labels
from supervised.metrics.regression import Regression, r2
from supervised.tables import importance
from supervised.tables.importance import importances, rows_asked, tell
from supervised.tables.mistakes import worst_rows
from supervised.tasks.table import Config, make

RNG = np.random.default_rng(0)
X = RNG.standard_normal((400, 3))
ROWS = rows_of(X, "abc")


def test_importances_are_those_of_scikit_learn():
    encoder = learn(ROWS)
    x = encoder(ROWS).astype(float)
    t = 3 * x[:, :1] + x[:, 1:2]
    model = LinearRegression().fit(x, t)
    ours = importances(encoder, lambda x: r2(model.predict(x), t), x)
    theirs = permutation_importance(model, x, t, n_repeats=30, random_state=1).importances_mean
    mean = [losses.mean() for losses in ours.values()]
    assert list(ours) == ["a", "b", "c"]
    assert mean == pytest.approx(list(theirs), abs=0.02)
    assert mean == pytest.approx([2 * 0.9, 2 * 0.1, 0], abs=0.1)  # 2 Var(its part) / Var(t)
    assert ours["a"].shape == (importance.REPEATS,)


def test_the_features_of_a_column_are_permuted_together():
    rows = rows_of(RNG.integers(3, size=(300, 2)), ["n", "code"])
    encoder = learn(rows, ["code"])
    x, seen = encoder(rows), []
    importances(encoder, lambda x: float(seen.append(x) or 0), x)
    for other in seen[1 : 1 + importance.REPEATS]:
        np.testing.assert_array_equal(other[:, 1:], x[:, 1:])
        assert (other[:, 0] != x[:, 0]).any()
    for other in seen[1 + importance.REPEATS :]:
        np.testing.assert_array_equal(other[:, 0], x[:, 0])
        assert (other[:, 1:].sum(1) == 1).all()
        assert (other[:, 1:] != x[:, 1:]).any()


def test_wide_and_long_tables_are_bounded():
    encoder = learn(rows_of(RNG.standard_normal((30, importance.COLUMNS + 1)), map(str, range(importance.COLUMNS + 1))))
    assert importances(encoder, lambda x: 0.0, np.zeros((3, len(encoder.features)))) == {}
    made = Report({"r2": 0.0}, "r2", 0, 1, "one")
    tell(made, {}, "R² lost", None)
    assert "more than 200 columns" in made.texts["How much each column matters"]
    assert rows_asked(50, encoder) == 50
    assert rows_asked(10**6, learn(ROWS)) == importance.ROWS
    assert rows_asked(10**6, encoder) == importance.WORK // (importance.REPEATS * 201**2)


def test_one_column_alone_matters_and_the_page_says_so(tmp_path):
    lines = [f"{a:.3f},{b:.3f},2023-{k % 12 + 1:02}-{k % 28 + 1:02},{5 * a:.3f}" for k, (a, b, _) in enumerate(X[:200])]
    (tmp_path / "a.csv").write_text("noise2,noise,when,t\n".replace("noise2", "matters") + "\n".join(lines) + "\n")
    config = Config(str(tmp_path / "a.csv"), "t", updates=300, dropout=0.0, weight_decay=0.01)
    learner = make(config, np.random.default_rng(0), Data())
    while learner.progress < 1:
        learner.update()
    lost = {name: losses.mean() for name, losses in learner.importances(learner.weights).items()}
    assert lost["matters"] == pytest.approx(2, abs=0.5)
    assert max(lost["noise"], lost["when"]) < 0.1
    made = Report({"r2": 0.0}, "r2", 0, 1, "one")
    tell(made, learner.importances(learner.weights), "R² lost", tmp_path)
    first = made.texts["How much each column matters"].split("\n")[:2]
    assert first[0].startswith("R² lost on the validation part")
    assert first[1].split()[0] == "matters"
    assert (tmp_path / "importance.png").read_bytes()[:4] == b"\x89PNG"
    x_val = learner.splits.x_val.copy()
    learner.importances(learner.weights)
    np.testing.assert_array_equal(learner.splits.x_val, x_val)


PLACES = [f"line {k}" for k in (2, 3, 14, 5)]


def test_the_surest_mistake_comes_first():
    y, t = np.log([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.6, 0.4]]), np.array([0, 0, 0, 1])
    assert worst_rows(Classification(("no", "yes")), y, t, PLACES).split("\n") == [
        "line 3   said yes (80%), true no (20%)",
        "line 14  said yes (70%), true no (30%)",
        "line 5   said no (60%), true yes (40%)",
    ]
    assert worst_rows(Classification(), y[:1], t[:1], PLACES).startswith("None: every row")


def test_the_largest_error_comes_first_in_its_units():
    y, t = np.array([[0.0], [1.0], [-1.0], [0.5]]), np.array([[0.0], [0.0], [1.0], [0.0]])
    lines = worst_rows(Regression(100.0, 10.0), y, t, PLACES).split("\n")
    assert lines[0] == "line 14  said 90, true 110, error -20"
    assert [line.split()[1] for line in lines] == ["14", "3", "5", "2"]
    lines = worst_rows(Regression(100_000.0, 10_000.0), y, t, PLACES).split("\n")
    assert lines[0] == "line 14  said 90000, true 110000, error -20000"
    two = Regression(np.array([0.0, 0.0]), np.array([1.0, 1000.0]), targets=("small", "large"))
    t = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 0.0], [1.0, 1.0]])
    y = t + np.array([[0.9, 0.0], [0.0, 0.5], [0.0, 0.0], [0.0, 0.0]])
    lines = worst_rows(two, y, t, PLACES).split("\n")
    assert lines[0] == "line 2   small: said 0.9, true 0, error +0.9; large: said 0, true 0, error +0"
    assert lines[1].startswith("line 3 ")


def test_labels_are_named():
    y, t = np.array([[3.0, -3.0], [3.0, 3.0], [-9.0, -1.0], [-1.0, -1.0]]), np.array([[1, 0], [1, 0], [1, 0], [0, 0]])
    assert worst_rows(Labels(("a", "b")), y, t, PLACES).split("\n") == [
        "line 14  said none; true a",
        "line 3   said a, b; true a",
    ]


def test_places_are_lines_of_the_file(tmp_path):
    (tmp_path / "a.csv").write_text("a,t\n" + "".join(f"{k},{k % 2}\n\n" for k in range(40)))
    learner = make(Config(str(tmp_path / "a.csv"), "t"), np.random.default_rng(0), Data())
    wrong = replace(learner.exam, splits=Splits(*learner.splits))
    y = np.eye(2)[1 - learner.splits.t_test]
    for line in worst_rows(wrong, y, learner.splits.t_test, learner.source.places).split("\n"):
        place, true = re.fullmatch(r"line (\d+) +said . \(73%\), true (.) \(27%\)", line).groups()
        assert (int(place) % 2, int(true)) == (0, (int(place) // 2 - 1) % 2)
    assert make(Config(name="iris"), np.random.default_rng(0), Data()).source.places[0].startswith("row ")
