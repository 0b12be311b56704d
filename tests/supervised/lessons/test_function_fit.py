"""Fitting functions: starts that are placed, errors that fall with size, slices whose slope is the gradient."""

from itertools import pairwise

import numpy as np
import pytest

from core import MLP, EnsembleLinear, Linear
from supervised.lessons.function_fit import error_of, influence, network, placed, relative, rescaled
from supervised.lessons.function_report import baselines
from supervised.tasks import function_fit as task


def learner(seed=0, **fields):
    return task.make(task.Config(**fields), np.random.default_rng(seed), None)


def learnt(seed=0, **fields):
    fit = learner(seed, **fields)
    while fit.progress < 1:
        fit.update()
    return fit


@pytest.mark.parametrize("layer", [Linear(1, 500), EnsembleLinear(3, 1, 500)])
def test_units_start_steep_and_all_over_the_domain(layer):
    layer = placed(layer, 7.0)
    w = layer.init(np.random.default_rng(0))
    W, b = (part.reshape(-1) for part in layer.views(w).values())
    zeros = -b / W
    assert np.abs(zeros).max() <= 1 + 1e-5
    assert np.histogram(zeros, 4, (-1, 1))[0].min() > 0.8 * len(zeros) / 4
    assert W.std() == pytest.approx(7, rel=0.1)


def test_the_domain_becomes_minus_one_to_one():
    layer, x = rescaled(10, 30), np.array([[10.0], [20.0], [30.0]])
    y, back = layer(x, np.empty(0))
    assert y[:, 0].tolist() == [-1, 0, 1]
    assert back(np.ones_like(x), dx=True)[:, 0] == pytest.approx([0.1, 0.1, 0.1])


def test_relative_error_of_the_mean_is_one_and_of_the_truth_zero():
    t = np.random.default_rng(0).standard_normal((50, 1)) * 5 + 3
    assert relative(t, t) == 0
    assert relative(np.full_like(t, t.mean()), t) == pytest.approx(1)
    assert relative(np.stack([t, np.full_like(t, t.mean())]), t) == pytest.approx([0, 1])


@pytest.mark.parametrize("name", task.FUNCTIONS)
def test_every_function_is_learnt(name):
    fit = learnt(function=name, updates=4000 if name == "chirp" else 1500)
    error = 1 - fit.evaluate()["val_r2"]
    assert error < (0.05 if name == "steps" else 0.02)  # no continuous function meets jumps


def test_the_network_is_nearer_than_a_cubic_neighbours_and_scikit_learn_s_mlp():
    fit = learnt(function="peaks", updates=1500)
    report = fit.report(fit.weights, None)
    error = report.metrics["test_relative_mse"]
    assert error < 0.01
    assert error < 0.3 * min(report.baselines.values())
    assert report.baselines["mean"] == pytest.approx(1, abs=0.02)
    assert report.metrics["test_mse"] == pytest.approx(error * (fit.splits.t_test.std() * fit.std) ** 2, rel=1e-3)


def test_error_falls_with_width():
    fit = learner(function="waves")
    errors = [
        np.median(error_of(network(1, width, 1, 30, members=3), fit.splits, 3, 800, 0.02)) for width in (2, 8, 32, 128)
    ]
    assert all(b < 0.7 * a for a, b in pairwise(errors))
    assert errors[0] > 0.5
    assert errors[-1] < 0.02


def test_the_start_is_what_makes_wiggles_learnable():
    """The same network with the usual start (all units at 0, hardly a bend) stays far away."""
    fit = learner(function="spikes")
    usual = error_of(network(1, 64, 2, 1, members=3), fit.splits, 3, 1000, 0.02)
    steep = error_of(network(1, 64, 2, 30, members=3), fit.splits, 3, 1000, 0.02)
    assert np.median(steep) < 0.1 * np.median(usual)


def test_influence_is_the_slope_of_a_slice():
    net, rng = MLP(2, 5, 1), np.random.default_rng(0)
    w, x, h = net.init(rng, np.float64), rng.standard_normal((7, 2)), 1e-6
    J = influence(net, w, x)
    for i in range(net.size):
        up, down = w.copy(), w.copy()
        up[i] += h
        down[i] -= h
        assert J[:, i] == pytest.approx((net(x, up)[0] - net(x, down)[0])[:, 0] / (2 * h), abs=1e-6)


