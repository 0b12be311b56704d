"""The same numbers as PyTorch: every layer, loss and optimizer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core import (
    MLP,
    SGD,
    Adam,
    AdamW,
    Concat,
    Dropout,
    Embedding,
    Layer,
    LayerNorm,
    Linear,
    Momentum,
    Residual,
    RMSNorm,
    RMSProp,
    Sequential,
    clip_norm,
    layers,
    losses,
)

torch = pytest.importorskip("torch")
F = torch.nn.functional

# name: our layer on 4 features (or ids below 9), and PyTorch's function of x and our views of w
TWINS = {
    "Linear": (Linear(4, 3), lambda x, p: F.linear(x, p["weight"].T, p["bias"])),
    "Linear without bias": (Linear(4, 3, bias=False), lambda x, p: F.linear(x, p["weight"].T)),
    "identity": (layers.identity, lambda x, p: x * 1),
    "relu": (layers.relu, lambda x, p: F.relu(x)),
    "leaky_relu": (layers.leaky_relu(0.1), lambda x, p: F.leaky_relu(x, 0.1)),
    "sigmoid": (layers.sigmoid, lambda x, p: F.sigmoid(x)),
    "tanh": (layers.tanh, lambda x, p: F.tanh(x)),
    "gelu": (layers.gelu, lambda x, p: F.gelu(x, approximate="tanh")),
    "softplus": (layers.softplus, lambda x, p: F.softplus(x, threshold=1000)),
    "LayerNorm": (LayerNorm(4), lambda x, p: F.layer_norm(x, (4,), p["scale"], p["shift"], 1e-5)),
    "RMSNorm": (RMSNorm(4), lambda x, p: F.rms_norm(x, (4,), p["scale"], 1e-5)),
    "Embedding": (Embedding(9, 5), lambda x, p: F.embedding(x, p["table"]).flatten(-2)),
    "Residual": (Residual(layers.tanh), lambda x, p: x + F.tanh(x)),
    "Concat": (Concat(layers.tanh, layers.relu), lambda x, p: torch.cat([F.tanh(x), F.relu(x)], -1)),
    "MLP": (
        MLP(4, 6, 3, activation=layers.tanh),
        lambda x, p: F.linear(F.tanh(F.linear(x, p["0.weight"].T, p["0.bias"])), p["2.weight"].T, p["2.bias"]),
    ),
    "deep": (
        Sequential(Linear(4, 6), Residual(Sequential(LayerNorm(6), layers.gelu)), Linear(6, 2)),
        lambda x, p: F.linear(
            (h := F.linear(x, p["0.weight"].T, p["0.bias"]))
            + F.gelu(F.layer_norm(h, (6,), p["1.0.scale"], p["1.0.shift"]), approximate="tanh"),
            p["2.weight"].T,
            p["2.bias"],
        ),
    ),
}


@pytest.mark.parametrize(("layer", "twin"), TWINS.values(), ids=TWINS)
@pytest.mark.parametrize(("dtype", "close"), [(np.float64, 1e-11), (np.float32, 1e-4)], ids=["float64", "float32"])
def test_layers(layer: Layer, twin: Callable, dtype: type, close: float) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 9, (5, 3, 2)) if layer.ids else (3 * rng.standard_normal((5, 3, 4))).astype(dtype)
    w = (layer.init(rng, np.float64) + 0.1 * rng.standard_normal(layer.size)).astype(dtype)
    y, back = layer(x, w)
    dy, g = rng.standard_normal(y.shape).astype(dtype), np.empty_like(w)
    dx = back(dy, g, dx=not layer.ids)

    views = {name: torch.tensor(view, requires_grad=True) for name, view in layer.views(w).items()}
    x_twin = torch.tensor(x, requires_grad=not layer.ids)
    y_twin = twin(x_twin, views)
    y_twin.backward(torch.tensor(dy))
    np.testing.assert_allclose(y, y_twin.detach(), rtol=close, atol=close)
    for name, view in layer.views(g).items():
        np.testing.assert_allclose(view, views[name].grad, rtol=close, atol=close, err_msg=name)
    if not layer.ids:
        np.testing.assert_allclose(dx, x_twin.grad, rtol=close, atol=close)


def test_dropout_with_the_same_mask() -> None:
    x = np.random.default_rng(0).standard_normal((50, 4))
    y, back = Dropout(0.3)(x, np.zeros(0), np.random.default_rng(1))
    kept = torch.tensor((y != 0) / 0.7)
    x_twin = torch.tensor(x, requires_grad=True)
    (x_twin * kept).sum().backward()
    np.testing.assert_allclose(y, (x_twin * kept).detach())
    np.testing.assert_allclose(back(np.ones_like(y), dx=True), x_twin.grad)


C = 5
rng = np.random.default_rng(7)
Y, T = 3 * rng.standard_normal((6, C)), rng.integers(0, C, 6)
SOFT, VALUES, TARGETS = losses.softmax(rng.standard_normal((6, C))), rng.standard_normal((6, C)), rng.random((6, C))
COUNTS = rng.poisson(2.0, (6, C)).astype(float)
A, S = rng.uniform(0.5, 2, C), rng.uniform(0.5, 2, 6)


def torch_weighted(y: torch.Tensor, smoothing: float) -> torch.Tensor:
    """PyTorch's own class weights times our sample weights: the mean weighted by their product."""
    a, s, t = torch.tensor(A), torch.tensor(S), torch.tensor(T)
    each = F.cross_entropy(y, t, a, reduction="none", label_smoothing=smoothing)
    return (s * each).sum() / (s * a[t]).sum()


