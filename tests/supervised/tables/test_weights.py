"""Weights of rows and of classes: whole numbers are so many copies of a row, and figures are scikit-learn's."""

import re

import numpy as np
import pytest
from sklearn import metrics
from sklearn.utils.class_weight import compute_sample_weight

from core import MLP, Adam, softmax
from core.lab.data.registry import Data
from core.lab.data.splits import Splits
from supervised.baselines import Weights, classifiers
from supervised.metrics.classification import Classification, class_figures, wilson
from supervised.metrics.regression import Regression
from supervised.regressor import Regressor
from supervised.tables.weights import class_weights
from supervised.tasks.table import Config, make

RNG = np.random.default_rng(0)
S = RNG.choice([0.0, 0.5, 2.0, 3.0], 200)


def test_weighted_figures_of_classes_are_those_of_scikit_learn():
    t = RNG.integers(3, size=200)
    y = RNG.standard_normal((200, 3)) + np.eye(3)[t]
    ours, said = class_figures(y, t, ("a", "b", "c"), S), y.argmax(1)
    assert ours["test_accuracy"] == pytest.approx(metrics.accuracy_score(t, said, sample_weight=S))
    assert ours["test_macro_f1"] == pytest.approx(metrics.f1_score(t, said, average="macro", sample_weight=S))
    assert ours["test_nats"] == pytest.approx(metrics.log_loss(t, softmax(y), sample_weight=S))
    recall = metrics.recall_score(t, said, average=None, sample_weight=S)
    assert [ours[f"test_recall_{c}"] for c in "abc"] == pytest.approx(list(recall))
    copies = np.repeat(np.arange(200), (2 * S).astype(int))
    bare = class_figures(y[copies], t[copies], ("a", "b", "c"))
    assert ours["test_calibration_error"] == pytest.approx(bare["test_calibration_error"])
    n = round(S.sum() ** 2 / (S**2).sum())
    assert (ours["test_accuracy_low"], ours["test_accuracy_high"]) == wilson(round(ours["test_accuracy"] * n), n)


@pytest.mark.parametrize("O", [1, 2])
def test_weighted_figures_of_values_are_those_of_scikit_learn(O):
    t = RNG.standard_normal((200, O)) * [1, 50][:O]
    y = t + RNG.standard_normal((200, O))
    exam = Regression(targets=("a", "b")[:O])
    ours = exam.figures(y, t, S)
    assert ours["test_r2"] == pytest.approx(metrics.r2_score(t, y, sample_weight=S))
    ends = [f"_{name}" for name in "ab"] if O > 1 else [""]
    for k, end in enumerate(ends):
        mse = metrics.mean_squared_error(t[:, k], y[:, k], sample_weight=S)
        assert ours[f"test_rmse{end}"] == pytest.approx(mse**0.5)
        assert ours[f"test_mae{end}"] == pytest.approx(metrics.mean_absolute_error(t[:, k], y[:, k], sample_weight=S))
        if O > 1:
            assert ours[f"test_r2{end}"] == pytest.approx(metrics.r2_score(t[:, k], y[:, k], sample_weight=S))


def test_what_chooses_is_weighted_and_so_are_baselines():
    x, t = np.arange(60, dtype=np.float32)[:, None], np.arange(60) % 3 // 2  # two of three are 0
    splits = Splits(*[x, t] * 3)
    s = np.where(t == 1, 5.0, 1.0)
    assert classifiers(splits, 99)["majority"] == pytest.approx(2 / 3)
    assert classifiers(splits, 99, Weights(s, s, s))["majority"] == pytest.approx(5 / 7)

    def always_one(x):
        return np.eye(2)[np.ones(len(x), int)]

    assert Classification(splits=splits, weights=Weights(val=s)).validate(always_one)["val_accuracy"] == pytest.approx(
        5 / 7
    )
    values = splits._replace(t_val=t[:, None].astype(float))
    exam = Regression(splits=values, weights=Weights(val=s))
    assert exam.validate(lambda x: np.ones((len(x), 1)))["val_mse"] == pytest.approx(2 / 7)
    Regressor(splits._replace(t_train=t[:, None], t_val=t[:, None], t_test=t[:, None]), MLP(1, 2, 1), Adam(), RNG)


