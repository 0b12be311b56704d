"""Convolution and pooling against slow twins, PyTorch, the difference quotient and a derivative of complex numbers."""

import numpy as np
import pytest

from core import MLP, Adam, Conv2d, Flatten, Linear, MaxPool2d, Sequential, convolution, cross_entropy, flops, relu
from core.gradcheck import layer_errors

CASES = [  # k, stride, padding, zeros at both ends of a line
    (3, 1, "same", (1, 1)),
    (5, 1, "same", (2, 2)),
    (2, 1, "same", (0, 1)),  # as in PyTorch: of an even kernel the odd one is at the end
    (1, 1, "same", (0, 0)),
    (3, 1, "valid", (0, 0)),
    (3, 2, "valid", (0, 0)),  # (7, 8) -> (3, 3): the last column is not looked at
    (3, 2, 1, (1, 1)),
    (4, 3, 3, (3, 3)),
    (1, 2, 0, (0, 0)),
]
cases = pytest.mark.parametrize(("k", "stride", "padding", "zeros"), CASES)


def convolved(x, W, b, dy_of, stride, zeros):
    """The definition, one product at a time: x (B, H, W, I), W (k, k, I, O) -> y, and for dy = dy_of(y) dx, dW, db."""
    B, H, width, k = *x.shape[:3], len(W)
    high, wide = ((side + sum(zeros) - k) // stride + 1 for side in (H, width))
    y, dx, dW = np.zeros((B, high, wide, W.shape[3])) + b, np.zeros(x.shape), np.zeros(W.shape)
    pairs = [
        (n, h, c, i, j, stride * h + i - zeros[0], stride * c + j - zeros[0])
        for n, h, c, i, j in np.ndindex(B, high, wide, k, k)
    ]
    seen = [pair for pair in pairs if 0 <= pair[-2] < H and 0 <= pair[-1] < width]
    for n, h, c, i, j, at, to in seen:
        y[n, h, c] += x[n, at, to] @ W[i, j]
    dy = dy_of(y)
    for n, h, c, i, j, at, to in seen:
        dx[n, at, to] += W[i, j] @ dy[n, h, c]
        dW[i, j] += np.outer(x[n, at, to], dy[n, h, c])
    return y, dx, dW, dy.sum((0, 1, 2))


def pooled(x, k, stride):
    """The definition: x (B, H, W, F) -> y, and dx for dy = 1, 2, 3 ..."""
    B, H, W, F = x.shape
    y = np.empty((B, (H - k) // stride + 1, (W - k) // stride + 1, F))
    dx = np.zeros(x.shape)
    for number, (n, h, w, f) in enumerate(np.ndindex(*y.shape)):
        at = max(
            np.ndindex(k, k), key=lambda ij: x[n, stride * h + ij[0], stride * w + ij[1], f]
        )  # of equals the first
        where = n, stride * h + at[0], stride * w + at[1], f
        y[n, h, w, f] = x[where]
        dx[where] += number + 1
    return y, dx


@cases
@pytest.mark.parametrize(("I", "bias"), [(2, True), (9, False)])  # few and many features: two orders of the patches
def test_a_convolution_is_its_definition(monkeypatch, k, stride, padding, zeros, I, bias):
    rng = np.random.default_rng(0)
    layer, x = Conv2d(I, 4, k, stride, padding, bias), rng.standard_normal((5, 7, 8, I))
    w = rng.standard_normal(layer.size)
    x.setflags(write=False)
    parts = layer.views(w)
    seeds = np.random.default_rng(1)
    y, dx, dW, db = convolved(
        x, parts["weight"], parts.get("bias", 0), lambda y: seeds.standard_normal(y.shape), stride, zeros
    )
    dy = np.random.default_rng(1).standard_normal(y.shape)
    dy.setflags(write=False)
    line = 8 * (k * k * I + 1)
    for cached in (1, 3 * line, 2 * 7 * line, 1 << 18):  # one line at a time; a few; a few images, with a rest; all
        monkeypatch.setattr(convolution, "CACHED", cached)
        ours, back = layer(x, w)
        g, right = np.full(layer.size, np.nan), np.concatenate([dW.ravel(), db] if bias else [dW.ravel()])
        np.testing.assert_allclose(ours, y, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(back(dy, g, dx=True), dx, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(g, right, rtol=1e-10, atol=1e-12)
        assert back(dy, g, add=True) is None
        np.testing.assert_allclose(g, 2 * right, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("k", "stride"), [(2, None), (3, None), (3, 2), (2, 1), (2, 3), (1, 2)])
def test_pooling_is_its_definition_and_of_equals_the_first_learns(k, stride):
    layer = MaxPool2d(k, stride)
    for levels in (2, 1000):  # with many equals, and with hardly any
        x = np.random.default_rng(0).integers(0, levels, (2, 7, 8, 3)).astype(float)
        x.setflags(write=False)
        y, dx = pooled(x, k, stride or k)
        ours, back = layer(x, np.zeros(0))
        np.testing.assert_array_equal(ours, y)
        for _ in range(2):
            np.testing.assert_array_equal(back(np.arange(1.0, y.size + 1).reshape(y.shape), dx=True), dx)
        assert back(y) is None


@pytest.mark.parametrize(
    "layer",
    [
        Conv2d(3, 4),
        Conv2d(3, 4, 4, 2, 1, bias=False),
        MaxPool2d(),
        MaxPool2d(3, 2),
        Flatten(),
        Sequential(Conv2d(3, 4), MaxPool2d(), Flatten(), MLP(48, 5, 2, members=2)),  # kernels that both members share
        Sequential(Conv2d(3, 4, 5), MaxPool2d(), relu, Conv2d(4, 9, padding="valid"), MaxPool2d(1, 2), Flatten()),
    ],
)
def test_the_way_back_is_the_derivative(layer):
    rng = np.random.default_rng(1)
    errors = layer_errors(layer, rng.standard_normal((2, 3, 6, 8, 3)), rng)
    assert errors
    assert max(errors.values()) < 1e-6


def test_a_tiny_imaginary_part_is_a_derivative_on_its_way():
    rng = np.random.default_rng(2)
    net = Sequential(Conv2d(2, 4), MaxPool2d(), relu, Conv2d(4, 3, 2, 2, 1), Flatten(), Linear(27, 3))
    w, v, x = net.init(rng, np.float64), rng.standard_normal(net.size), rng.standard_normal((4, 8, 8, 2))
    y, back = net(x, w)
    dy, g = rng.standard_normal(y.shape), np.empty_like(w)
    dx = back(dy, g, dx=True)
    z, back_z = net(x, w + 1e-30j * v)
    np.testing.assert_allclose((z.imag / 1e-30 * dy).sum(), g @ v, rtol=1e-10)
    gz = np.empty(net.size, complex)
    dz = back_z(dy, gz, dx=True)  # the imaginary parts are those of the second order: Hessian times v
    np.testing.assert_allclose(gz.real, g, rtol=1e-10)
    np.testing.assert_allclose(dz.real, dx, rtol=1e-10)
    h, moved = 1e-6, np.empty((2, net.size))
    for row, sign in zip(moved, (1, -1), strict=True):
        net(x, w + sign * h * v)[1](dy, row)
    np.testing.assert_allclose(gz.imag / 1e-30, (moved[0] - moved[1]) / (2 * h), rtol=1e-4, atol=1e-6)


@cases
def test_they_are_those_of_pytorch(k, stride, padding, zeros):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    net = Sequential(Conv2d(3, 5, k, stride, padding), MaxPool2d(2, 1))
    w, x = net.init(rng, np.float64), rng.standard_normal((2, 7, 8, 3))
    w += 0.1 * rng.standard_normal(w.shape)
    y, back = net(x, w)
    dy, g = rng.standard_normal(y.shape), np.empty_like(w)
    dx = back(dy, g, dx=True)
    W, b = (torch.tensor(v, requires_grad=True) for v in net.views(w).values())
    X = torch.tensor(x, requires_grad=True)
    to = {"stride": stride, "padding": padding}
    Y = torch.nn.functional.conv2d(X.permute(0, 3, 1, 2), W.permute(3, 2, 0, 1), b, **to)
    Y = torch.nn.functional.max_pool2d(Y, 2, 1).permute(0, 2, 3, 1)
    Y.backward(torch.tensor(dy))
    np.testing.assert_allclose(y, Y.detach(), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(dx, X.grad, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(g, np.concatenate([W.grad.ravel(), b.grad]), rtol=1e-11, atol=1e-13)


def test_any_batch_axes_and_float32():
    net, rng = Sequential(Conv2d(3, 8), MaxPool2d(), relu), np.random.default_rng(4)
    w, x = net.init(rng), rng.random((2, 3, 8, 8, 3), np.float32)
    y, back = net(x, w)
    g = np.empty_like(w)
    dx = back(np.ones_like(y), g, dx=True)
    assert (y.shape, dx.shape, y.dtype, dx.dtype) == ((2, 3, 4, 4, 8), x.shape, np.float32, np.float32)
    np.testing.assert_allclose(y[1, 2], net(x[1, 2], w)[0], rtol=1e-5, atol=1e-6)  # an image without a batch
    assert net(x[:, :0], w)[0].shape == (2, 0, 4, 4, 8)


def test_a_maximum_commutes_with_what_never_falls():
    x, rng = np.random.default_rng(5).standard_normal((4, 6, 6, 3)), None
    dy, none = np.random.default_rng(6).standard_normal((4, 3, 3, 3)), np.zeros(0)
    (y, back), (z, back_z) = (Sequential(*parts)(x, none, rng) for parts in ((MaxPool2d(), relu), (relu, MaxPool2d())))
    np.testing.assert_array_equal(y, z)
    np.testing.assert_array_equal(back(dy, dx=True), back_z(dy, dx=True))


def test_each_place_counts():
    net = Sequential(Conv2d(1, 32, 5), MaxPool2d(), relu, Conv2d(32, 64, 3, 2, "valid"), Flatten(), Linear(2304, 10))
    assert flops(net, (28, 28)) == 2 * (28 * 28 * 25 * 32 + 6 * 6 * 9 * 32 * 64 + 2304 * 10)
    x, w = np.zeros((2, 28, 28, 1), np.float32), net.init(np.random.default_rng(0))
    assert net(x, w)[0].shape == (2, 10)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Conv2d(3, 4, 0), "a kernel and a stride are at least 1, not 0 and 1"),
        (lambda: Conv2d(0, 4), "positive numbers of features, not 0 and 4"),
        (lambda: Conv2d(3, 4, 3, 2), "at stride 1"),  # where "same" would depend on the size of the image
        (lambda: Conv2d(3, 4, 3, padding=3), "a number from 0 to 2, not 3"),
        (lambda: Conv2d(3, 4, padding="full"), "not 'full'"),
        (lambda: Conv2d(3, 4, padding=None), "not None"),
        (lambda: MaxPool2d(2, 0), "not 2 and 0"),
        (lambda: Conv2d(3, 4)(np.zeros((2, 8, 8)), np.zeros(112)), r"images \(..., H, W, 3\) .* shape \(2, 8, 8\)"),
        (lambda: Conv2d(3, 4, padding="valid")(np.zeros((2, 8, 3)), np.zeros(112)), "at least 3 places"),
        (lambda: MaxPool2d(3)(np.zeros((2, 8, 3)), np.zeros(0)), r"3 places a side, not of shape \(2, 8, 3\)"),
        (lambda: Flatten()(np.zeros((2, 8)), np.zeros(0)), r"images \(..., H, W, F\), but x has shape \(2, 8\)"),
    ],
)
def test_what_makes_no_image_is_refused_in_words(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_it_finds_a_sign_where_it_never_was():
    """Crosses and rings of 3 x 3 pixels: learnt in the left half of the picture, recognised in the right."""
    rng = np.random.default_rng(5)
    signs = np.array([[[1, 0, 1], [0, 1, 0], [1, 0, 1]], [[1, 1, 1], [1, 0, 1], [1, 1, 1]]], np.float32)

    def pictures(n, first, last):
        t, x = rng.integers(0, 2, n), np.zeros((n, 16, 16, 1), np.float32)
        for picture, label in zip(x, t, strict=True):
            a, b = rng.integers(1, 12), rng.integers(first, last)
            picture[a : a + 3, b : b + 3, 0] = signs[label]
        return x, t

    # one number a feature in the end: the largest of all places
    net = Sequential(Conv2d(1, 8), MaxPool2d(16), Flatten(), Linear(8, 2))
    w, optimizer = net.init(rng), Adam(0.02)
    g = np.empty_like(w)
    for _ in range(150):
        x, t = pictures(64, 1, 6)
        y, back = net(x, w)
        back(cross_entropy(y, t)[1], g)
        optimizer.step(w, g)
    x, t = pictures(300, 8, 12)
    assert (net(x, w)[0].argmax(-1) == t).mean() > 0.98
