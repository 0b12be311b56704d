"""The tasks on pictures: fields reach the network, nonsense is refused, and lines are told from lines."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest
from places import DATA, REPOSITORY

from core.lab.data.checks import check_examples
from core.lab.data.registry import Data
from core.lab.data.splits import Splits
from core.lab.vision.photos import Photo
from supervised.tasks import digits, fashion_cnn, fashion_mlp, mnist_augmented, mnist_mlp
from supervised.vision.images import Images
from supervised.vision.mlp_task import MLPConfig, augmentation, classifier

ROOT = DATA
needs_mnist = pytest.mark.skipif(not (ROOT / "mnist").exists(), reason="the files of MNIST are not here")
SMALL = MLPConfig(hidden=(24, 24), updates=200, batch=32)


def lines(n, rng):
    """MLPConfig of 8 x 6 pixels: a row (class 0) or a column (1) is bright."""
    t = rng.integers(0, 2, n)
    x = 0.2 * rng.random((n, 8, 6), np.float32)
    for picture, label in zip(x, t, strict=True):
        if label:
            picture[:, rng.integers(0, 6)] = 1
        else:
            picture[rng.integers(0, 8)] = 1
    return x.reshape(n, 48), t


def made(config, seed=0):
    rng = np.random.default_rng(1)
    splits = Splits(*lines(300, rng), *lines(60, rng), *lines(200, rng))
    check_examples(splits)
    return classifier(config, splits, Images((8, 6), ("row", "column")), np.random.default_rng(seed))


def learn(learner):
    while learner.progress < 1:
        learner.update()
    splits = learner.splits
    return (
        learner.outputs(learner.weights, splits.x_test, learner.config.test_time_augmentations).argmax(-1)
        == splits.t_test
    ).mean()


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"dropout": 0.2, "dropout_input": 0.1, "label_smoothing": 0.1},
        {"shift": 0.5, "turn": 0.1, "bend": 0.3, "smooth": 2.0, "mirror": 0.5, "test_time_augmentations": 3},
        {"members": 3, "erase": 0.3},
    ],
)
def test_rows_and_columns_are_told_apart(change):
    learner = made(replace(SMALL, **change))
    assert learn(learner) > 0.95
    assert learner.predict(learner.weights, learner.splits.x_test[0].reshape(8, 6))[0] in ("row", "column")


def test_fields_reach_the_network():
    learner = made(replace(SMALL, hidden=(5, 4), members=3, dropout_input=0.25, dropout=0.5, label_smoothing=0.1))
    assert [s for s in learner.net.layout.values() if len(s) == 3] == [(3, 48, 5), (3, 5, 4), (3, 4, 2)]
    assert learner.net.size == 3 * (48 * 5 + 5 + 5 * 4 + 4 + 4 * 2 + 2)
    x = np.ones((1, 48), np.float32)
    for change, random in (({}, False), ({"dropout": 0.5}, True), ({"dropout_input": 0.5}, True)):
        one = made(replace(SMALL, **change))
        a, b = (one.net(x, one.w, np.random.default_rng(s))[0] for s in (0, 1))
        assert np.array_equal(a, b) != random
    soft, hard = made(replace(SMALL, label_smoothing=0.5)), made(SMALL)
    batch = hard.sample(np.random.default_rng(0), 20)
    learn(hard)
    assert soft.loss(hard.w, batch) > hard.loss(hard.w, batch) + 0.1
    assert len(made(replace(SMALL, hidden=(7,))).net.layout) == 4


def test_augmented_copies_are_pooled():
    learner = made(replace(SMALL, updates=40, shift=1.0, test_time_augmentations=4))
    learn(learner)
    assert learner.config.test_time_augmentations == 4
    x = learner.splits.x_test
    y = [learner.outputs(learner.weights, x, k) for k in (0, 4, 4)]
    np.testing.assert_array_equal(y[1], y[2])
    assert not np.allclose(y[0], y[1], atol=1e-3)


def test_without_strengths_nothing_is_altered():
    assert augmentation(mnist_mlp.Config(noise=0.0), (28, 28)) is None
    assert augmentation(MLPConfig(), (8, 6)) is None
    x = np.random.default_rng(0).random((5, 48), np.float32)
    for change in ({"shift": 1.0}, {"bend": 1.0}, {"mirror": 1.0}, {"erase": 1.0}, {"noise": 0.1}):
        alter = augmentation(replace(SMALL, **change), (8, 6))
        y = alter(np.random.default_rng(0), x)
        assert y.shape == x.shape
        assert (y != x).any(1).all()


@pytest.mark.parametrize("config", [mnist_augmented.Config, mnist_mlp.Config, fashion_mlp.Config])
@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"hidden": ()}, "hidden"),
        ({"hidden": (10, 0)}, "hidden"),
        ({"dropout": 1.0}, "dropout"),
        ({"members": 0}, "members"),
        ({"dropout_input": -0.1}, "dropout_input"),
        ({"label_smoothing": 1.0}, "label_smoothing"),
        ({"turn": -1.0}, "turn"),
        ({"mirror": 1.5}, "mirror"),
        ({"erase": -0.5}, "erase"),
        ({"noise": -0.5}, "noise"),
        ({"test_time_augmentations": -1}, "test_time_augmentations"),
        ({"lr": 0.0}, "lr"),
        ({"smooth": 0.0}, "smooth"),
        ({"average_horizon": 0}, "average_horizon"),
    ],
)
def test_nonsense_is_refused(config, values, says):
    with pytest.raises(ValueError, match=says):
        config(**values)


@pytest.mark.parametrize(
    "values",
    [{"layers": 0}, {"members": 0}, {"dropout": 1.0}, {"label_smoothing": -0.1}, {"test_time_augmentations": -1}],
)
def test_digits_refuse_nonsense(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        digits.Config(**values)


def test_digits_of_two_layers_and_three_members():
    config = digits.Config(hidden=9, layers=2, members=3, dropout=0.1, test_time_augmentations=2, updates=20)
    learner = digits.make(config, np.random.default_rng(0), Data())
    assert [s for s in learner.net.layout.values() if len(s) == 3] == [(3, 64, 9), (3, 9, 9), (3, 9, 10)]
    learner.update()
    assert learner.progress == 1
    assert learner.predict(learner.weights, learner.splits.x_test[:5]).shape == (5,)


@needs_mnist
@pytest.mark.parametrize("task", [mnist_augmented, mnist_mlp])
def test_mnist_is_learnt(task):
    learner = task.make(task.Config(hidden=(64,), updates=200), np.random.default_rng(0), Data(ROOT))
    for _ in range(10):
        learner.update()
    assert learner.progress == 1
    assert learner.evaluate()["val_accuracy"] > 0.85


def test_the_benchmark_s_summary_has_known_answers():
    path = REPOSITORY / "benchmarks" / "digit_folds.py"
    spec = importlib.util.spec_from_file_location("digit_folds", path)
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    rows = [
        {"seed": s, "fold": fold, "examples": 50, "mistakes": {"network": a, "SVC": b}, "processor_seconds": 2.0}
        for s, fold, a, b in [(0, 0, 1, 2), (0, 1, 0, 3), (1, 0, 2, 2), (1, 1, 2, 0)]
    ]
    found = benchmark.summary(rows)
    assert found["accuracy"]["network"] == pytest.approx({"mean": 0.975, "worst": 0.96})
    assert found["network_minus_SVC"] == pytest.approx([0.04, -0.02])
    assert found["processor_seconds_of_ten_folds"] == [4.0, 4.0]
    one = benchmark.fold(digits.Config(**digits.PRESETS["quick"]), Data()("digits"), 3, 1)
    assert one["examples"] in (179, 180)
    assert max(one["mistakes"].values()) < 20


def test_a_photo_of_clothing_is_seen_light_on_black():
    pixels = np.full((60, 40, 3), 250, np.uint8)
    pixels[10:50, 5:35] = 40  # a dark piece on white
    seen = fashion_cnn.predictor(fashion_cnn.Config(), {}).examples(Photo(pixels)).reshape(28, 28)
    assert seen[14, 14] > 0.9
    assert seen[:, :2].max() == 0


@pytest.mark.skipif(not (ROOT / "fashion-mnist").exists(), reason="the files of Fashion-MNIST are not here")
def test_clothing_is_learnt_through_windows():
    learner = fashion_cnn.make(
        fashion_cnn.Config(features=8, updates=100, batch=64), np.random.default_rng(0), Data(ROOT)
    )
    while learner.progress < 1:
        learner.update()
    x, t = learner.splits.x_val[:500], learner.splits.t_val[:500]
    assert (learner.outputs(learner.w, x).argmax(-1) == t).mean() > 0.6
    assert set(learner.predict(learner.weights, x[:20])) <= set(fashion_cnn.CLASSES)
