"""The convolutional network as a whole: its gradient, its form, and pictures that it refuses."""

import numpy as np
import pytest

from core import cross_entropy, flops
from core.gradcheck import directional_error
from supervised.vision.convnet import ConvNet


@pytest.mark.parametrize(("shape", "depth"), [((8, 8), 1), ((9, 9, 3), 2)])
def test_gradient_of_the_whole_network(shape, depth):
    rng = np.random.default_rng(2)
    net = ConvNet(shape, 4, 5, depth)
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


def test_a_batch_of_any_shape_and_members_agree():
    net = ConvNet((8, 8), 4, 3)
    rng = np.random.default_rng(4)
    w, x = net.init(rng), rng.random((2, 3, 64), np.float32)
    y, _ = net(x, w)
    assert y.shape == (2, 3, 3)
    np.testing.assert_allclose(y[1], net(x[1], w)[0], rtol=1e-5, atol=1e-6)


def test_a_side_that_cannot_be_halved_three_times_is_framed_in_black():
    rng = np.random.default_rng(0)
    net, framed = ConvNet((13, 13, 3), 4, 10), ConvNet((16, 16, 3), 4, 10)
    assert net.layout == framed.layout
    w, x, wide = net.init(rng), rng.random((2, 13, 13, 3), np.float32), np.zeros((2, 16, 16, 3), np.float32)
    wide[:, 1:14, 1:14] = x
    assert np.array_equal(net(x.reshape(2, -1), w)[0], framed(wide.reshape(2, -1), w)[0])
    dy = rng.random((2, 10), np.float32)
    dx, dwide = (f(y.reshape(2, -1), w)[1](dy, dx=True) for f, y in ((net, x), (framed, wide)))
    assert np.array_equal(dx.reshape(x.shape), dwide.reshape(wide.shape)[:, 1:14, 1:14])


def test_pooling_comes_before_what_follows():
    ops = [part.op for part in ConvNet((8, 8), 4, 3, depth=2).parts]
    stage = ["layer_norm", "relu", "residual"]
    rest = ["conv2d", "max_pool2d", *stage]
    assert ops == ["to_image", "conv2d", "max_pool2d", "relu", "residual", *rest, *rest, "flatten", "linear"]


def test_work_is_counted_at_the_places_that_are_left():
    first = 2 * 9 * (32 * 32 * 1 * 4 + 16 * 16 * 4 * 8 + 8 * 8 * 8 * 16)
    more = 2 * 9 * (16 * 16 * 4 * 4 + 8 * 8 * 8 * 8 + 4 * 4 * 16 * 16)
    assert flops(ConvNet((28, 28), 4, 10)) == first + 2 * 16 * 16 * 10
    assert flops(ConvNet((28, 28), 4, 10, depth=2)) == first + more + 2 * 16 * 16 * 10


@pytest.mark.parametrize("shape", [(7, 7), (8, 16), (0, 0)])
def test_sides_that_cannot_be_halved_are_refused(shape):
    with pytest.raises(ValueError, match="at least 8 pixels a side"):
        ConvNet(shape, 4, 2)


def test_a_picture_of_another_size_is_refused():
    net = ConvNet((8, 8, 3), 4, 2)
    with pytest.raises(ValueError, match="8 x 8 pixels, 3 values"):
        net(np.zeros((1, 64)), net.init(np.random.default_rng(0)))
