"""Several targets of a table: values with a figure each, labels that hold or not; and folders of before."""

import json
import re

import numpy as np
import pytest
from sklearn import metrics

from core.checkpoint import load, save
from core.lab.data.registry import Data
from core.lab.data.tables import read_table
from core.lab.errors import Refusal
from core.lab.runs.folder import CONFIG
from core.lab.runs.loop import CHECKPOINT
from core.lab.runs.run import open_run, prepare, start
from supervised.metrics.labels import Labels, f1_each
from supervised.tables.targets import targets_of
from supervised.tasks.table import Config, make

RNG = np.random.default_rng(0)


def table(text):
    return read_table(text.encode())


def test_what_several_columns_are_is_decided_by_all_of_them():
    both = targets_of(table("a,b\n0,1\n1,0\n1,1\n0,0\n"), ("b", "a"))
    assert (both.labels, both.t.tolist(), both.classes) == (True, [[1, 0], [0, 1], [1, 1], [0, 0]], ())
    assert not targets_of(both.rows, ("b", "a"), "value").labels
    mixed = targets_of(table("a,b\n0,1.5\n1,0\n1,1\n"), ("a", "b"))
    assert (mixed.labels, mixed.t[0].tolist()) == (False, [0, 1.5])
    with pytest.raises(ValueError, match="'b' holds other values than 0 and 1"):
        targets_of(mixed.rows, ("a", "b"), "classes")
    with pytest.raises(ValueError, match=re.escape("line 2: 'x' in the column 'b' is not a finite number")):
        targets_of(table("a,b\n0,x\n1,y\n"), ("a", "b"))


def test_a_row_that_lacks_one_target_is_left_out():
    found = targets_of(table("a,b\n0,5\n?,6\n2,7\n3,-\n4,9\n"), ("a", "b"))
    assert found.t.tolist() == [[0, 5], [2, 7], [4, 9]]
    assert found.rows.lines == [2, 4, 6]
    assert [line.split(":")[0] for line in found.told] == ["a", "b"]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("targets") / "a.csv"
    x = RNG.standard_normal((240, 2))
    lines = [f"{a:.3f},{b:.3f},{1000 + 100 * a:.2f},{b:.3f},{int(a > 0)},{int(b > 0)}" for a, b in x]
    path.write_text("a,b,big,small,up,right\n" + "\n".join(lines) + "\n")
    return str(path)


def test_values_of_any_size_are_learnt_side_by_side(file, tmp_path):
    config = Config(file, ("big", "small"), ignore=("up", "right"), dropout=0.0, weight_decay=0.01, updates=500)
    learner = make(config, np.random.default_rng(0), Data())
    while learner.progress < 1:
        learner.update()
    assert learner.monitor == "+val_r2"
    report = learner.report(learner.weights, tmp_path)
    said, true = (
        learner.exam.answer(y) for y in (learner.outputs(learner.weights, learner.splits.x_test), learner.splits.t_test)
    )
    each = metrics.r2_score(true, said, multioutput="raw_values")
    assert [report.metrics[f"test_r2_{name}"] for name in ("big", "small")] == pytest.approx(list(each), abs=1e-5)
    assert report.metrics["test_r2"] == pytest.approx(metrics.r2_score(true, said), abs=1e-5)
    assert report.metrics["test_rmse_big"] == pytest.approx(
        metrics.root_mean_squared_error(true[:, 0], said[:, 0]), rel=1e-4
    )
    assert min(each) > 0.97
    assert report.pictures["values_1.png"].startswith("big: ")
    assert {"ridge", "random forest"} <= report.baselines.keys()
    np.testing.assert_allclose(learner.predict(learner.weights, b"a,b\n1,-1\n"), [[1100, -1]], rtol=0.15)


def test_labels_are_learnt_and_judged(file, tmp_path):
    learner = make(
        Config(file, ("up", "right"), ignore=("big", "small"), updates=500), np.random.default_rng(0), Data()
    )
    while learner.progress < 1:
        learner.update()
    report = learner.report(learner.weights, tmp_path)
    assert report.metrics["test_accuracy"] > 0.9
    assert report.chance < 0.65
    assert report.pictures["labels.png"]
    assert learner.predict(learner.weights, b"a,b\n2,-2\n-2,2\n2,2\n").tolist() == [[1, 0], [0, 1], [1, 1]]


def test_figures_of_labels_are_those_of_scikit_learn():
    t, s = RNG.integers(2, size=(100, 3)), RNG.random(100)
    t[:, 2] = 0
    y = RNG.standard_normal((100, 3)) + t - [0, 0, 9]
    said = Labels("abc").answer(y)
    f1 = metrics.f1_score(t, said, average=None, sample_weight=s, zero_division=0)
    np.testing.assert_allclose(f1_each(said, t, s), f1)
    np.testing.assert_allclose(f1_each(said, t), metrics.f1_score(t, said, average=None, zero_division=0))
    exam = Labels(("a", "b", "c"))
    figures = exam.bound(
        exam.splits._replace(**{f"t_{p}": t.astype(float) for p in ("train", "val", "test")}), 3
    ).figures(y)
    assert figures["test_accuracy"] == pytest.approx(1 - metrics.hamming_loss(t, said))
    assert figures["test_exact"] == pytest.approx(metrics.accuracy_score(t, said))
    pooled = exam.pool(np.stack([y, 3 * y]))
    np.testing.assert_allclose(1 / (1 + np.exp(-pooled)), (1 / (1 + np.exp(-y)) + 1 / (1 + np.exp(-3 * y))) / 2)


@pytest.mark.usefixtures("few_baselines")
@pytest.mark.parametrize("target", ["", "up"])
def test_a_folder_whose_target_was_a_text_opens(file, tmp_path, target):
    values = {"file": file, "target": "up"} if target else {"name": "iris"}
    done = start(prepare("table", "default", {"updates": 20, **values}, 0, None), tmp_path / "run", pictures=False)
    config = json.loads((tmp_path / "run" / CONFIG).read_text())
    assert config["config"]["target"] == [target][: len(target)]
    former = {**config["config"], "target": target}
    for name in ("sample_weight", "class_weight", "folds"):
        del former[name]
    (tmp_path / "run" / CONFIG).write_text(json.dumps(config | {"config": former}))
    arrays, texts = load(tmp_path / "run" / CHECKPOINT)
    save(tmp_path / "run" / CHECKPOINT, arrays, texts | {"config": json.dumps(former)})
    assert open_run(tmp_path / "run").evaluate().metrics == done.result["metrics"]
    save(tmp_path / "run" / CHECKPOINT, arrays, texts | {"config": json.dumps(former | {"hidden": 65})})
    with pytest.raises(Refusal, match="its config is"):
        open_run(tmp_path / "run").evaluate()


def test_one_name_is_a_list_of_one_and_needs_a_file(file):
    assert prepare("table", "quick", {"file": file, "target": "up", "ignore": "a"}, 0, None).config.ignore == ("a",)
    assert Config(file, "up") == Config(file, ("up",))
    with pytest.raises(Refusal, match="hidden must be of type int, not '64'"):
        prepare("table", "quick", {"hidden": "64"}, 0, None)
    with pytest.raises(ValueError, match="--target goes with --file"):
        make(Config(target="up"), np.random.default_rng(0), Data())