LOSSES = {
    "cross_entropy": ({}, lambda y: F.cross_entropy(y, torch.tensor(T))),
    "class weights": ({"class_weight": A}, lambda y: F.cross_entropy(y, torch.tensor(T), torch.tensor(A))),
    "smoothing": ({"smoothing": 0.1}, lambda y: F.cross_entropy(y, torch.tensor(T), label_smoothing=0.1)),
    "class weights, smoothing": (
        {"class_weight": A, "smoothing": 0.1},
        lambda y: F.cross_entropy(y, torch.tensor(T), torch.tensor(A), label_smoothing=0.1),
    ),
    "sample weights": (
        {"sample_weight": S},
        lambda y: (torch.tensor(S) * F.cross_entropy(y, torch.tensor(T), reduction="none")).sum() / S.sum(),
    ),
    "class and sample weights": ({"class_weight": A, "sample_weight": S}, lambda y: torch_weighted(y, 0)),
    "all": ({"class_weight": A, "sample_weight": S, "smoothing": 0.1}, lambda y: torch_weighted(y, 0.1)),
}


def compare_loss(ours: tuple[float, np.ndarray], twin: Callable, y: np.ndarray) -> None:
    y_twin = torch.tensor(y, requires_grad=True)
    value = twin(y_twin)
    value.backward()
    assert ours[0] == pytest.approx(value.item(), rel=1e-11)
    np.testing.assert_allclose(ours[1], y_twin.grad, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("options", "twin"), LOSSES.values(), ids=LOSSES)
def test_cross_entropy(options: dict, twin: Callable) -> None:
    compare_loss(losses.cross_entropy(Y, T, **options), twin, Y)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_with_soft_targets(smoothing: float) -> None:
    twin = lambda y: F.cross_entropy(y, torch.tensor(SOFT), label_smoothing=smoothing)  # noqa: E731
    compare_loss(losses.cross_entropy(Y, SOFT, smoothing=smoothing), twin, Y)


def test_other_losses() -> None:
    values, targets = torch.tensor(VALUES), torch.tensor(TARGETS)
    compare_loss(losses.mse(Y, VALUES), lambda y: F.mse_loss(y, values), Y)
    compare_loss(losses.huber(Y, VALUES, 0.7), lambda y: F.huber_loss(y, values, delta=0.7), Y)
    compare_loss(losses.binary_cross_entropy(Y, TARGETS), lambda y: F.binary_cross_entropy_with_logits(y, targets), Y)
    compare_loss(losses.poisson(Y, COUNTS), lambda y: F.poisson_nll_loss(y, torch.tensor(COUNTS)), Y)
    compare_loss(losses.hinge(Y, T, 0.8), lambda y: F.multi_margin_loss(y, torch.tensor(T), margin=0.8), Y)


