"""Every layer and composition: the gradient is true in all modes of `back`, and what others hold is untouched."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import oracles
import pytest
from hypothesis import given, settings, strategies as st

from core import (
    MLP,
    Concat,
    Dropout,
    Embedding,
    Layer,
    LayerNorm,
    Linear,
    Rescale,
    Residual,
    RMSNorm,
    Sequential,
    layers,
    network,
)
from core.gradcheck import directional_error, layer_errors

V = 7  # ids of the embeddings

# name: from I input features (K ids for an embedding) to a layer, mostly with O outputs
LAYERS = {
    "Linear": lambda I, O: Linear(I, O),
    "Linear without bias": lambda I, O: Linear(I, O, bias=False),
    "identity": lambda I, O: layers.identity,
    "relu": lambda I, O: layers.relu,
    "leaky_relu": lambda I, O: layers.leaky_relu(0.1),
    "sigmoid": lambda I, O: layers.sigmoid,
    "tanh": lambda I, O: layers.tanh,
    "gelu": lambda I, O: layers.gelu,
    "softplus": lambda I, O: layers.softplus,
    "LayerNorm": lambda I, O: LayerNorm(I),
    "RMSNorm": lambda I, O: RMSNorm(I),
    "Rescale": lambda I, O: Rescale(np.linspace(-1, 2, I), np.linspace(0.5, 3, I)),
    "Dropout": lambda I, O: Dropout(0.4),
    "Embedding": lambda I, O: Embedding(V, O),
    "Sequential": lambda I, O: Sequential(layers.tanh, Linear(I, O), LayerNorm(O), layers.gelu, Linear(O, 2)),
    "Sequential without parameters": lambda I, O: Sequential(layers.tanh, layers.softplus),
    "Sequential of Embedding": lambda I, O: Sequential(Embedding(V, O), Dropout(0.2), Linear(I * O, 3), layers.tanh),
    "Residual": lambda I, O: Residual(Sequential(Linear(I, O), layers.tanh, Linear(O, I))),
    "Residual of identity": lambda I, O: Residual(layers.identity),
    "Concat": lambda I, O: Concat(Linear(I, O), layers.identity, Sequential(RMSNorm(I), Linear(I, 1))),
    "Concat of one": lambda I, O: Concat(layers.identity),
    "Sequential over Concat": lambda I, O: Sequential(
        Linear(I, O), Concat(Residual(Linear(O, O)), layers.sigmoid), Dropout(0.3), Residual(LayerNorm(2 * O))
    ),
    "MLP": lambda I, O: MLP(I, 5, O, activation=layers.sigmoid),
    "MLP of one layer": lambda I, O: MLP(I, O),
}
GRADIENT = settings(max_examples=15, derandomize=True, deadline=None, database=None)
sizes = st.integers(1, 5)
batches = st.lists(st.integers(1, 4), max_size=3)  # from a single vector to three axes
named = pytest.mark.parametrize("name", LAYERS)


def build(name: str, I: int, O: int, batch: list[int], seed: int) -> tuple[Layer, np.ndarray, np.ndarray]:
    """A layer, an input and parameters in float64; the input and the parameters refuse to be written to."""
    rng = np.random.default_rng(seed)
    layer = LAYERS[name](I, O)
    x = rng.integers(0, V, (*batch, I)) if layer.ids else rng.standard_normal((*batch, I))
    w = layer.init(rng, np.float64) + 0.1 * rng.standard_normal(layer.size)
    x.setflags(write=False)
    w.setflags(write=False)
    return layer, x, w


def test_every_layer_of_the_core_is_checked_here() -> None:
    members = {**vars(layers), **vars(network)}
    makers = {n for n, v in members.items() if getattr(v, "__annotations__", {}).get("return") is layers.Layer}
    known = makers | {n for n, v in members.items() if isinstance(v, Layer)}
    elsewhere = {"activation", "step", "_normalise", "EnsembleLinear"}  # test_ensembles.py checks the last
    assert known - elsewhere <= {name.split()[0] for name in LAYERS}


@named
@GRADIENT
@given(I=sizes, O=sizes, batch=batches, seed=st.integers(0, 999))
def test_gradient_in_a_random_direction(name: str, I: int, O: int, batch: list[int], seed: int) -> None:
    layer, x, _ = build(name, I, O, batch, seed)
    for dropout in None, 3:
        for part, error in layer_errors(layer, x, np.random.default_rng(seed), dropout).items():
            assert error < 1e-6, f"gradient at {part}, dropout {'on' if dropout else 'off'}"


def test_the_directional_check_finds_a_wrong_gradient() -> None:
    rng = np.random.default_rng(0)
    w = rng.standard_normal(20)
    f = lambda u: float((u**3).sum())  # noqa: E731
    assert directional_error(f, w, 3 * w * w, rng) < 1e-9
    assert directional_error(f, w, 3.001 * w * w, rng) > 1e-5
    one_wrong = 3 * w * w
    one_wrong[7] += 0.01
    assert directional_error(f, w, one_wrong, rng) > 1e-6


@pytest.mark.parametrize("name", ["Linear", "LayerNorm", "RMSNorm", "Embedding", "Concat", "MLP", "Residual"])
def test_gradient_coordinate_by_coordinate(name: str) -> None:
    layer, x, w = build(name, 3, 4, [2, 2], 1)
    y, back = layer(x, w)
    dy = np.random.default_rng(2).standard_normal(y.shape)
    g = np.full_like(w, np.nan)
    back(dy, g)
    np.testing.assert_allclose(g, oracles.gradient(lambda u: float((layer(x, u)[0] * dy).sum()), w), atol=1e-8)
    if not layer.ids:
        dx = oracles.gradient(lambda u: float((layer(u, w)[0] * dy).sum()), x)
        np.testing.assert_allclose(back(dy, dx=True), dx, atol=1e-8)


@named
@pytest.mark.parametrize("dropout", [False, True])
@settings(GRADIENT, max_examples=6)
@given(I=sizes, O=sizes, batch=batches, seed=st.integers(0, 999))
def test_all_modes_of_back_agree(name: str, dropout: bool, I: int, O: int, batch: list[int], seed: int) -> None:
    layer, x, w = build(name, I, O, batch, seed)

    def rng() -> np.random.Generator | None:
        return np.random.default_rng(seed) if dropout else None

    def fresh() -> np.ndarray:
        return np.full(layer.size, np.nan)  # what is not written stays visible

    y, back = layer(x, w, rng())
    before = y.copy()
    dy = np.random.default_rng(seed).standard_normal(y.shape)
    dy.setflags(write=False)

    written, again = fresh(), fresh()
    assert back(dy, written) is None
    assert np.isfinite(written).all()
    assert back(dy, again) is None  # a second call
    assert np.array_equal(written, again)
    assert back(dy) is None

    start = np.random.default_rng(1).standard_normal(layer.size)
    added = start.copy()
    assert back(dy, added, add=True) is None
    np.testing.assert_allclose(added, start + written, rtol=1e-12, atol=1e-12)

    if not layer.ids:
        dx = back(dy, dx=True)
        assert dx.shape == x.shape
        assert dx.dtype == np.float64
        both = fresh()
        assert np.array_equal(back(dy, both, dx=True), dx)
        assert np.array_equal(both, written)
        added = start.copy()
        assert np.array_equal(back(dy, added, add=True, dx=True), dx)
        np.testing.assert_allclose(added, start + written, rtol=1e-12, atol=1e-12)

    # the network called twice before either way back, on other data and with other parameters
    y1, back1 = layer(x, w, rng())
    other = x[..., ::-1].copy() if layer.ids else 1 - x
    _, back2 = layer(other, w + 1, rng())
    g1, g2 = fresh(), fresh()
    back2(dy, g2)
    back1(dy, g1)
    assert np.array_equal(g1, written)
    assert np.array_equal(y1, before)
    assert np.array_equal(y, before)


@named
@settings(GRADIENT, max_examples=6)
@given(I=sizes, O=sizes, batch=batches, seed=st.integers(0, 999))
def test_batch_axes_are_many_single_vectors(name: str, I: int, O: int, batch: list[int], seed: int) -> None:
    layer, x, w = build(name, I, O, batch, seed)
    y, back = layer(x, w)
    dy = np.random.default_rng(seed).standard_normal(y.shape)
    g, one_by_one = np.empty_like(w), np.zeros_like(w)
    back(dy, g)
    for i in np.ndindex(*batch):
        y_i, back_i = layer(x[i], w)
        np.testing.assert_allclose(y[i], y_i, rtol=1e-10, atol=1e-12)
        back_i(dy[i], one_by_one, add=True)
    np.testing.assert_allclose(g, one_by_one, rtol=1e-9, atol=1e-11)


@named
def test_an_empty_batch_gives_an_empty_output_and_no_gradient(name: str) -> None:
    layer, x, w = build(name, 3, 4, [0], 0)
    width = build(name, 3, 4, [1], 0)[0](build(name, 3, 4, [1], 0)[1], w)[0].shape[-1]
    y, back = layer(x, w)
    assert y.shape == (0, width)
    g = np.full_like(w, np.nan)
    back(np.zeros_like(y), g)
    assert not g.any()
    if not layer.ids:
        assert back(np.zeros_like(y), dx=True).shape == x.shape


@named
def test_float32_stays_float32(name: str) -> None:
    layer, x, _ = build(name, 3, 4, [2, 5], 0)
    w32 = layer.init(np.random.default_rng(0))
    assert w32.dtype == np.float32
    for rng in None, np.random.default_rng(0):
        y, back = layer(x, w32, rng)  # x is float64: cast at the border
        assert y.dtype == np.float32
        g = np.zeros_like(w32)
        dx = back(np.ones_like(y), g, add=True, dx=not layer.ids)
        assert g.dtype == np.float32
        if not layer.ids:
            assert dx.dtype == np.float32
    near, _ = layer(x, w32.astype(np.float64))
    np.testing.assert_allclose(layer(x, w32)[0], near, rtol=1e-4, atol=1e-5)


@named
def test_a_hundred_fresh_vectors_leave_nothing_behind(name: str) -> None:
    layer, x, w = build(name, 3, 4, [6], 0)
    alive = []
    gc.disable()  # nothing may hang on a cycle either
    try:
        for k in range(100):
            fresh, x_k = w + k, x.copy()
            y, back = layer(x_k, fresh, np.random.default_rng(k))
            back(np.ones_like(y), np.empty_like(fresh), dx=not layer.ids)
            alive += [weakref.ref(fresh), weakref.ref(x_k), weakref.ref(y)]
            del fresh, x_k, y, back
        assert not [ref for ref in alive if ref() is not None]
    finally:
        gc.enable()


@pytest.mark.parametrize("layer", [LayerNorm(6), RMSNorm(6)], ids=["LayerNorm", "RMSNorm"])
@pytest.mark.parametrize("size", [1e10, 3e19, 1e30, 1e38])
def test_normalisations_of_numbers_whose_squares_overflow(layer: Layer, size: float) -> None:
    """In float32, against the same in float64; a row of usual size stands beside."""
    rng = np.random.default_rng(0)
    x, dy = (rng.random((2, 4, 6)) - 0.3).astype(np.float32)
    x[1:] *= np.float32(size)
    w = layer.init(rng)
    with np.errstate(all="raise", under="ignore"):
        y, back = layer(x, w)
        d = back(dy, dx=True)
    expected, expected_back = layer(x, w.astype(float))
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    right = expected_back(dy, dx=True)
    np.testing.assert_allclose(d, right, rtol=1e-4, atol=1e-5 * np.abs(right[1:]).max())


def test_linear_and_normalisations_against_loops() -> None:
    rng = np.random.default_rng(0)
    x, W, b = rng.standard_normal(4), rng.standard_normal((4, 3)), rng.standard_normal(3)
    y, _ = Linear(4, 3)(x, np.concatenate([W.ravel(), b]))
    np.testing.assert_allclose(y, oracles.linear(x, W, b), rtol=1e-12)
    scale, shift = rng.standard_normal(4), rng.standard_normal(4)
    y, _ = LayerNorm(4, eps=0.01)(x, np.concatenate([scale, shift]))
    np.testing.assert_allclose(y, oracles.layer_norm(x, scale, shift, 0.01), rtol=1e-12)
    y, _ = RMSNorm(4, eps=0.01)(x, scale)
    np.testing.assert_allclose(y, oracles.rms_norm(x, scale, 0.01), rtol=1e-12)


def test_activations_known_answers() -> None:
    x = np.array([-1e4, -2.0, 0.0, 2.0, 1e4], np.float32)
    none = np.zeros(0, np.float32)
    expected = {
        "identity": x,
        "step": [0, 0, 0, 1, 1],
        "relu": [0, 0, 0, 2, 1e4],
        "sigmoid": [0, 0.11920292, 0.5, 0.88079708, 1],
        "tanh": [-1, -0.96402758, 0, 0.96402758, 1],
        "gelu": [0, -0.04540231, 0, 1.95459769, 1e4],
        "softplus": [0, 0.12692801, 0.69314718, 2.12692801, 1e4],
    }
    with np.errstate(over="raise", invalid="raise"):
        for name, values in expected.items():
            y, back = getattr(layers, name)(x, none)
            np.testing.assert_allclose(y, values, rtol=1e-5, atol=1e-7, err_msg=name)
            if name != "step":
                assert np.isfinite(back(np.ones_like(y), dx=True)).all()
        np.testing.assert_allclose(layers.leaky_relu(0.1)(x, none)[0], [-1e3, -0.2, 0, 2, 1e4], rtol=1e-6)


def test_step_has_no_gradient_and_says_so() -> None:
    net = Sequential(Linear(2, 2), layers.step, Linear(2, 1))
    w = net.init(np.random.default_rng(0))
    y, back = net(np.ones((3, 2)), w)
    with pytest.raises(ValueError, match="perceptron rule"):
        back(np.ones_like(y), np.empty_like(w))
    with pytest.raises(ValueError, match="perceptron rule"):
        layers.step(np.ones(3), w[:0])[1](np.ones(3, np.float32), dx=True)


def test_the_way_back_ends_at_the_first_parameters() -> None:
    net = Sequential(layers.identity, layers.step, Linear(2, 1))
    w = net.init(np.random.default_rng(0))
    y, back = net(np.ones((3, 2)), w)
    g = np.full_like(w, np.nan)
    back(np.ones_like(y), g)  # does not ask step for its slope
    assert np.array_equal(g, [3, 3, 3])


def test_dropout_is_off_without_rng_and_keeps_the_mean_with_it() -> None:
    x, none = np.ones((400, 500), np.float32), np.zeros(0, np.float32)
    off, _ = Dropout(0.3)(x, none)
    assert np.array_equal(off, x)
    y, back = Dropout(0.3)(x, none, np.random.default_rng(0))
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.7)}
    assert abs((y == 0).mean() - 0.3) < 0.004
    assert abs(y.mean() - 1) < 0.006
    assert np.array_equal(back(x, dx=True), y)  # the same mask on the way back
    again, _ = Dropout(0.3)(x, none, np.random.default_rng(0))
    assert np.array_equal(again, y)
    assert np.array_equal(Dropout(0)(x, none, np.random.default_rng(0))[0], x)


def test_embedding_adds_up_the_gradient_of_repeated_ids() -> None:
    layer = Embedding(4, 2)
    w = np.arange(8.0)
    y, back = layer(np.array([[3, 0, 3]]), w)
    assert np.array_equal(y, [[6, 7, 0, 1, 6, 7]])
    g = np.full(8, np.nan)
    back(np.array([[1.0, 2, 3, 4, 5, 6]]), g)
    assert np.array_equal(g, [3, 4, 0, 0, 0, 0, 6, 8])
    with pytest.raises(ValueError, match="no gradient"):
        back(y, dx=True)
    for wrong in [-1], [4], [1.5], 2:
        with pytest.raises(ValueError, match="Embedding"):
            layer(np.array(wrong), w)


def test_wrong_shapes_are_refused_with_the_shapes_in_the_message() -> None:
    net = MLP(4, 3, 2)
    w = net.init(np.random.default_rng(0))
    for wrong in w[:-1], w.reshape(1, -1), np.zeros(0, np.float32):
        with pytest.raises(ValueError, match=f"{net.size} parameters"):
            net(np.zeros((2, 4)), wrong)
    for x in np.zeros((2, 5)), np.zeros(()), np.zeros((4, 1)), 1.0:
        with pytest.raises(ValueError, match="4 features"):
            net(x, w)
    for norm in LayerNorm(4), RMSNorm(4):
        for x in np.zeros((2, 1)), np.zeros((2, 5)), np.zeros(()):
            with pytest.raises(ValueError, match="4 features"):
                norm(x, norm.init(np.random.default_rng(0)))
    for p in -0.1, 1.0, 2.0:
        with pytest.raises(ValueError, match="0 <= p < 1"):
            Dropout(p)
