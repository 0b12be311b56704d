"""Ensembles: E members in one batched product are E networks one by one, forward and back."""

from __future__ import annotations

import numpy as np
import pytest

from core import MLP, AdamW, EnsembleLinear, Linear, Sequential, chain, cross_entropy, relu, tanh
from core.gradcheck import layer_errors


def member(net: MLP, w: np.ndarray, e: int) -> np.ndarray:
    """The parameters of one member as the plain network of its sizes lays them out."""
    return np.concatenate([view[e].ravel() for view in net.views(w).values()])


def test_members_are_the_networks_one_by_one() -> None:
    rng = np.random.default_rng(0)
    many, one = MLP(5, 7, 3, members=4, activation=tanh), MLP(5, 7, 3, activation=tanh)
    w = many.init(rng, np.float64)
    shared, own = rng.standard_normal((6, 5)), rng.standard_normal((4, 6, 5))
    dy, g = rng.standard_normal((4, 6, 3)), np.empty_like(w)
    for x in (shared, own):
        y, back = many(x, w)
        dx = back(dy, g, dx=True)
        total = 0
        for e in range(4):
            y_one, back_one = one(x if x.ndim == 2 else x[e], member(many, w, e))
            g_one = np.empty(one.size)
            dx_one = back_one(dy[e], g_one, dx=True)
            np.testing.assert_allclose(y[e], y_one, rtol=1e-12)
            np.testing.assert_allclose(member(many, g, e), g_one, rtol=1e-10, atol=1e-12)
            total = total + dx_one
            if x.ndim == 3:
                np.testing.assert_allclose(dx[e], dx_one, rtol=1e-10, atol=1e-12)
        if x.ndim == 2:
            np.testing.assert_allclose(dx, total, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("shape", [(6, 4), (3, 6, 4)])
@pytest.mark.parametrize("bias", [True, False])
def test_directional_check_and_adding(shape: tuple[int, ...], bias: bool) -> None:
    rng = np.random.default_rng(1)
    layer = EnsembleLinear(3, 4, 2, bias=bias)
    assert max(layer_errors(layer, rng.standard_normal(shape), rng).values()) < 1e-8
    w, g = layer.init(rng), np.empty(layer.size, np.float32)
    y, back = layer(rng.standard_normal(shape), w)
    back(np.ones_like(y), g)
    twice = g.copy()
    back(np.ones_like(y), twice, add=True)
    np.testing.assert_allclose(twice, 2 * g, rtol=1e-6)
    assert y.dtype == g.dtype == np.float32


def test_members_start_apart_and_as_single_networks_do() -> None:
    w = MLP(400, 300, 10, members=3).views(MLP(400, 300, 10, members=3).init(np.random.default_rng(0)))["0.weight"]
    assert not np.allclose(w[0], w[1])
    np.testing.assert_allclose(w.std((1, 2)), np.sqrt(2 / 400), rtol=0.02)


def test_a_loss_averages_over_the_members_too() -> None:
    rng = np.random.default_rng(2)
    net = MLP(4, 3, members=2)
    w, x, t = net.init(rng, np.float64), rng.standard_normal((5, 4)), rng.integers(3, size=5)
    both = cross_entropy(net(x, w)[0], np.broadcast_to(t, (2, 5)))[0]
    single = [cross_entropy(MLP(4, 3)(x, member(net, w, e))[0], t)[0] for e in range(2)]
    assert both == pytest.approx(np.mean(single))


def test_adamw_leaves_the_biases_of_an_ensemble_free() -> None:
    net = EnsembleLinear(2, 3, 4)
    w = np.ones(net.size)
    AdamW(0.1, net.layout, decay=0.5).step(w, np.zeros_like(w))
    views = net.views(w)
    assert np.allclose(views["weight"], 0.95)
    assert np.allclose(views["bias"], 1)


@pytest.mark.parametrize("shape", [(4,), (2, 5, 4), (3, 5, 3), (1, 3, 5, 4)])
def test_wrong_shapes_are_named(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"needs x \(3, B, 4\) or \(B, 4\)"):
        EnsembleLinear(3, 4, 2)(np.zeros(shape), np.zeros(3 * 10, np.float32))


def test_chain_walks_a_network_layer_by_layer() -> None:
    rng = np.random.default_rng(3)
    net = Sequential(MLP(4, 6, 5), relu, Sequential(Linear(5, 2)))
    w, x = net.init(rng), rng.standard_normal((3, 4)).astype(np.float32)
    links, y = chain(net, w), x
    for layer, v in links:
        y, _ = layer(y, v)
    assert len(links) == 5
    assert np.array_equal(y, net(x, w)[0])
    links[0][1][:] = 0  # views, not copies
    assert not net.views(w)["0.0.weight"].any()
    assert chain(relu, w[:0])[0][0] is relu
