"""The two losses: their gradients, and what they mean, where that can be said by hand."""

import numpy as np
import pytest

from core import cross_entropy, log_softmax, softmax
from core.gradcheck import directional_error
from core.lab.envs.units import as_batch
from reinforcement.distributions import draw, entropy, greedy
from reinforcement.ppo import ppo_loss
from reinforcement.reinforce import reinforce_loss

B, A = 40, 4


def batch(seed):
    rng = np.random.default_rng(seed)
    y = rng.standard_normal((B, A + 1))
    action = rng.integers(A, size=B)
    old = log_softmax(y[:, :-1])[np.arange(B), action] + 0.3 * rng.standard_normal(
        B
    )  # ratios on both sides of both ends
    return rng, y, action, old, rng.standard_normal(B), rng.standard_normal(B)


def slow_ppo(y, action, old, advantage, target, clip, value_weight, entropy_weight):
    total = 0.0
    for i in range(len(y)):
        p = np.exp(y[i, :-1]) / np.exp(y[i, :-1]).sum()
        r = p[action[i]] / np.exp(old[i])
        total += -min(r * advantage[i], min(max(r, 1 - clip), 1 + clip) * advantage[i])
        total += value_weight * (y[i, -1] - target[i]) ** 2 + entropy_weight * sum(p * np.log(p))
    return total / len(y)


@pytest.mark.parametrize("weights", [(0.2, 0.25, 0.01), (0.1, 0.0, 0.0), (0.3, 1.0, 1.0)])
@pytest.mark.parametrize("seed", range(5))
def test_ppo_loss_and_its_gradient(seed, weights):
    rng, y, action, old, advantage, target = batch(seed)
    loss, dy = ppo_loss(y, action, old, advantage, target, *weights)
    assert loss == pytest.approx(slow_ppo(y, action, old, advantage, target, *weights), rel=1e-12)

    def f(u):
        return ppo_loss(u.reshape(y.shape), action, old, advantage, target, *weights)[0]

    assert directional_error(f, y.ravel(), dy.ravel(), rng) < 1e-6


def test_ppo_gradient_is_the_policy_gradient_while_nothing_has_moved():
    _, y, action, _, advantage, target = batch(0)
    old = log_softmax(y[:, :-1])[np.arange(B), action]
    _, dy = ppo_loss(y, action, old, advantage, target)
    _, expected = reinforce_loss(y[:, :-1], action, advantage)
    np.testing.assert_allclose(dy[:, :-1], expected, atol=1e-12)


@pytest.mark.parametrize(
    ("ratio", "advantage", "pulls"),
    [
        (1.5, 1.0, False),
        (1.5, -1.0, True),
        (0.5, 1.0, True),
        (0.5, -1.0, False),
        (1.1, 1.0, True),
        (0.9, -1.0, True),
    ],
)
def test_ppo_lets_go_only_where_the_ratio_left_on_the_side_it_is_pushed_to(ratio, advantage, pulls):
    y = np.array([[0.3, -0.2, 0.0]])
    old = np.log(softmax(y[:, :-1])[:, 1]) - np.log(ratio)
    _, dy = ppo_loss(y, np.array([1]), old, np.array([advantage]), np.zeros(1))
    p = softmax(y[:, :-1])
    expected = -advantage * ratio * (np.array([[0, 1]]) - p) if pulls else np.zeros((1, 2))
    np.testing.assert_allclose(dy[:, :-1], expected, atol=1e-12)


@pytest.mark.parametrize("entropy_weight", [0.0, 0.3])
def test_reinforce_loss_and_its_gradient(entropy_weight):
    rng, y, action, _, advantage, _ = batch(1)
    y = y[:, :-1]
    loss, dy = reinforce_loss(y, action, advantage, entropy_weight)
    p = softmax(y)
    slow = -(advantage * np.log(p[np.arange(B), action])).mean() + entropy_weight * (p * np.log(p)).sum(-1).mean()
    assert loss == pytest.approx(slow, rel=1e-12)

    def f(u):
        return reinforce_loss(u.reshape(y.shape), action, advantage, entropy_weight)[0]

    assert directional_error(f, y.ravel(), dy.ravel(), rng) < 1e-6


def test_reinforce_with_labels_for_actions_and_weight_one_is_cross_entropy():
    _, y, action, *_ = batch(2)
    loss, dy = reinforce_loss(y, action, np.ones(B))
    expected, expected_dy = cross_entropy(y, action)
    assert loss == pytest.approx(expected)
    np.testing.assert_allclose(dy, expected_dy, atol=1e-12)


def test_reinforce_gradient_is_unbiased_whatever_the_baseline():
    """Averaged over the actions that may be drawn, it is minus the gradient of the expected reward, p.r."""
    rng = np.random.default_rng(3)
    y, reward = rng.standard_normal(A), rng.standard_normal(A)
    p = softmax(y)
    truth = -p * (reward - p @ reward)
    for baseline in (0.0, 5.0):
        mean = sum(
            p[a] * reinforce_loss(y[None], np.array([a]), np.array([reward[a] - baseline]))[1][0] for a in range(A)
        )
        np.testing.assert_allclose(mean, truth, atol=1e-12)


def test_drawn_actions_follow_the_softmax():
    y = np.log(np.array([0.1, 0.6, 0.3]))
    drawn = draw(np.random.default_rng(0), np.tile(y, (40_000, 1)))
    np.testing.assert_allclose(np.bincount(drawn) / 40_000, [0.1, 0.6, 0.3], atol=0.01)
    assert greedy(np.array([[0, 2, 1], [5, 2, 1]])).tolist() == [1, 0]
    assert draw(np.random.default_rng(0), np.zeros((5, 2, 3))).shape == (5, 2)


def test_one_observation_alone_becomes_a_batch():
    like = np.zeros((7, 64), np.float32)
    assert as_batch(np.ones((3, 64)), like).shape == (3, 64)
    assert as_batch(np.ones((8, 8)), like).shape == as_batch([1] * 64, like).shape == (1, 64)
    assert as_batch(np.ones((8, 8)), like).dtype == np.float32
    with pytest.raises(ValueError, match=r"\(64,\) each, but these are \(3, 63\)"):
        as_batch(np.ones((3, 63)), like)
    with pytest.raises(ValueError, match="not finite"):
        as_batch(np.full((1, 64), np.nan), like)


def test_entropy():
    H, _ = entropy(np.log(np.full((1, 8), 1 / 8)))
    assert H[0] == pytest.approx(np.log(8))
    rng = np.random.default_rng(0)
    y, upstream = rng.standard_normal((6, 5)), rng.standard_normal(6)
    _, dH = entropy(log_softmax(y))

    def f(u):
        return float((entropy(log_softmax(u.reshape(6, 5)))[0] * upstream).sum())

    assert directional_error(f, y.ravel(), (upstream[:, None] * dH).ravel(), rng) < 1e-6


def test_float32_stays_float32():
    _, y, action, old, advantage, target = batch(0)
    y, old, advantage, target = (a.astype(np.float32) for a in (y, old, advantage, target))
    assert ppo_loss(y, action, old, advantage, target, entropy_weight=0.1)[1].dtype == np.float32
    assert reinforce_loss(y, action, advantage, 0.1)[1].dtype == np.float32
