"""Every loss: its gradient is true, it is finite at any logits, and it has the values known beforehand."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import oracles
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.metrics import mean_pinball_loss, mean_poisson_deviance

from core import (
    binary_cross_entropy,
    cross_entropy,
    hinge,
    huber,
    log_softmax,
    losses,
    mse,
    pinball,
    plain_cross_entropy,
    poisson,
    softmax,
    weighted,
)
from core.gradcheck import directional_error

RNG = np.random.Generator


def labels(y: np.ndarray, rng: RNG) -> np.ndarray:
    return rng.integers(0, y.shape[-1], y.shape[:-1])


def rows(y: np.ndarray, rng: RNG) -> dict[str, np.ndarray]:
    return {"sample_weight": rng.uniform(0.5, 2, y.shape[:-1])}


def weights(y: np.ndarray, rng: RNG) -> dict[str, np.ndarray]:
    return {"class_weight": rng.uniform(0.5, 2, y.shape[-1]), **rows(y, rng)}


# name: from y (..., F) and a generator to the arguments after y; targets are drawn to fit
LOSSES = {
    "cross_entropy": lambda y, rng: (cross_entropy, [labels(y, rng)], {}),
    "plain_cross_entropy": lambda y, rng: (plain_cross_entropy, [labels(y, rng)], {}),
    "cross_entropy soft": lambda y, rng: (cross_entropy, [softmax(rng.standard_normal(y.shape))], {}),
    "cross_entropy smoothed": lambda y, rng: (cross_entropy, [labels(y, rng)], {"smoothing": 0.1}),
    "cross_entropy weighted": lambda y, rng: (cross_entropy, [labels(y, rng)], weights(y, rng)),
    "cross_entropy all": lambda y, rng: (
        cross_entropy,
        [softmax(rng.standard_normal(y.shape))],
        {"smoothing": 0.2, **weights(y, rng)},
    ),
    "mse": lambda y, rng: (mse, [rng.standard_normal(y.shape)], {}),
    "huber": lambda y, rng: (huber, [3 * rng.standard_normal(y.shape)], {"delta": 0.7}),
    "binary_cross_entropy": lambda y, rng: (binary_cross_entropy, [rng.uniform(0, 1, y.shape)], {}),
    "hinge": lambda y, rng: (hinge, [labels(y, rng)], {"margin": 0.8}),
    "pinball": lambda y, rng: (pinball, [3 * rng.standard_normal(y.shape)], {"quantile": 0.8}),
    "poisson": lambda y, rng: (poisson, [rng.poisson(3.0, y.shape)], {}),
    "mse weighted": lambda y, rng: (mse, [rng.standard_normal(y.shape)], rows(y, rng)),
    "hinge weighted": lambda y, rng: (hinge, [labels(y, rng)], rows(y, rng)),
    "poisson weighted": lambda y, rng: (poisson, [rng.poisson(3.0, y.shape)], rows(y, rng)),
}
named = pytest.mark.parametrize("name", LOSSES)


def build(name: str, batch: list[int], features: int, seed: int) -> tuple:
    """A function of y that gives (loss, dy), and a float64 y, which refuses to be written to; so do the targets."""
    rng = np.random.default_rng(seed)
    y = 2 * rng.standard_normal((*batch, 2 * features))
    loss, args, options = LOSSES[name](y, rng)
    for array in (y, *args, *options.values()):
        if isinstance(array, np.ndarray):
            array.setflags(write=False)
    return lambda y: loss(y, *args, **options), y


def test_every_loss_of_the_core_is_checked_here() -> None:
    known = {n for n, v in vars(losses).items() if getattr(v, "__annotations__", {}).get("return") is losses.Loss}
    assert known == {name.split()[0] for name in LOSSES}


@named
@settings(max_examples=20, derandomize=True, deadline=None, database=None)
@given(batch=st.lists(st.integers(1, 4), max_size=3), features=st.integers(1, 4), seed=st.integers(0, 999))
def test_gradient_in_a_random_direction(name: str, batch: list[int], features: int, seed: int) -> None:
    f, y = build(name, batch, features, seed)
    value, dy = f(y)
    assert isinstance(value, float)
    assert dy.shape == y.shape
    assert directional_error(lambda u: f(u)[0], y, dy, np.random.default_rng(seed)) < 1e-6
    np.testing.assert_allclose(dy, oracles.gradient(lambda u: f(u)[0], y), atol=1e-7)


@named
def test_float32_stays_float32(name: str) -> None:
    f, y = build(name, [3, 4], 3, 0)
    value, dy = f(y.astype(np.float32))
    assert dy.dtype == np.float32
    assert type(value) is float
    assert value == pytest.approx(f(y)[0], rel=1e-5)
    np.testing.assert_allclose(dy, f(y)[1], rtol=1e-4, atol=1e-6)


def test_targets_of_another_shape_are_refused_not_broadcast() -> None:
    for loss in mse, huber, binary_cross_entropy, pinball, poisson:
        with pytest.raises(ValueError, match="shape"):
            loss(np.zeros((5, 1)), np.zeros(5))


@pytest.mark.parametrize("shape", [(1,), (5, 1), (1, 5), (2,), ()])
def test_one_label_for_many_rows_is_refused(shape: tuple[int, ...]) -> None:
    y, t = np.random.default_rng(0).standard_normal((5, 3)), np.zeros(5, int)
    for loss in cross_entropy, plain_cross_entropy, hinge:
        with pytest.raises(ValueError, match="shape"):
            loss(y, np.zeros(shape, int))
    for options in {"sample_weight": np.ones(shape)}, {"class_weight": np.ones(shape)}:
        with pytest.raises(ValueError, match="shape"):
            cross_entropy(y, t, **options)
    with pytest.raises(ValueError, match="sample_weight must have the shape"):
        mse(y, y, np.ones(shape))


@pytest.mark.parametrize("loss", [mse, huber, pinball, poisson, binary_cross_entropy, hinge, cross_entropy])
@pytest.mark.parametrize("known", [True, False])
def test_a_weight_of_2_is_the_row_twice_and_one_of_0_is_no_row(loss: Callable, known: bool) -> None:
    rng, s = np.random.default_rng(3), np.array([0, 1, 2, 0, 3, 1])
    y, t = rng.standard_normal((6, 4)), rng.integers(0, 2, 6 if loss in (hinge, cross_entropy) else (6, 4))
    value = loss(y.repeat(s, 0), t.repeat(s, 0))[0]
    each = np.stack([loss(y[i : i + 1], t[i : i + 1])[1][0] for i in range(6)]) * s[:, None]
    mean, of_mean = loss(y, t, sample_weight=s)
    assert mean == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(of_mean, each / s.sum(), rtol=1e-12, atol=1e-15)
    rule = weighted(loss if known else lambda y, t: loss(y, t))
    share, of_share = rule(y, t, s)
    assert share == pytest.approx(value * s.mean(), rel=1e-12)
    np.testing.assert_allclose(of_share, each / 6, rtol=1e-12, atol=1e-15)
    nothing, still = rule(y, t, 0 * s)
    assert nothing == 0
    assert not still.any()
    with pytest.raises(ValueError, match="sample_weight must have the shape"):
        rule(y, t, s[:1])


def test_values_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    y, t, s = rng.standard_normal((20, 1)), rng.poisson(2.0, (20, 1)), rng.uniform(0, 3, 20)
    deviance = 2 * (poisson(y, t, s)[0] - poisson(np.log(np.maximum(t, 1e-300)), t, s)[0])
    assert deviance == pytest.approx(mean_poisson_deviance(t, np.exp(y), sample_weight=s), rel=1e-12)
    for q in 0.1, 0.5, 0.9:
        expected = mean_pinball_loss(t, y, sample_weight=s, alpha=q)
        assert pinball(y, t, q, s)[0] == pytest.approx(expected, rel=1e-12)
    assert pinball(y, t)[0] == pytest.approx(np.abs(y - t).mean() / 2, rel=1e-12)


@pytest.mark.parametrize("shape", [(1, 3), (3,), (5, 1), (1, 1), (5,), ()])
def test_one_row_of_targets_for_many_rows_is_refused(shape: tuple[int, ...]) -> None:
    y = np.random.default_rng(0).standard_normal((5, 3))
    for loss in mse, huber, binary_cross_entropy, pinball, poisson, *([cross_entropy] if len(shape) == 2 else []):
        with pytest.raises(ValueError, match="shape"):
            loss(y, np.zeros(shape))


def test_labels_that_are_no_class_are_refused_not_wrapped() -> None:
    y = np.zeros((2, 3))
    for wrong in [0, 3], [0, -1], [0, -3], [0.0, 1.0], [0, 1, 2], [[0, 1], [0, 1]]:
        for loss in cross_entropy, hinge, lambda y, t: cross_entropy(y, t, smoothing=0.1):
            with pytest.raises(ValueError, match=r"labels from 0 to 2|reshape|shape"):
                loss(y, np.array(wrong))
    assert cross_entropy(y, np.array([0, 2], np.uint8))[0] == pytest.approx(math.log(3))


@pytest.mark.parametrize("shape", [(7, 3), (64, 50), (2, 5, 4), (6,)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_tuned_cross_entropy_is_the_plain_equation(shape: tuple[int, ...], dtype: type) -> None:
    rng = np.random.default_rng(5)
    y = (9 * rng.standard_normal(shape)).astype(dtype)
    for t in (labels(y, rng), labels(y, rng).astype(np.uint8)):
        (loss, dy), (plain, expected) = cross_entropy(y, t), plain_cross_entropy(y, t)
        assert loss == pytest.approx(plain, rel=1e-6 if dtype == np.float32 else 1e-13)
        np.testing.assert_allclose(dy, expected, rtol=1e-4, atol=1e-7 if dtype == np.float32 else 1e-15)
        assert dy.dtype == expected.dtype == dtype


def test_cross_entropy_against_loops() -> None:
    rng = np.random.default_rng(0)
    y, t = 3 * rng.standard_normal((6, 5)), rng.integers(0, 5, 6)
    a, s, k = rng.uniform(0.5, 2, 5), rng.uniform(0.5, 2, 6), 0.1
    onehot = np.eye(5)[t]
    plain = [oracles.cross_entropy(y[i], onehot[i]) for i in range(6)]
    assert cross_entropy(y, t)[0] == pytest.approx(sum(plain) / 6, rel=1e-12)
    assert cross_entropy(y, onehot)[0] == pytest.approx(sum(plain) / 6, rel=1e-12)
    weight = s * a[t]
    value = sum(weight * plain) / sum(weight)
    assert cross_entropy(y, t, class_weight=a, sample_weight=s)[0] == pytest.approx(value, rel=1e-12)
    soft = [s[i] * oracles.cross_entropy(y[i], a * ((1 - k) * onehot[i] + k / 5)) for i in range(6)]
    value = sum(soft) / sum(weight)
    assert cross_entropy(y, t, a, s, k)[0] == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_finite_and_right_at_huge_logits(dtype: type) -> None:
    y = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 0]], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        right, dy = cross_entropy(y, np.array([0, 1]))
        assert right == 0
        assert not dy.any()
        wrong, dy = cross_entropy(y, np.array([1, 0]))
        assert wrong == 2e4
        assert np.array_equal(dy, np.array([[1, -1, 0], [-1, 1, 0]]) / 2)
        smoothed, dy = cross_entropy(y, np.array([0, 1]), smoothing=0.3)
        assert smoothed == pytest.approx(0.1 * (2e4 + 1e4), rel=1e-6)
        assert np.isfinite(dy).all()
        loss, dy = binary_cross_entropy(y, np.array([[1, 0, 0.5]] * 2, dtype))  # first row right, second row wrong
        assert loss == pytest.approx((2 * math.log(2) + 1e4 + 1e4) / 6, rel=1e-6)
        np.testing.assert_allclose(dy, np.array([[0, 0, 0], [-1, 1, 0]]) / 6, atol=1e-7)
        np.testing.assert_allclose(softmax(y), [[1, 0, 0], [0, 1, 0]])
        np.testing.assert_allclose(log_softmax(y), [[0, -2e4, -1e4], [-2e4, 0, -1e4]])


def test_known_answers() -> None:
    y = np.array([[1.0, 3.0], [0.0, -2.0]])
    loss, dy = mse(y, np.zeros((2, 2)))
    assert loss == (1 + 9 + 0 + 4) / 4
    assert np.array_equal(dy, y / 2)
    loss, dy = huber(y, np.zeros((2, 2)), delta=2)
    assert loss == (0.5 + 2 * (3 - 1) + 0 + 2) / 4
    assert np.array_equal(dy, np.array([[1, 2], [0, -2]]) / 4)
    loss, dy = pinball(y, np.zeros((2, 2)), 0.75)
    assert loss == (0.25 * (1 + 3) + 0 + 0.75 * 2) / 4
    assert np.array_equal(dy, np.array([[0.25, 0.25], [-0.75, -0.75]]) / 4)
    loss, dy = poisson(np.log([[2.0, 5.0]]), np.array([[3, 0]]))
    assert loss == pytest.approx((2 - 3 * math.log(2) + 5) / 2)
    np.testing.assert_allclose(dy, np.array([[2 - 3, 5 - 0]]) / 2)
    loss, dy = hinge(np.array([[2.0, 1.5, 0.0]]), np.array([0]))
    assert loss == 0.5 / 3
    assert np.array_equal(dy, np.array([[-1, 1, 0]]) / 3)
    loss, dy = binary_cross_entropy(np.zeros(4), np.array([0, 1, 0, 1]))
    assert loss == pytest.approx(math.log(2))
    np.testing.assert_allclose(dy, [0.125, -0.125, 0.125, -0.125])


def test_softmax_sums_to_one_and_log_softmax_is_its_logarithm() -> None:
    y = np.random.default_rng(0).standard_normal((3, 4, 5))
    np.testing.assert_allclose(softmax(y).sum(-1), 1)
    np.testing.assert_allclose(np.log(softmax(y)), log_softmax(y))
    np.testing.assert_allclose(softmax(y + 1000), softmax(y))
