"""A run of a table is asked about rows as people have them: files with the target, frames, arrays."""

import json

import numpy as np
import pytest

from core.lab.cli import main
from core.lab.runs.run import open_run, prepare, start

pytestmark = pytest.mark.usefixtures("few_baselines")
CITIES = ("Rome", "Oslo", "Bern")


def rows(rng, n):
    """A height with a decimal comma, a city, and whether the height is above 0, or the height doubled."""
    for k in range(n):
        h, city = rng.uniform(-2, 2), CITIES[k % 3]
        yield f"{h:.3f};{city};{'tall' if h > 0 else 'small'};{2 * h:.3f}".replace(".", ",")


@pytest.fixture
def ran(tmp_path, monkeypatch):
    """A run of the table, of so many folds and such a target, and a table to ask about."""
    monkeypatch.chdir(tmp_path)
    rng, head = np.random.default_rng(0), "height;city;size;double"
    for name, n in (("old.csv", 150), ("new.csv", 20)):
        (tmp_path / name).write_text("\n".join([head, *rows(rng, n)]) + "\n")

    def run(target, folds):
        ignore = "double" if target == "size" else "size"
        options = {"file": "old.csv", "target": target, "ignore": ignore, "folds": folds, "updates": 150}
        return start(prepare("table", "quick", options, 0, None), tmp_path / "run", pictures=False)

    return run


@pytest.mark.parametrize("folds", [0, 2])
def test_classes(ran, folds, capsys):
    run = ran("size", folds)
    assert main(["predict", "run", "new.csv", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    right = np.mean([each["answer"] == each["true"] for each in said["answers"]])
    assert said["score"] == {"target": ["size"], "rows": 20, "accuracy": right}
    assert right >= 0.9
    again = open_run(run.folder)
    assert again.classes == ("small", "tall")
    frame = {"city": ["Rome", None], "height": [1.234, -1.5]}  # 1.234 with a decimal comma would be 1234
    assert again.predict(frame).tolist() == ["tall", "small"]
    x = np.array([[1.234, "Rome"], [-1.5, None]], object)
    np.testing.assert_array_equal(again.predict_proba(x), again.predict_proba(frame))
    assert again.predict_proba(frame).sum(1) == pytest.approx([1, 1])
    assert main(["predict", "run", "new.csv", "--threshold", "1"]) == 0
    assert set(capsys.readouterr().out.split()) == {"small"}
    (run.folder.parent / "open.csv").write_text("height;city;size\n1,5;Rome;\n-1,5;Rome;\n")
    assert main(["predict", "run", "open.csv"]) == 0
    assert capsys.readouterr().out.split() == ["tall", "small"]  # a target that is still to be filled in costs nothing


def test_values(ran, capsys):
    ran("double", 0)
    assert main(["predict", "run", "new.csv", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    t = np.array([float(each["true"].replace(",", ".")) for each in said["answers"]])
    y = np.array([each["answer"] for each in said["answers"]])
    assert said["score"]["r2"] == pytest.approx(1 - ((t - y) ** 2).sum() / ((t - t.mean()) ** 2).sum())
    assert said["score"]["r2"] > 0.8
    assert "probability" not in said["answers"][0]