def test_balanced_classes_are_those_of_scikit_learn():
    t = np.repeat([0, 1, 2], [50, 30, 120])
    a = class_weights(("balanced",), ("a", "b", "c"), t, None)
    np.testing.assert_allclose(a[t], compute_sample_weight("balanced", t))
    a = class_weights(("balanced",), ("a", "b", "c"), t, S)
    np.testing.assert_allclose(np.bincount(t, S * a[t]), [S.sum() / 3] * 3)
    assert class_weights(("b=3", "x=y=0.5"), ("a", "b", "x=y"), t, None).tolist() == [1, 3, 0.5]
    assert class_weights(("none",), ("a", "b"), t, None) is None


def table(tmp_path, weights, target="kind", **options):
    rows = "".join(f"{k % 7},{k * 1.5},{'no' if k % 3 else 'yes'},{s}\n" for k, s in enumerate(weights))
    (tmp_path / "a.csv").write_text("a,value,kind,w\n" + rows)
    return make(Config(str(tmp_path / "a.csv"), target, **options), np.random.default_rng(0), Data())


def test_the_column_teaches_judges_and_is_no_feature(tmp_path):
    w = [1 + k % 4 for k in range(60)]
    learner = table(tmp_path, w, sample_weight="w", class_weight=("yes=2",))
    assert learner.encoder.names == ("a", "value")
    t, s, rows = learner.splits.t_train, learner.rows[2], [int(place.split()[1]) - 2 for place in learner.source.places]
    assert learner.exam.weights.test == pytest.approx([w[k] / np.mean(w) for k in rows])
    np.testing.assert_allclose(
        s / s.mean() * (weight := learner.exam.weights.train * (1 + t)).mean(), weight, rtol=1e-6
    )
    val = learner.exam.weights.val / (1 + learner.splits.t_val) * np.mean(w)  # 2 for yes, in what chooses too
    np.testing.assert_allclose(val, val.round())
    text = learner.report(learner.w, None).texts["How rows are weighted"]
    assert "The column w weighs" in text
    assert "no 1, yes 2" in text


@pytest.mark.parametrize(
    ("weights", "options", "says"),
    [
        ([1] * 30 + [-1] * 30, {}, "line 32: the weight in the column 'w' is '-1'; it must be a number, 0 or more"),
        ([1] * 30 + [""] * 30, {}, "line 32: the weight in the column 'w' is missing"),
        (["2024-01-31"] * 60, {}, "line 2: the weight in the column 'w' is '2024-01-31'"),
        (["1", "n.a."] * 30, {}, "line 3: the weight in the column 'w' is 'n.a.'"),
        ([1] * 59 + ["inf"], {}, "line 61: the weight in the column 'w' is 'inf'"),
        ([0] * 60, {}, "the weights in the column 'w' are 0 in all rows"),
        ([1] + [0] * 59, {}, "the weights of all rows in the validation part are 0"),
        ([1] * 60, {"sample_weight": "ww"}, "there is no column 'ww'; did you mean w?"),
        ([1] * 60, {"sample_weight": "kind"}, "'kind' is to be learnt, and to weigh the rows"),
        ([1] * 60, {"class_weight": ("yse=3",)}, "--class-weight: there is no class 'yse'; did you mean yes?"),
        ([1] * 60, {"class_weight": ("balanced",), "target": "value"}, "--class-weight is for one target of classes"),
    ],
)
def test_weights_that_are_none_are_refused_in_words(tmp_path, weights, options, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        table(tmp_path, weights, **{"sample_weight": "w", **options})


@pytest.mark.usefixtures("few_baselines")
def test_the_unit_of_weights_is_of_no_account(tmp_path):
    learners = [
        table(tmp_path, [f"{(1 + k % 4) * unit:g}" for k in range(60)], sample_weight="w", categorical=("w",))
        for unit in (1, 1e-300, 1e98)
    ]
    for learner in learners[1:]:
        np.testing.assert_allclose(learner.exam.weights.train, learners[0].exam.weights.train, rtol=1e-6)
    metrics = [learner.report(learner.w, None).metrics for learner in learners]
    assert metrics[1] == pytest.approx(metrics[0])


@pytest.mark.parametrize("words", [("balancd",), ("yes=-1",), ("yes=nan",), ("3",), ("balanced", "none")])
def test_class_weights_that_are_none_are_refused(words):
    with pytest.raises(ValueError, match="class_weight must be balanced, none, or a weight for classes"):
        Config(class_weight=words)