def test_an_expression_in_its_own_units():
    fit = learnt(expression="100 + 5*t*sin(t)".replace("t", "x"), low=0.0, high=10.0, updates=1500)
    x = np.linspace(0.2, 9.8, 30)[:, None]
    truth = 100 + 5 * x[:, 0] * np.sin(x[:, 0])
    assert np.abs(fit.predict(fit.weights, x) - truth).max() < 0.05 * np.ptp(truth)
    assert learner(expression="y*y").splits.x_train.shape[1] == 1
    assert learner(expression="x*y").splits.x_train.shape[1] == 2


def test_data_are_the_same_for_every_seed_and_noise_is_on_the_training_part_alone():
    a, b, noisy = learner(0).splits, learner(1).splits, learner(0, noise=0.5).splits
    assert all(np.array_equal(one, other) for one, other in zip(a, b, strict=True))
    assert np.array_equal(a.t_val, noisy.t_val)
    assert np.array_equal(a.t_test, noisy.t_test)
    assert (noisy.t_train - a.t_train).std() == pytest.approx(0.5, rel=0.1)


def test_noise_is_smoothed_away():
    fit = learnt(noise=0.5, updates=1500)
    report = fit.report(fit.weights, None)
    assert report.metrics["test_relative_mse"] < 0.5 * report.baselines["3 nearest neighbours"]
    assert report.reference < 0.05  # a spline without smoothing is worse than the mean here


def test_a_spline_meets_a_smooth_function():
    fit = learner(expression="sin(3*x)", points=300)
    found = baselines(fit.splits, (8,))
    assert found["smoothing spline"] < 1e-9
    assert found["cubic polynomial"] < 0.02
    twice = fit.splits._replace(
        x_train=np.repeat(fit.splits.x_train, 2, 0), t_train=np.repeat(fit.splits.t_train, 2, 0)
    )
    assert baselines(twice, (8,))["smoothing spline"] < 1e-9


def test_resumed_equals_never_stopped_and_keeps_the_film():
    fields = {"updates": 300, "function": "ripples"}
    whole, stopped, resumed = learner(**fields), learner(**fields), learner(**fields)
    for _ in range(7):
        whole.update()
        stopped.update()
    resumed.w[:] = stopped.w
    resumed.load({name: array.copy() for name, array in stopped.state().items()})
    while whole.progress < 1:
        assert resumed.update() == whole.update()
    assert np.array_equal(resumed.w, whole.w)
    assert np.array_equal(resumed.frames, whole.frames)
    assert len(whole.frames) == 16  # the start, and one an update
    assert whole.frames[-1] == pytest.approx(whole.says(whole.weights))


@pytest.mark.parametrize(("function", "sweep"), [("waves", 0), ("ripples", 2)])
def test_pictures(tmp_path, function, sweep):
    fit = learnt(function=function, updates=60, sweep=sweep, n_init=1, points=100)
    report = fit.report(fit.weights, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(report.pictures) >= {"fit.png", "slices.png", "fit.gif"}
    assert ("sweep.png" in report.pictures) == bool(sweep)
    if sweep:
        assert "width  1024" in report.texts["Error against width and depth"]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"function": "sinus"}, "no function 'sinus'"),
        ({"expression": "sin(z)"}, "'z' is not known"),
        ({"expression": "9**9**9*x"}, "undefined at x"),
        ({"expression": "1/x"}, "undefined at x = 0"),
        ({"expression": "1/floor(x)"}, "undefined at"),
        ({"expression": "2"}, "no variable"),
        ({"expression": "0*x"}, "constant"),
        ({"expression": "x*1e300*1e-300"}, None),
        ({"expression": "x*1e200"}, "too large"),
        ({"low": 1.0}, "below high"),
        ({"points": 3}, "points"),
        ({"noise": -1.0}, "noise"),
        ({"width": 0}, "width"),
        ({"width": 10**6}, "width"),
        ({"sweep": -1}, "sweep"),
    ],
)
def test_nonsense_is_refused_in_one_line(fields, why):
    if why is None:
        learner(**fields)
        return
    with pytest.raises(ValueError, match=why) as refused:
        learner(**fields)
    assert "\n" not in str(refused.value)
