"""Convolution and pooling against slow twins and PyTorch; the gradient; a network that finds a sign wherever it is."""

import numpy as np
import pytest

from core import Adam, Linear, Sequential, cross_entropy
from core.gradcheck import directional_error
from supervised.vision.convnet import Conv2d, ConvNet, Flatten, MaxPool2d, ToImage


def patches_one_by_one(x, k):
    """The definition, an entry at a time: x (H, W, F) -> (H, W, k*k*F)."""
    H, W, F = x.shape
    y = np.zeros((H, W, k, k, F))
    for h in range(H):
        for w in range(W):
            for i in range(k):
                for j in range(k):
                    a, b = h + i - k // 2, w + j - k // 2
                    if 0 <= a < H and 0 <= b < W:
                        y[h, w, i, j] = x[a, b]
    return y.reshape(H, W, k * k * F)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_a_convolution_is_one_matrix_on_the_patch_around_each_place(k):
    rng = np.random.default_rng(0)
    x, net = rng.random((2, 4, 6, 3)), Conv2d(3, 5, k)
    W, b = rng.random((k * k * 3, 5)), rng.random(5)
    y, _ = net(x, np.concatenate([W.ravel(), b]))
    np.testing.assert_allclose(y, [patches_one_by_one(one, k) @ W + b for one in x], rtol=1e-12)
    O = k * k * 3
    patches, _ = Conv2d(3, O, k)(x, np.append(np.eye(O), np.zeros(O)))  # the identity: the patches as they are
    np.testing.assert_array_equal(patches, [patches_one_by_one(one, k) for one in x])


@pytest.mark.parametrize("layer", [Conv2d(3, 2), Conv2d(3, 4, 5), MaxPool2d(), Flatten()])
def test_the_way_back_is_the_derivative(layer):
    """In a random direction d: y(x + h d) - y(x - h d) = 2 h <dx, d>, for a random gradient at the output."""
    rng = np.random.default_rng(1)
    w = rng.standard_normal(layer.size)
    x, d = rng.standard_normal((2, 2, 4, 6, 3))
    y, back = layer(x, w)
    dy = rng.standard_normal(y.shape)
    kept = dy.copy(), x.copy()
    dx, h = back(dy, dx=True), 1e-6
    assert back(dy) is None
    np.testing.assert_array_equal(dy, kept[0])
    np.testing.assert_array_equal(x, kept[1])
    slope = ((layer(x + h * d, w)[0] - layer(x - h * d, w)[0]) * dy).sum() / (2 * h)
    np.testing.assert_allclose((dx * d).sum(), slope, rtol=1e-6)


def test_of_equals_one_gets_the_gradient():
    y, back = MaxPool2d()(np.ones((1, 4, 4, 2)), np.zeros(0))
    dy = np.random.default_rng(0).random(y.shape)
    dx = back(dy, dx=True)
    assert (dx != 0).sum() == dy.size
    np.testing.assert_allclose(dx.sum(), dy.sum())


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 3)])
def test_gradient_of_the_whole_network(shape):
    rng = np.random.default_rng(2)
    net = ConvNet(shape, 4, 5)
    x, t = rng.random((6, int(np.prod(shape)))), rng.integers(0, 5, 6)
    w = net.init(rng, np.float64)

    def loss(w, g=None):
        y, back = net(x, w)
        value, dy = cross_entropy(y, t)
        if g is not None:
            back(dy, g)
        return value

    g = np.empty_like(w)
    loss(w, g)
    assert directional_error(loss, w, g, rng) < 1e-6


def test_it_is_the_convolution_of_pytorch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    net = Sequential(Conv2d(3, 5), MaxPool2d())
    w = net.init(rng, np.float64)
    x, dy = rng.standard_normal((2, 6, 8, 3)), rng.standard_normal((2, 3, 4, 5))
    y, back = net(x, w)
    g = np.empty_like(w)
    dx = back(dy, g, dx=True)
    W, b = (torch.tensor(v, requires_grad=True) for v in net.views(w).values())
    X = torch.tensor(x, requires_grad=True)
    kernel = W.reshape(3, 3, 3, 5).permute(3, 2, 0, 1)  # k, k, in, out -> out, in, k, k
    Y = torch.nn.functional.max_pool2d(
        torch.nn.functional.conv2d(X.permute(0, 3, 1, 2), kernel, b, padding=1), 2
    ).permute(0, 2, 3, 1)
    Y.backward(torch.tensor(dy))
    np.testing.assert_allclose(y, Y.detach(), rtol=1e-12)
    np.testing.assert_allclose(dx, X.grad, rtol=1e-12)
    np.testing.assert_allclose(g, np.concatenate([W.grad.ravel(), b.grad]), rtol=1e-12)


def test_a_batch_of_any_shape_and_members_agree():
    net = ConvNet((8, 8), 4, 3)
    rng = np.random.default_rng(4)
    w, x = net.init(rng), rng.random((2, 3, 64), np.float32)
    y, _ = net(x, w)
    assert y.shape == (2, 3, 3)
    np.testing.assert_allclose(y[1], net(x[1], w)[0], rtol=1e-5, atol=1e-6)


def test_it_finds_a_sign_where_it_never_was():
    """Crosses and rings of 3 x 3 pixels: learnt in the left half of the picture, recognised in the right."""
    rng = np.random.default_rng(5)
    signs = np.array([[[1, 0, 1], [0, 1, 0], [1, 0, 1]], [[1, 1, 1], [1, 0, 1], [1, 1, 1]]], np.float32)

    def pictures(n, first, last):
        t, x = rng.integers(0, 2, n), np.zeros((n, 16, 16), np.float32)
        for picture, label in zip(x, t, strict=True):
            a, b = rng.integers(1, 12), rng.integers(first, last)
            picture[a : a + 3, b : b + 3] = signs[label]
        return x.reshape(n, 256), t

    # one number a feature in the end: the largest of all places
    net = Sequential(ToImage(16, 1), Conv2d(1, 8), *[MaxPool2d()] * 4, Flatten(), Linear(8, 2))
    w, optimizer = net.init(rng), Adam(0.01)
    g = np.empty_like(w)
    for _ in range(150):
        x, t = pictures(64, 1, 6)
        y, back = net(x, w)
        back(cross_entropy(y, t)[1], g)
        optimizer.step(w, g)
    x, t = pictures(300, 8, 12)
    assert (net(x, w)[0].argmax(-1) == t).mean() > 0.98


@pytest.mark.parametrize("shape", [(12, 12), (8, 16), (0, 0)])
def test_sides_that_cannot_be_halved_are_refused(shape):
    with pytest.raises(ValueError, match="multiple of 8"):
        ConvNet(shape, 4, 2)


def test_a_picture_of_another_size_is_refused():
    net = ConvNet((8, 8, 3), 4, 2)
    with pytest.raises(ValueError, match="8 x 8 pixels, 3 values"):
        net(np.zeros((1, 64)), net.init(np.random.default_rng(0)))
