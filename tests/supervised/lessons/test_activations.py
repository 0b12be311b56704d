"""Activations: slopes as finite differences say, counts as planted, networks that do not disturb each other."""

import numpy as np
import pytest

from core import MLP, Adam, cross_entropy, relu, sigmoid, tanh
from core.lab.data.registry import Data
from supervised.lessons.activations import ACTIVATIONS, RATES, ActivationsExam, trained
from supervised.lessons.layer_stats import layer_stats, slope
from supervised.tasks import activations as task


@pytest.fixture(scope="module")
def digits():
    return Data()("digits")


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slope_is_the_derivative(name):
    z, f, h = np.linspace(-3, 3, 100), ACTIVATIONS[name], 1e-6  # 0 is not among them
    numeric = (f(z + h, z[:0])[0] - f(z - h, z[:0])[0]) / (2 * h)
    assert slope(f, z) == pytest.approx(numeric, abs=1e-6)


def planted(f, biases):
    """An MLP 2-4-3 whose hidden units are given nothing but these biases, and 50 examples."""
    net, rng = MLP(2, 4, 3, activation=f), np.random.default_rng(0)
    w = net.init(rng)
    views = net.views(w)
    views["0.weight"][:] = 0
    views["0.bias"][:] = biases
    return layer_stats(net, w, rng.standard_normal((50, 2)), rng.integers(3, size=50))


def test_planted_units_are_counted():
    found = planted(relu, (-1, -1, -1, 1))
    assert found.saturated == pytest.approx([0.75])
    assert found.dead == pytest.approx([0.75])
    found = planted(tanh, (0, 2.5, -9, 1))  # slopes 1, 0.027, 6e-8, 0.42
    assert found.saturated == pytest.approx([0.5])
    assert found.dead == pytest.approx([0.25])
    found = planted(sigmoid, (0, 5, -12, 1))  # in parts of the steepest, 1/4: 1, 0.027, 2e-5, 0.79
    assert found.saturated == pytest.approx([0.5])
    assert found.dead == pytest.approx([0.25])


def test_a_unit_that_wakes_for_one_example_is_not_dead():
    net = MLP(1, 2, 2)
    w = np.zeros(net.size, np.float32)
    net.views(w)["0.weight"][:] = [[1, -1]]
    found = layer_stats(net, w, np.array([[1.0]] * 9 + [[-1.0]]), np.zeros(10, int))
    assert found.dead == pytest.approx([0])
    assert found.saturated == pytest.approx([0.5])


def test_signal_is_the_gradient_of_each_example(digits):
    x, t = digits.x_train[:6], digits.t_train[:6]
    net = MLP(64, 5, 4, 10, activation=tanh)
    w = net.init(np.random.default_rng(0))
    rows = []
    for i in range(6):  # the gradient of a bias, of one example alone, is the gradient of its sum z
        y, back = net(x[i : i + 1], w)
        g = np.empty_like(w)
        back(cross_entropy(y, t[i : i + 1])[1], g)
        rows.append([net.views(g)[name].copy() for name in ("0.bias", "2.bias")])
    expected = [np.sqrt((np.stack(layer) ** 2).mean()) for layer in zip(*rows, strict=True)]
    assert layer_stats(net, w, x, t).signal == pytest.approx(expected, rel=1e-5)


def test_side_by_side_is_as_if_alone(digits):
    exam = ActivationsExam((64, 8, 8, 10))
    net = exam.net()
    w = net.init(np.random.default_rng(0))
    alone = {name: (head, part.copy()) for name, (head, part) in exam.heads(w).items()}
    together, g = Adam(0.01), np.empty_like(w)
    single = {name: Adam(0.01) for name in alone}
    for k in range(5):
        x, t = digits.x_train[k * 32 : k * 32 + 32], digits.t_train[k * 32 : k * 32 + 32]
        y, back = net(x, w)
        loss, dy = exam.loss(y, t)
        back(dy, g)
        together.step(w, g)
        losses = []
        for name, (head, own) in alone.items():
            y, back = head(x, own)
            value, dy = cross_entropy(y, t)
            losses.append(value)
            back(dy, g_own := np.empty_like(own))
            single[name].step(own, g_own)
        assert loss == pytest.approx(sum(losses), rel=1e-5)
    for name, (_, part) in exam.heads(w).items():
        assert part == pytest.approx(alone[name][1], abs=1e-5)


def test_a_large_step_kills_relu_but_not_its_leaky_twin(digits):
    exam = ActivationsExam((64, 32, 32, 32, 32, 10))
    dead = {}
    for name in ("relu", "leaky_relu"):
        for lr in (RATES[1], RATES[-1]):
            net = exam.head(ACTIVATIONS[name])
            counts = layer_stats(net, trained(net, digits, lr, 64), digits.x_train, digits.t_train)
            dead[name, lr] = counts.dead.mean()
    assert dead["relu", RATES[-1]] > 0.7
    assert dead["relu", RATES[1]] < 0.3
    assert dead["leaky_relu", RATES[-1]] == 0


def test_sigmoid_lets_the_error_fade_and_the_task_learns(digits, tmp_path):
    learner = task.make(task.Config(updates=300), np.random.default_rng(0), Data())
    start = {
        name: layer_stats(*head, digits.x_train, digits.t_train).signal
        for name, head in learner.exam.heads(learner.w).items()
    }
    assert start["sigmoid"][0] < 0.1 * start["sigmoid"][-1]  # a quarter at most is left of it at each layer
    assert 0.3 < start["relu"][0] / start["relu"][-1] < 3
    while learner.progress < 1:
        learner.update()
    report = learner.report(learner.weights, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(report.pictures)
    assert report.metrics["left_at_start_sigmoid"] < 0.1
    assert 0.3 < report.metrics["left_at_start_relu"] < 3
    assert all(report.metrics[f"test_{name}"] > 0.9 for name in ("relu", "gelu", "tanh"))
    assert report.metrics["test_accuracy"] in [report.metrics[f"test_{name}"] for name in ACTIVATIONS]


@pytest.mark.parametrize("fields", [{"depth": 0}, {"width": -1}, {"lr": 0.0}, {"gain": -1.0}, {"width": 10**6}])
def test_nonsense_is_refused(fields):
    with pytest.raises(ValueError, match=next(iter(fields))):
        task.Config(**fields)
