import numpy as np
import pytest
from going_on import same_after_resuming

from core import MLP, SGD, Adam
from core.lab.envs.vector import make
from reinforcement.evaluate import ReturnExam
from reinforcement.evolution import Evolution, centred_ranks, estimate, members


def quadratic(rng, P=12):
    """F(w) = -(w - a) H (w - a) / 2 with a known gradient of -F."""
    root, a, w = rng.standard_normal((P, P)), rng.standard_normal(P), rng.standard_normal(P)
    H = root @ root.T / P
    return lambda w: -0.5 * np.einsum("...i,ij,...j->...", w - a, H, w - a), H @ (w - a), w


def test_estimate_is_exact_on_a_quadratic_when_the_noise_spans_the_space():
    """(F(w + s e) - F(w - s e)) / 2s is the slope along e, whatever s; orthogonal e give the whole."""
    rng = np.random.default_rng(0)
    F, g, w = quadratic(rng)
    noise = np.linalg.qr(rng.standard_normal((12, 12)))[0] * np.sqrt(12)
    for sigma in (0.01, 1.0):
        scores = np.stack([F(w + sigma * noise), F(w - sigma * noise)])
        np.testing.assert_allclose(estimate(scores, noise, sigma), g, atol=1e-9)


def test_estimate_is_unbiased():
    rng = np.random.default_rng(1)
    F, g, w = quadratic(rng)
    noise = rng.standard_normal((200_000, 12))
    scores = np.stack([F(w + 0.1 * noise), F(w - 0.1 * noise)])
    np.testing.assert_allclose(estimate(scores, noise, 0.1), g, atol=0.03 * np.linalg.norm(g))


def test_descends_a_quadratic_by_ranks_alone():
    rng = np.random.default_rng(2)
    F, _, w = quadratic(rng)
    optimizer, first = Adam(0.1), F(w)
    for k in range(300):
        noise = rng.standard_normal((16, 12))
        scores = centred_ranks(np.stack([F(w + 0.1 * noise), F(w - 0.1 * noise)]))
        optimizer.step(w, estimate(scores, noise, 0.1), 1 - k / 300)
    assert F(w) > 1e-3 * first


def test_ranks():
    np.testing.assert_allclose(centred_ranks(np.array([[3.0, 1.0], [2.0, 9.0]])), [[1 / 6, -0.5], [-1 / 6, 0.5]])
    np.testing.assert_allclose(centred_ranks(np.array([5.0, 500.0, 500.0])), [-0.5, 0.25, 0.25])
    assert not centred_ranks(np.full((2, 4), 500.0)).any()


def test_members_are_the_networks_one_by_one():
    rng = np.random.default_rng(3)
    net, crowd = MLP(3, 5, 2), MLP(3, 5, 2, members=4)
    rows, x = rng.standard_normal((4, net.size)).astype(np.float32), rng.standard_normal((4, 3)).astype(np.float32)
    together = crowd(x[:, None], members(net, rows))[0][:, 0]
    np.testing.assert_allclose(together, [net(x[e : e + 1], rows[e])[0][0] for e in range(4)], rtol=1e-5)


def cart_poles(n, rng):
    return make("CartPole-v1", n, rng)


def learner(seed=0, updates=20, crowd=16, outputs=2):
    exam = ReturnExam(cart_poles, 500, "the best", n_val=5, n_test=20)
    return Evolution(
        MLP(4, 16, outputs),
        MLP(4, 16, outputs, members=crowd),
        cart_poles,
        exam,
        SGD(0.5),
        np.random.default_rng(seed),
        updates=updates,
        pairs=8,
        sigma=0.3,
    )


def test_goes_on_where_it_was():
    same_after_resuming(learner(), learner(seed=5))


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="policy of 3 actions"):
        learner(outputs=3)
    with pytest.raises(ValueError, match="not those of 16 networks"):
        learner(crowd=8)