NET = Sequential(Linear(1400, 100), LayerNorm(100), Linear(100, 3))  # 140603 parameters: more than one chunk

OPTIMIZERS = {
    "SGD": (SGD(0.1), lambda p, m: torch.optim.SGD(p, 0.1)),
    "Momentum": (Momentum(0.1, 0.8), lambda p, m: torch.optim.SGD(p, 0.1, momentum=0.8)),
    "Nesterov": (Momentum(0.1, 0.8, nesterov=True), lambda p, m: torch.optim.SGD(p, 0.1, momentum=0.8, nesterov=True)),
    "RMSProp": (RMSProp(0.01, 0.9, 1e-6), lambda p, m: torch.optim.RMSprop(p, 0.01, alpha=0.9, eps=1e-6)),
    "Adam": (Adam(0.01, 0.8, 0.99, 1e-6), lambda p, m: torch.optim.Adam(p, 0.01, (0.8, 0.99), 1e-6)),
    "AdamW": (
        AdamW(0.01, NET.layout, 0.3, 0.8, 0.99, 1e-6),
        lambda p, m: torch.optim.AdamW(
            [{"params": m, "weight_decay": 0.3}, {"params": [v for v in p if v.ndim == 1], "weight_decay": 0.0}],
            0.01,
            (0.8, 0.99),
            1e-6,
        ),
    ),
}


@pytest.mark.parametrize(("ours", "twin"), OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize(("dtype", "close"), [(np.float64, 1e-10), (np.float32, 1e-5)], ids=["float64", "float32"])
def test_ten_steps_of_every_optimizer(ours: Adam, twin: Callable, dtype: type, close: float) -> None:
    rng = np.random.default_rng(3)
    w, ours.state = NET.init(rng, dtype), {}
    views = {name: torch.tensor(view, requires_grad=True) for name, view in NET.views(w).items()}
    optimizer = twin(list(views.values()), [v for v in views.values() if v.ndim == 2])
    for _ in range(10):
        g = rng.standard_normal(NET.size).astype(dtype)
        for name, view in NET.views(g).items():
            views[name].grad = torch.tensor(view)
        ours.step(w, g)
        optimizer.step()
    for name, view in NET.views(w).items():
        np.testing.assert_allclose(view, views[name].detach(), rtol=0, atol=close, err_msg=name)


@pytest.mark.parametrize("limit", [0.5, 50.0])
def test_clip_norm(limit: float) -> None:
    g = np.random.default_rng(0).standard_normal(100)
    twin = torch.zeros(100, dtype=torch.float64, requires_grad=True)
    twin.grad = torch.tensor(g)
    assert clip_norm(g, limit) == pytest.approx(torch.nn.utils.clip_grad_norm_([twin], limit).item(), rel=1e-12)
    np.testing.assert_allclose(g, twin.grad, rtol=2e-6 / limit)  # PyTorch divides by the norm + 1e-6


def test_a_whole_training_run_follows_the_same_path() -> None:
    rng = np.random.default_rng(5)
    net = MLP(4, 16, 3)
    x, t, w = rng.standard_normal((60, 4)), rng.integers(0, 3, 60), net.init(rng, np.float64)
    views = {name: torch.tensor(view, requires_grad=True) for name, view in net.views(w).items()}
    optimizer, twin, g = Adam(0.01), torch.optim.Adam(views.values(), 0.01), np.empty_like(w)
    for k in range(50):
        rows = slice(k % 3 * 20, k % 3 * 20 + 20)
        y, back = net(x[rows], w)
        loss, dy = losses.cross_entropy(y, t[rows])
        back(dy, g)
        optimizer.step(w, g)
        h = F.relu(F.linear(torch.tensor(x[rows]), views["0.weight"].T, views["0.bias"]))
        loss_twin = F.cross_entropy(F.linear(h, views["2.weight"].T, views["2.bias"]), torch.tensor(t[rows]))
        twin.zero_grad()
        loss_twin.backward()
        twin.step()
        assert loss == pytest.approx(loss_twin.item(), rel=1e-8)
