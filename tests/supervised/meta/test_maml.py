"""Learning to learn: its gradient is the true one, its steps are gradient steps, and what it learns is known."""

from functools import partial

import numpy as np
import pytest

from core import (
    MLP,
    Adam,
    binary_cross_entropy,
    cross_entropy,
    gelu,
    hinge,
    huber,
    leaky_relu,
    mse,
    plain_cross_entropy,
    relu,
    sigmoid,
    softplus,
    tanh,
)
from core.gradcheck import directional_error
from core.lab.data.registry import Data
from supervised.meta import sinusoids
from supervised.meta.maml import MAML, UNIT, Tasks, curvature, gather, gradient, spread
from supervised.tasks import few_shot

build = partial(MLP, 1, 6, 1, activation=tanh)


class Exam:
    monitor = "-val_mse"

    def __init__(self, val):
        self.val = val

    def validate(self, model):
        return {"val_mse": float(((model(self.val)[-1] - self.val.t_query) ** 2).mean())}


def lines(rng, E):
    """t = a x with a in [-1, 1]: one shot tells the task."""
    a, x = rng.uniform(-1, 1, (E, 1, 1)), rng.uniform(0.5, 1, (E, 6, 1))
    x, t = x.astype(np.float32), (a * x).astype(np.float32)
    return Tasks(x[:, :2], t[:, :2], x[:, 2:], t[:, 2:])


def meta(draw=lines, build=build, seed=0, **options):
    options = {
        "rule": mse,
        "exam": Exam(draw(np.random.default_rng(9), 50)),
        "updates": 200,
        "steps": 3,
        "tasks": 8,
        "rate": 0.03,
        **options,
    }
    return MAML(build, draw, Adam(0.01), np.random.default_rng(seed), **options)


def run(learner):
    logs = []
    while learner.progress < 1:
        logs.append(learner.update())
    return logs


def test_meta_gradient_is_the_true_one():
    learner, rng = meta(step_loss_weight=0.3), np.random.default_rng(1)
    w = learner.w.astype(float) + 0.1 * rng.random(learner.w.size)
    g, batch = np.full_like(w, np.nan), lines(rng, 4)
    learner.loss(w, batch, g)
    for k in range(3):
        v = np.zeros_like(w)  # the start alone, the step sizes alone, both
        v[: build().size if k == 0 else None] = 1
        v[: build().size if k == 1 else 0] = 0
        error = directional_error(lambda u, v=v: learner.loss(w + v * (u - w), batch), w, g * v, rng)
        assert error < 1e-6


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bend", [relu, leaky_relu(0.1), gelu, tanh, sigmoid, softplus], ids=lambda bend: bend.op)
def test_the_second_order_is_right_through_any_activation(bend, dtype, recwarn):
    """Against central differences of the whole meta-loss in float64, so small that no kink lies within them."""
    learner = meta(
        partial(sinusoids.sinusoids, shots=10), partial(MLP, 1, 20, 20, 1, activation=bend), steps=5, rate=0.003
    )
    rng = np.random.default_rng(2)
    batch, w = learner.draw(rng, 6), learner.w.astype(dtype)
    g = np.empty_like(w)
    learner.loss(w, batch, g)
    v, h = rng.standard_normal((8, w.size)), 1e-7
    there = w.astype(float)
    slopes = [(learner.loss(there + h * d, batch) - learner.loss(there - h * d, batch)) / (2 * h) for d in v]
    np.testing.assert_allclose(v @ g, slopes, rtol=0, atol=1e-4 * np.abs(slopes).max())
    assert not recwarn.list


VALUES = np.random.default_rng(1).random((2, 5, 3))


@pytest.mark.parametrize(
    ("rule", "t"),
    [(rule, VALUES) for rule in (mse, huber, binary_cross_entropy)]
    + [(rule, VALUES.argmax(-1)) for rule in (cross_entropy, plain_cross_entropy, hinge)],
)
def test_curvature_is_right_under_any_loss(rule, t, recwarn):
    rng = np.random.default_rng(0)
    many, x = MLP(2, 3, 3, activation=tanh, members=2), rng.random((2, 5, 2))
    W, V = rng.standard_normal((2, many.size))
    ahead, behind = (gradient(many, W + h * V, x, t, rule)[1] for h in (1e-6, -1e-6))
    np.testing.assert_allclose(curvature(many, W, V, x, t, rule), (ahead - behind) / 2e-6, rtol=1e-6, atol=1e-8)
    assert not recwarn.list


def test_a_loss_that_takes_no_complex_numbers_is_refused():
    def rule(y, t):
        return 0.0, np.logaddexp(0, y) - t

    learner = meta(rule=rule)
    with pytest.raises(ValueError, match="second_order=False"):
        learner.loss(learner.w, lines(np.random.default_rng(0), 2), np.empty_like(learner.w))


