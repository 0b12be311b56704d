"""The adversary: its divergence by the directional check, its step beside all directions and beside the Hessian's."""

import numpy as np
import pytest

from core import MLP, Linear, softmax
from core.gradcheck import directional_error
from unsupervised.clustering.virtual_adversarial import adversary, divergence


def test_divergence_is_a_kl_with_its_gradient():
    rng = np.random.default_rng(0)
    y, target = rng.standard_normal((2, 7, 4))
    value, dy = divergence(y, target)
    assert directional_error(lambda u: divergence(u, target)[0], y, dy, rng) < 1e-6
    p, q = softmax(y), softmax(target)
    assert value == pytest.approx(float(np.mean([sum(q[b] * np.log(q[b] / p[b])) for b in range(7)])))
    assert divergence(target + 3, target)[0] == pytest.approx(0, abs=1e-12)  # a shift of all logits says nothing


def network(*sizes, seed=0):
    net, rng = MLP(*sizes), np.random.default_rng(seed)
    return net, net.init(rng, np.float64) + 0.1 * rng.standard_normal(net.size), rng


def test_no_direction_is_worse_than_the_adversary_s():
    net, w, rng = network(2, 16, 3)
    radius, x = 1e-3, rng.standard_normal((20, 2))
    y, _ = net(x, w)
    r = adversary(net, w, x, y, radius, rng, iterations=30)
    assert np.sqrt((r * r).sum(-1)) == pytest.approx(radius)

    def changes(step):
        return np.array([divergence(net(x[i : i + 1] + step[i], w)[0], y[i : i + 1])[0] for i in range(len(x))])

    angles = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    steps = [np.tile(radius * np.array([np.cos(a), np.sin(a)]), (len(x), 1)) for a in angles]
    worst = np.max([changes(step) for step in steps], 0)
    assert (changes(r) > 0.98 * worst).all()


def test_the_adversary_is_the_leading_eigenvector_of_the_hessian():
    rng = np.random.default_rng(1)
    net = Linear(5, 4)
    w, x = rng.standard_normal(net.size), rng.standard_normal((1, 5))
    y, _ = net(x, w)
    W, p = w[:20].reshape(5, 4), softmax(y)[0]
    leading = np.linalg.eigh(W @ (np.diag(p) - np.outer(p, p)) @ W.T)[1][:, -1]
    r = adversary(net, w, x, y, 1e-4, rng, iterations=200)
    assert abs(float(r[0] @ leading)) == pytest.approx(1e-4, rel=1e-3)


def test_one_iteration_is_worse_for_the_network_than_a_random_step():
    net, w, rng = network(20, 32, 5)
    x = rng.standard_normal((200, 20))
    y, _ = net(x, w)
    random = rng.standard_normal(x.shape)
    random *= 0.5 / np.sqrt((random * random).sum(-1, keepdims=True))
    found = adversary(net, w, x, y, 0.5, rng)
    assert divergence(net(x + found, w)[0], y)[0] > 2 * divergence(net(x + random, w)[0], y)[0]


def test_where_no_step_changes_anything_there_is_none():
    net = Linear(3, 2)
    x, w = np.ones((2, 3), np.float32), np.zeros(net.size, np.float32)
    r = adversary(net, w, x, net(x, w)[0], 1.0, np.random.default_rng(0))
    assert r.dtype == np.float32
    assert not r.any()
