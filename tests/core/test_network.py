"""Compositions: one flat vector, its layout and views; and a network that learns."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core import (
    MLP,
    Adam,
    Concat,
    Embedding,
    Layer,
    LayerNorm,
    Linear,
    Momentum,
    Parts,
    Residual,
    Sequential,
    binary_cross_entropy,
    chain,
    cross_entropy,
    orthogonal,
    relu,
    sigmoid,
    tanh,
    zeros,
)


def test_layout_names_every_parameter_in_its_order_in_w() -> None:
    net = Sequential(Linear(3, 4), relu, Concat(Linear(4, 2), Sequential(LayerNorm(4), Linear(4, 1, bias=False))))
    assert dict(net.layout) == {
        "0.weight": (3, 4),
        "0.bias": (4,),
        "2.0.weight": (4, 2),
        "2.0.bias": (2,),
        "2.1.0.scale": (4,),
        "2.1.0.shift": (4,),
        "2.1.1.weight": (4, 1),
    }
    assert net.size == 12 + 4 + 8 + 2 + 4 + 4 + 4
    w = np.arange(net.size, dtype=np.float32)
    views = net.views(w)
    assert np.array_equal(np.concatenate([v.ravel() for v in views.values()]), w)
    views["2.0.bias"][:] = -1
    assert np.array_equal(np.flatnonzero(w == -1), [24, 25])


def test_w_is_what_is_passed_not_what_is_remembered() -> None:
    net = MLP(2, 3, 1)
    rng = np.random.default_rng(0)
    w, target = net.init(rng), net.init(rng)
    x = np.ones((4, 2), np.float32)
    y, at_target = net(x, w)[0], net(x, target)[0]
    assert not np.allclose(y, at_target)
    w[:] = target
    assert np.array_equal(net(x, w)[0], at_target)


def test_same_seed_same_w_bit_for_bit() -> None:
    net = MLP(4, 8, 3, init=orthogonal)
    a, b, c = (net.init(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_compositions_are_the_functions_they_say() -> None:
    rng = np.random.default_rng(0)
    first, second = Linear(3, 3), MLP(3, 4, 3, activation=tanh)
    w1, w2 = first.init(rng, np.float64), second.init(rng, np.float64)
    x, w = rng.standard_normal((5, 3)), np.concatenate([w1, w2])
    f, g = first(x, w1)[0], second(x, w2)[0]
    np.testing.assert_allclose(Concat(first, second)(x, w)[0], np.concatenate([f, g], -1))
    np.testing.assert_allclose(Sequential(first, second)(x, w)[0], second(f, w2)[0])
    np.testing.assert_allclose(Residual(second)(x, w2)[0], x + g)


def test_wrong_compositions_are_refused() -> None:
    for compose in Sequential, Concat:
        with pytest.raises(ValueError, match="at least one"):
            compose()
    for sizes in (), (3,), (3, 0), (-1, 2):
        with pytest.raises(ValueError, match="MLP needs"):
            MLP(*sizes)
    widening = Residual(Linear(2, 3))
    with pytest.raises(ValueError, match="keeps the shape"):
        widening(np.zeros((1, 2)), widening.init(np.random.default_rng(0)))


@pytest.mark.parametrize("C", [2, 10, 1000])
def test_first_loss_is_the_logarithm_of_the_number_of_classes(C: int) -> None:
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((64, 20)), rng.integers(0, C, 64)
    silent = MLP(20, 32, C, last=zeros)
    assert cross_entropy(silent(x, silent.init(rng))[0], t)[0] == pytest.approx(math.log(C), rel=1e-6)
    quiet = MLP(20, 32, C, last_gain=0.01)
    assert cross_entropy(quiet(x, quiet.init(rng))[0], t)[0] == pytest.approx(math.log(C), rel=1e-2)


def test_activations_keep_their_scale_through_many_layers() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((256, 256))
    deep = MLP(*[256] * 20)
    y, back = deep(x, deep.init(rng))
    assert 0.3 < y.std() < 3
    assert 0.3 < back(rng.standard_normal(y.shape).astype(np.float32), dx=True).std() < 3


@pytest.mark.parametrize("seed", range(5))
def test_xor_is_learnt(seed: int) -> None:
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    t = np.array([[0], [1], [1], [0]], np.float32)
    net = MLP(2, 8, 1, activation=tanh)
    w, optimizer = net.init(np.random.default_rng(seed)), Adam(0.05)
    g = np.empty_like(w)
    for _ in range(300):
        y, back = net(x, w)
        loss, dy = binary_cross_entropy(y, t)
        back(dy, g)
        optimizer.step(w, g)
    assert loss < 0.05
    assert np.array_equal(net(x, w)[0] > 0, t > 0.5)


@pytest.mark.parametrize(
    ("net", "ids"),
    [
        (MLP(8, 32, 5), False),
        (MLP(8, 32, 5, activation=sigmoid), False),
        (Sequential(Linear(8, 16), Residual(Sequential(LayerNorm(16), relu, Linear(16, 16))), Linear(16, 5)), False),
        (Sequential(Embedding(9, 6), Linear(8 * 6, 5)), True),
    ],
    ids=["relu", "sigmoid", "residual", "embedding"],
)
def test_one_batch_is_learnt_by_heart(net: Layer, ids: bool) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 9, (16, 8)) if ids else rng.standard_normal((16, 8))
    t = rng.integers(0, 5, 16)
    w, optimizer = net.init(rng), Momentum(0.2)
    g = np.empty_like(w)
    for _ in range(400):
        y, back = net(x, w)
        loss, dy = cross_entropy(y, t)
        back(dy, g)
        optimizer.step(w, g)
    assert loss < 0.02
    assert w.dtype == g.dtype == np.float32


def test_inner_layers_of_a_residual_are_no_sequence():
    inner = Sequential(Linear(3, 3), relu)
    net = Sequential(Linear(3, 3), Residual(inner), Concat(Linear(3, 2), Linear(3, 1)))
    w = net.init(np.random.default_rng(0))
    assert [layer.op for layer, _ in chain(net, w)] == ["linear", "residual", "concat"]
    assert net.parts[1].parts == (inner,)
    x = y = np.random.default_rng(1).random((4, 3), np.float32)
    for layer, v in chain(net, w):
        y = layer(y, v)[0]
    assert np.array_equal(y, net(x, w)[0])


def test_parts_are_several_functions_in_one_w():
    parts = Parts(encoder=MLP(4, 2), decoder=MLP(2, 3, 4))
    assert [*parts.net.layout] == ["encoder.0.weight", "encoder.0.bias"] + [
        f"decoder.{i}.{name}" for i in (0, 2) for name in ("weight", "bias")
    ]
    w = parts.net.init(np.random.default_rng(0))
    w_encoder, w_decoder = parts.split(w)
    rng = np.random.default_rng(0)
    assert np.array_equal(w_encoder, parts.layers["encoder"].init(rng))
    assert np.array_equal(w_decoder, parts.layers["decoder"].init(rng))
    w_decoder[:] = 0
    assert not w[parts.layers["encoder"].size :].any()
    with pytest.raises(ValueError, match="encoder, decoder"):
        parts.net(np.zeros((1, 4)), w)