def test_meta_gradient_is_that_of_a_double_backward():
    torch = pytest.importorskip("torch")
    learner, rng = meta(step_loss_weight=0.3), np.random.default_rng(1)
    batch = lines(rng, 4)
    w = learner.w.astype(float)
    g = np.empty_like(w)
    loss = learner.loss(w, batch, g)
    u = torch.tensor(w, requires_grad=True)
    P = build().size

    def net(x, p):
        return torch.tanh(x @ p[:6].reshape(1, 6) + p[6:12]) @ p[12:18].reshape(6, 1) + p[18:]

    total = 0.0
    for x, t, xq, tq in zip(*(torch.tensor(part, dtype=torch.float64) for part in batch), strict=True):
        p, rates = u[:P], UNIT * u[P:].reshape(3, P)
        for k in range(3):
            (d,) = torch.autograd.grad(((net(x, p) - t) ** 2).mean(), p, create_graph=True)
            p = p - rates[k] * d
            total = total + (1.0 if k == 2 else 0.3) * ((net(xq, p) - tq) ** 2).mean() / 4
    total.backward()
    assert loss == pytest.approx(total.item(), rel=1e-12)
    np.testing.assert_allclose(g, u.grad.numpy(), rtol=1e-5, atol=1e-7)


def test_first_order_gradient_is_that_at_the_weights_after_the_steps():
    learner, rng = meta(step_loss_weight=0.0, second_order=False), np.random.default_rng(1)
    batch, g = lines(rng, 1), np.empty_like(learner.w)
    learner.loss(learner.w, batch, g)
    one, P = build(), build().size
    w = learner.w[:P].copy()
    for a in learner.w[P:].reshape(3, P):
        w -= UNIT * a * gradient(build(members=1), w, batch.x, batch.t, mse)[1]
    expected = np.empty_like(w)
    y, back = one(batch.x_query[0], w)
    back(mse(y, batch.t_query[0])[1], expected)
    np.testing.assert_allclose(g[:P], expected, rtol=1e-4, atol=1e-6)


def test_steps_on_all_tasks_at_once_are_steps_on_each():
    learner, tasks = meta(), lines(np.random.default_rng(3), 5)
    ys = learner.outputs(learner.w, tasks)
    one, P = build(), build().size
    for e in range(5):
        w, g = learner.w[:P].copy(), np.empty(P, np.float32)
        for k in range(4):
            np.testing.assert_allclose(ys[k, e], one(tasks.x_query[e], w)[0], rtol=1e-4, atol=1e-6)
            if k < 3:
                y, back = one(tasks.x[e], w)
                back(mse(y, tasks.t[e])[1], g)
                w -= UNIT * learner.w[P:].reshape(3, P)[k] * g


def test_gather_is_the_way_back_of_spread():
    one, many, rng = build(), build(members=3), np.random.default_rng(0)
    w, W = rng.random(one.size), rng.random(many.size)
    assert spread(w, one, many) @ W == pytest.approx(w @ gather(W, many))
    x = rng.random((7, 1))
    np.testing.assert_allclose(many(x, spread(w, one, many))[0], np.broadcast_to(one(x, w)[0], (3, 7, 1)))


def test_curvature_of_a_linear_model_is_its_known_hessian():
    many, rng = MLP(3, 1, members=2), np.random.default_rng(0)
    x, t = rng.random((2, 5, 3)), rng.random((2, 5, 1))
    V = rng.standard_normal(many.size)
    HV = curvature(many, rng.random(many.size), V, x, t, mse)
    ones = np.concatenate([x, np.ones((2, 5, 1))], -1)  # E, S, 4: the bias is the weight of a 1
    for e in range(2):
        v = np.concatenate([part[e].ravel() for part in many.views(V).values()])
        known = 2 / 5 * ones[e].T @ ones[e] @ v
        found = np.concatenate([part[e].ravel() for part in many.views(HV).values()])
        np.testing.assert_allclose(found, known, rtol=1e-5, atol=1e-6)


def test_the_start_is_that_of_the_network_and_all_step_sizes_are_the_same():
    learner = meta(steps=2, rate=0.1)
    start, sizes = learner.parts.split(learner.w)
    assert learner.net.size == 3 * build().size
    np.testing.assert_array_equal(start, build().init(np.random.default_rng(0).spawn(2)[0]))
    np.testing.assert_allclose(sizes * UNIT, 0.1, rtol=1e-6)
    with pytest.raises(ValueError, match="one by one: start, step_sizes"):
        learner.net(np.ones((4, 1)), learner.w)


