"""Returns and advantages against slow sums over the future, step by step as they are defined."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from reinforcement.returns import discounted_returns, gae, n_step


def experience(seed, T, B):
    rng = np.random.default_rng(seed)
    reward, value, next_value = rng.standard_normal((3, T, B))
    terminated, truncated = rng.random((2, T, B)) < 0.2
    return reward, value, next_value, terminated, truncated


def slow_gae(reward, discount, value, next_value, end, lam):
    """sum over l of (product of discount lam) delta_{t+l}, up to and with the step at which the episode ends."""
    A = np.zeros_like(reward)
    for t in range(len(reward)):
        for b in range(reward.shape[1]):
            weight = 1.0
            for k in range(t, len(reward)):
                A[t, b] += weight * (reward[k, b] + discount[k, b] * next_value[k, b] - value[k, b])
                weight *= discount[k, b] * lam
                if end[k, b]:
                    break
    return A


shapes = {"seed": st.integers(0, 99), "T": st.integers(1, 12), "B": st.integers(1, 4)}


@given(**shapes, lam=st.floats(0, 1), gamma=st.floats(0, 1))
def test_gae_is_the_slow_sum(seed, T, B, lam, gamma):
    reward, value, next_value, terminated, truncated = experience(seed, T, B)
    discount, end = gamma * ~terminated, terminated | truncated
    kept = [a.copy() for a in (reward, discount, value, next_value, end)]
    A = gae(reward, discount, value, next_value, end, lam)
    np.testing.assert_allclose(A, slow_gae(reward, discount, value, next_value, end, lam), atol=1e-9)
    for before, after in zip(kept, (reward, discount, value, next_value, end), strict=True):
        np.testing.assert_array_equal(before, after)


@given(**shapes, gamma=st.floats(0, 1))
def test_discounted_returns_are_the_slow_sum(seed, T, B, gamma):
    reward, *_, terminated, _ = experience(seed, T, B)
    G = discounted_returns(reward, gamma * ~terminated)
    zeros = np.zeros_like(reward)
    np.testing.assert_allclose(G, slow_gae(reward, gamma * ~terminated, zeros, zeros, terminated, 1.0), atol=1e-9)


def test_by_hand():
    column = np.array([[1.0], [2.0], [4.0]])
    assert discounted_returns(column, np.array([[0.5], [0.5], [0.0]])).ravel().tolist() == [3, 4, 4]
    assert discounted_returns(column, np.array([[0.5], [0.0], [0.5]])).ravel().tolist() == [2, 2, 4]
    value, next_value, no = (
        np.array([[10.0], [20.0], [30.0]]),
        np.array([[20.0], [99.0], [40.0]]),
        np.zeros((3, 1), bool),
    )
    cut = np.array([[False], [True], [False]])  # a time limit after the second step, whose next value is 99
    A = gae(column, np.full((3, 1), 0.5), value, next_value, cut, 1.0)
    assert A.ravel().tolist() == [1 + 10 - 10 + 0.5 * 31.5, 2 + 49.5 - 20, 4 + 20 - 30]
    discount = np.array([[0.5], [0.0], [0.5]])  # the world ends after the second step: 99 does not count
    assert gae(column, discount, value, next_value, cut, 1.0).ravel().tolist() == [1 + 0.5 * -18, -18, -6]
    assert gae(column, discount, value, next_value, no, 0.0).ravel().tolist() == [1, -18, -6]


def test_float32_stays_float32():
    reward, value, next_value, terminated, _ = experience(0, 5, 2)
    reward, value, next_value = (a.astype(np.float32) for a in (reward, value, next_value))
    discount = (0.9 * ~terminated).astype(np.float32)
    assert gae(reward, discount, value, next_value, terminated, 0.95).dtype == np.float32
    assert discounted_returns(reward, discount).dtype == np.float32


@pytest.mark.parametrize("of", ["discount", "value", "next_value", "end"])
@pytest.mark.parametrize("shape", [(1, 2), (3, 1), (1, 1), (3,), ()])
def test_one_row_for_many_steps_is_refused(of, shape):
    reward = np.ones((3, 2))
    given = dict.fromkeys(("discount", "value", "next_value"), reward) | {"end": reward > 2, of: np.ones(shape)}
    with pytest.raises(ValueError, match=rf"{of} must have the shape \(3, 2\)"):
        gae(reward, **given, lam=0.9)
    if of in ("discount", "end"):
        with pytest.raises(ValueError, match=of):
            n_step(reward, given["discount"], given["end"], 2)
    if of == "discount":
        with pytest.raises(ValueError, match=of):
            discounted_returns(reward, given["discount"])


def test_an_end_may_be_told_in_numbers():
    reward, value, next_value, terminated, truncated = experience(0, 6, 3)
    end, number = terminated | truncated, (terminated | truncated).astype(int)
    assert np.array_equal(*(gae(reward, 0.9 * ~terminated, value, next_value, e, 0.5) for e in (end, number)))
    for a, b in zip(*(n_step(reward, 0.9 * ~terminated, e, 3) for e in (end, number)), strict=True):
        assert np.array_equal(a, b)
