"""What a kernel looks for: receptive fields against the gradient, and a sign that was hidden in pictures."""

import numpy as np
import pytest

from core import Conv2d, Flatten, Linear, MaxPool2d, Residual, Sequential, relu
from supervised.interpret.kernels import Field, draw_kernels, seen, strongest
from supervised.vision.convnet import ToImage


@pytest.mark.parametrize(
    "net",
    [
        Sequential(Conv2d(1, 2, 5), MaxPool2d(), relu, Conv2d(2, 3)),
        Sequential(
            Conv2d(1, 2, 2), Conv2d(2, 2, 3, 2, "valid"), Residual(Sequential(Conv2d(2, 2), relu)), MaxPool2d(3, 2)
        ),
    ],
)
def test_a_receptive_field_is_where_the_gradient_is(net):
    rng, field = np.random.default_rng(0), seen(net, Field())
    w = np.abs(net.init(rng, np.float64)) + 0.1  # nothing cancels
    touched = np.zeros((24, 24), bool)
    for _ in range(40):  # whichever place is the largest of a square, in one of them
        x = rng.random((24, 24, 1))
        y, back = net(x, w)
        dy = np.zeros(y.shape)
        dy[3, 2] = 1
        touched |= back(dy, dx=True)[..., 0] != 0
    for axis, place in ((1, 3), (0, 2)):
        lines = np.flatnonzero(touched.any(axis))
        first = field.start + field.step * place
        assert (lines[0], lines[-1]) == (first, first + field.size - 1)


@pytest.mark.parametrize("colours", [1, 3])
def test_a_kernel_finds_its_sign(tmp_path, colours):
    rng = np.random.default_rng(1)
    net = Sequential(
        ToImage(12, colours), Conv2d(colours, 4), MaxPool2d(), relu, Conv2d(4, 2), Flatten(), Linear(72, 2)
    )
    w = net.init(rng)
    sign = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]], np.float32)[..., None] * np.ones(colours, np.float32)
    net.views(w)["1.weight"][..., 2] = 2 * sign - 1
    net.views(w)["1.weight"][..., [0, 1, 3]] = 0
    x = np.full((130, 12, 12, colours), 0.5, np.float32)
    hidden = rng.permutation(130)[:8]
    for k, i in enumerate(hidden):
        a, b = rng.integers(0, 10, 2)
        x[i, a : a + 3, b : b + 3] = 0.5 + (sign - 0.5) * (8 - k) / 8  # ever paler
    shape = (12, 12) if colours == 1 else (12, 12, 3)
    first, second = strongest(net, w, x.reshape(130, -1), shape, kernels=1, n=8)
    for k, patch in enumerate(first.patches[0]):
        np.testing.assert_allclose(patch.reshape(3, 3, -1), 0.5 + (sign - 0.5) * (8 - k) / 8, rtol=1e-6)
    assert np.all(np.diff(first.answers[0]) < 0)
    assert (first.size, second.size, second.patches.shape[1:4]) == (3, 8, (8, 8, 8))
    draw_kernels(tmp_path / "kernels.png", [first, second], 0.0, 1.0)
    assert (tmp_path / "kernels.png").stat().st_size > 5000


@pytest.mark.parametrize("side", [8, 13])  # with a frame of 2 pixels, and 3 at the end
def test_what_lies_outside_a_picture_is_not_made_up(side):
    net, w = Sequential(ToImage(8, 1, side), Conv2d(1, 1)), np.zeros(10, np.float32)
    w[4] = 1  # the middle pixel of the patch
    x = np.zeros((1, 64), np.float32)
    x[0, 0] = 1
    (found,) = strongest(net, w, x, (8, 8))
    n = np.nan
    np.testing.assert_array_equal(found.patches[0, 0], [[n, n, n], [n, 1, 0], [n, 0, 0]])
