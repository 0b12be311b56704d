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


def test_any_side_is_halved_three_times_and_the_rest_left_out():
    net = ConvNet((28, 28), 4, 10)
    assert [*net.layout.values()][-2] == (3 * 3 * 16, 10)
    assert net(np.zeros((2, 784)), net.init(np.random.default_rng(0)))[0].shape == (2, 10)


def test_pooling_comes_before_what_follows():
    ops = [part.op for part in ConvNet((8, 8), 4, 3, depth=2).parts]
    stage = ["layer_norm", "relu", "residual"]
    rest = ["conv2d", "max_pool2d", *stage]
    assert ops == ["to_image", "conv2d", "max_pool2d", "relu", "residual", *rest, *rest, "flatten", "linear"]


def test_work_is_counted_at_the_places_that_are_left():
    first = 2 * 9 * (28 * 28 * 1 * 4 + 14 * 14 * 4 * 8 + 7 * 7 * 8 * 16)
    more = 2 * 9 * (14 * 14 * 4 * 4 + 7 * 7 * 8 * 8 + 3 * 3 * 16 * 16)
    assert flops(ConvNet((28, 28), 4, 10)) == first + 2 * 9 * 16 * 10
    assert flops(ConvNet((28, 28), 4, 10, depth=2)) == first + more + 2 * 9 * 16 * 10


@pytest.mark.parametrize("shape", [(7, 7), (8, 16), (0, 0)])
def test_sides_that_cannot_be_halved_are_refused(shape):
    with pytest.raises(ValueError, match="at least 8 pixels a side"):
        ConvNet(shape, 4, 2)


def test_a_picture_of_another_size_is_refused():
    net = ConvNet((8, 8, 3), 4, 2)
    with pytest.raises(ValueError, match="8 x 8 pixels, 3 values"):
        net(np.zeros((1, 64)), net.init(np.random.default_rng(0)))
