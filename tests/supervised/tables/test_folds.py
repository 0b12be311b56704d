"""Cross-validation in one run: every row is tested once, networks learn as they do alone, resume is exact."""

import numpy as np
import pytest
from sklearn.model_selection import KFold, StratifiedKFold

from core.lab.data.registry import Data
from core.lab.runs.run import Setup, Stopped, open_run, resume, start
from core.lab.runs.tasks import find
from supervised.tables.folds import fold_indices
from supervised.tasks.table import Config, make

pytestmark = pytest.mark.usefixtures("few_baselines")
N, K = 60, 3


@pytest.fixture
def file(tmp_path):
    rng = np.random.default_rng(0)
    a, w = rng.standard_normal(N), rng.choice([0.5, 2], N)
    lines = [f"{x:.3f},{y},{3 * x:.2f},{'yes' if x > 0 else 'no'}" for x, y in zip(a, w, strict=True)]
    (tmp_path / "a.csv").write_text("a,w,value,kind\n" + "\n".join(lines) + "\n")
    return str(tmp_path / "a.csv")


@pytest.mark.parametrize("classes", [True, False])
def test_every_row_is_tested_once_and_in_no_other_part_of_its_fold(classes):
    t = np.arange(N) % 4 // 3  # a quarter is of class 1
    indices = fold_indices(t, K, classes)
    assert sorted(np.concatenate([index.x_test for index in indices]).tolist()) == list(range(N))
    for index, (_, test) in zip(
        indices, (StratifiedKFold if classes else KFold)(K, shuffle=True, random_state=0).split(t, t), strict=True
    ):
        assert index.x_test.tolist() == test.tolist()
        assert sorted(np.concatenate(index[::2]).tolist()) == list(range(N))
        assert [len(part) for part in index[::2]] == [32, 8, 20]
        if classes:
            assert [int(part.sum()) for part in index[1::2]] == [8, 2, 5]


def test_the_figures_are_means_over_networks_that_learnt_alone(file):
    learner = make(Config(file, "value", ignore=("w", "kind"), folds=K, updates=200), np.random.default_rng(0), Data())
    alone = make(Config(file, "value", ignore=("w", "kind"), folds=K, updates=200), np.random.default_rng(0), Data())
    while learner.progress < 1:
        learner.update()
    for one in alone.learners:
        while one.progress < 1:
            one.update()
    np.testing.assert_array_equal(learner.weights, np.concatenate([one.weights for one in alone.learners]))
    report = learner.report(learner.weights, None)
    scores = [one.exam.report(one.model(one.weights), None).metrics for one in alone.learners]
    r2 = [each["test_r2"] for each in scores]
    assert report.metrics["test_r2"] == pytest.approx(np.mean(r2))
    assert report.metrics["test_r2_fold_deviation"] == pytest.approx(np.std(r2, ddof=1))
    assert report.metrics["test_rmse"] == pytest.approx(np.mean([each["test_rmse"] for each in scores]))
    assert learner.evaluate()["val_mse"] == pytest.approx(
        np.mean([one.evaluate()["val_mse"] for one in alone.learners])
    )
    said = learner.predict(learner.weights, b"a\n0.5\n")
    each = [one.predict(one.weights, b"a\n0.5\n") for one in alone.learners]
    np.testing.assert_allclose(said, np.mean(each, 0), rtol=1e-6)


def test_each_target_is_counted_once(file):
    learner = make(Config(file, "kind", ignore=("value",), folds=K, updates=100), np.random.default_rng(0), Data())
    answers = [learner.update()["answers"] for _ in range(5)]
    assert sum(answers) == N
    assert learner.progress == 1
    assert (answers[-1], min(answers)) == (0, 0)


def test_a_run_of_folds_goes_on_to_the_same_bytes_and_predicts(file, tmp_path):
    config = Config(file, "kind", ignore=("value",), sample_weight="w", folds=K, updates=80)
    setup = Setup(find("table"), config)
    whole = start(setup, tmp_path / "whole", pictures=False)

    def watch(progress, row):
        if progress >= 0.5:
            raise Stopped(2)

    with pytest.raises(Stopped):
        start(setup, tmp_path / "stopped", watch=watch, pictures=False)
    resumed = resume(open_run(tmp_path / "stopped"), pictures=False)
    assert resumed.result["w_sha256"] == whole.result["w_sha256"]
    assert resumed.result["metrics"] == whole.result["metrics"]
    assert open_run(tmp_path / "whole").predict(b"a\n2\n-2\n").tolist() == ["yes", "no"]


def test_too_many_folds_are_refused(file):
    with pytest.raises(ValueError, match="folds must be from 2 to 20"):
        Config(folds=1)
    with pytest.raises(ValueError, match="60 rows are too few for 13 folds"):
        make(Config(file, "kind", folds=13), np.random.default_rng(0), Data())
    with pytest.raises(ValueError, match="no class has 20 rows, one for each fold: take fewer --folds"):
        fold_indices(np.arange(100) % 10, 20, True)


def test_of_a_rare_class_it_is_told_what_folds_make_of_it(tmp_path, caplog):
    (tmp_path / "b.csv").write_text("a,t\n" + "".join(f"{k % 7},{'xyr'[2 if k == 0 else k % 2]}\n" for k in range(40)))
    make(Config(str(tmp_path / "b.csv"), "t", folds=2), np.random.default_rng(0), Data())
    says = "t: the class 'r' has 1 row, which no network is both taught and asked"
    assert [message.partition("b.csv: ")[2].rpartition(":")[0] for message in caplog.messages] == [says]


def test_a_class_of_fewer_rows_than_folds_is_shared_out_without_warnings(recwarn):
    indices = fold_indices(np.array([0] * 50 + [1] * 2), 5, True)
    assert sum(int(index.t_test.sum()) for index in indices) == 2
    assert not recwarn.list


def test_the_card_says_how_the_rows_are_divided(file, tmp_path):
    setup = Setup(find("table"), Config(file, "kind", ignore=("value",), folds=K, updates=20))
    card = (start(setup, tmp_path / "run", pictures=False).folder / "MODEL.md").read_text()
    assert "Cross-validation: 60 rows, 3 networks; each row is in the test part of one of them" in card
    assert "The test part:" not in card