def test_lines_are_learnt_from_two_shots():
    learner = meta(updates=400)
    before = learner.evaluate()["val_mse"]
    logs = run(learner)
    assert learner.evaluate()["val_mse"] < 0.001 < before / 10
    assert sum(log["answers"] for log in logs) == 400 * 8 * 6 + 50 * 6  # and those of the validation tasks


def test_second_order_and_steps_matter():
    """What a start alone can reach on lines is their mean, an error of E[a^2 x^2] = 7/36; the steps do the rest."""
    learner = meta(updates=400, seed=1)
    run(learner)
    ys, tasks = learner.outputs(learner.w, learner.exam.val), learner.exam.val
    assert ((ys[0] - tasks.t_query) ** 2).mean() > 0.1
    first = meta(updates=400, seed=1, second_order=False)
    run(first)
    assert first.evaluate()["val_mse"] > learner.evaluate()["val_mse"]


def test_resumed_equals_never_stopped():
    whole, stopped = meta(updates=30), meta(updates=30)
    run(whole)
    for _ in range(3):
        stopped.update()
    resumed = meta(updates=30)
    resumed.w[:] = stopped.w
    resumed.load({name: array.copy() for name, array in stopped.state().items()})
    run(resumed)
    assert np.array_equal(whole.w, resumed.w)


def test_the_tasks_that_judge_are_the_same_for_every_seed_and_not_those_of_training():
    a, b = (few_shot.make(few_shot.Config(), np.random.default_rng(s), Data()) for s in (0, 1))
    assert all(np.array_equal(p, q) for p, q in zip(a.exam.val, b.exam.val, strict=True))
    assert not np.array_equal(a.draw(a.rng, 3).t, b.draw(b.rng, 3).t)
    val = sinusoids.sinusoids(np.random.default_rng(sinusoids.VAL), 3)
    test = sinusoids.sinusoids(np.random.default_rng(sinusoids.TEST), 3)
    assert not np.array_equal(val.x, test.x)


def test_the_family_is_what_its_docstring_says():
    tasks = sinusoids.sinusoids(np.random.default_rng(0), 4000, 10, 50)
    assert abs(tasks.x).max() <= 5
    assert 4.9 < abs(tasks.t_query).max() <= 5
    assert (sinusoids.least_squares(tasks) - tasks.t_query).max() < 1e-4  # the shots tell all
    at_zero = abs(tasks.x_query) < 0.05
    assert tasks.t_query[at_zero].mean() == pytest.approx(-5.1 / np.pi, abs=0.1)  # E[A] E[sin(-phase)]
    best = sinusoids.errors(sinusoids.family_mean(tasks), tasks.t_query).mean()
    for factor in (0.9, 1.1):
        assert sinusoids.errors(factor * sinusoids.family_mean(tasks), tasks.t_query).mean() > best


def test_ridge_is_that_of_sklearn():
    from sklearn.linear_model import Ridge

    tasks = sinusoids.sinusoids(np.random.default_rng(0), 2)
    rng = np.random.default_rng(0)
    w, b = rng.normal(0, 1, 300), rng.uniform(0, 2 * np.pi, 300)
    y = sinusoids.fourier_ridge(tasks, penalty=0.1)
    for e in range(2):
        F, Q = (np.sqrt(2 / 300) * np.cos(x[e] * w + b) for x in (tasks.x, tasks.x_query))
        twin = Ridge(0.1, fit_intercept=False).fit(F, tasks.t[e, :, 0]).predict(Q)
        np.testing.assert_allclose(y[e, :, 0], twin, rtol=1e-5, atol=1e-5)


def test_a_short_run_is_already_better_than_what_does_not_look_at_the_shots(tmp_path, monkeypatch):
    monkeypatch.setattr(sinusoids, "UPDATES", 100)
    monkeypatch.setattr(sinusoids, "_fitted", lambda many, W, tasks, optimizer, steps: many(tasks.x_query, W)[0])
    config = few_shot.Config(updates=200, hidden=20, steps=5, tasks=10, lr=0.01)
    learner = few_shot.make(config, np.random.default_rng(0), Data())
    run(learner)
    report = learner.report(learner.w, tmp_path)
    assert report.metrics["test_mse"] < 0.5 * report.chance
    assert report.reference < 1e-9
    assert report.answers == 600 * 10
    assert {path.name for path in tmp_path.iterdir()} == set(report.pictures)


@pytest.mark.parametrize("values", [{"shots": 0}, {"step_loss_weight": -1}, {"rate": float("nan")}, {"steps": 0}])
def test_nonsense_is_refused(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        few_shot.Config(**values)


def test_tasks_that_do_not_fit_the_network_are_refused():
    def wide(rng, E):
        return Tasks(*(np.zeros((E, 2, k), np.float32) for k in (1, 3, 1, 3)))

    with pytest.raises(ValueError, match=r"must have the shape \(50, 2, 1\)"):
        meta(wide)
