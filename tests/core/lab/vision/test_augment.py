"""Altered pictures: slow twins of SciPy agree, doing nothing changes nothing, chance keeps its bounds."""

import numpy as np
import pytest
from scipy import ndimage

from core.lab.vision import augment as images
from core.lab.vision.augment import AffineElastic, erase, flat, flip, noise, shift, warp

SHAPES = [(7, 5), (6, 9, 3), (28, 28)]
ALL = AffineElastic(1.0, 0.2, 0.1, 0.1, 1.0)


def pictures(shape, n=40):
    return np.random.default_rng(7).random((n, *shape), np.float32)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "make",
    [
        lambda s: warp(s, ALL),
        lambda s: warp(s, ALL, 2.0, True),
        lambda s: shift(2),
        lambda s: flip(),
        lambda s: erase(),
    ],
)
def test_a_step_keeps_shape_and_dtype_and_writes_into_nothing(shape, make):
    x, step = pictures(shape), make(shape)
    before = x.copy()
    x.setflags(write=False)
    y = step(np.random.default_rng(0), x)
    assert y.shape == x.shape
    assert y.dtype == np.float32
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(step(np.random.default_rng(0), x), y)
    assert not np.array_equal(y, x)
    assert y.min() >= 0
    assert y.max() <= 1 + 1e-6


def test_flat_pictures_come_back_flat():
    x, rng = pictures((6, 4, 3)), np.random.default_rng(0)

    def brighter(rng, x):
        return x + 1

    y = flat((6, 4, 3), flip(1.0), brighter)(rng, x.reshape(40, 72))
    np.testing.assert_array_equal(y, x[:, :, ::-1].reshape(40, 72) + 1)


# Warps.


@pytest.mark.parametrize("shape", SHAPES)
def test_no_strength_is_the_identity(shape):
    x = pictures(shape)
    np.testing.assert_allclose(warp(shape, AffineElastic())(np.random.default_rng(0), x), x, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("edge", "mode"), [(False, "grid-constant"), (True, "nearest")])
def test_between_pixels_as_scipy(shape, edge, mode):
    x = pictures(shape, 5)
    rng = np.random.default_rng(1)
    places = rng.uniform(-3, max(shape) + 3, (2, 5, *shape[:2])).astype(np.float32)
    y = images._between(x, places + np.float32(1), edge)
    planes = x.reshape(5, *shape[:2], -1)
    for i in range(5):
        for c in range(planes.shape[-1]):
            twin = ndimage.map_coordinates(planes[i, ..., c], places[:, i], order=1, mode=mode)
            np.testing.assert_allclose(y.reshape(planes.shape)[i, ..., c], twin, atol=2e-6)


class Drawn:
    """A generator whose normal numbers are `value` where as many are asked for as in `shape`, else 0."""

    def __init__(self, shape, value):
        self.shape, self.value = shape, value

    def standard_normal(self, shape, dtype):
        return np.full(shape, self.value if shape == self.shape else 0, dtype)


def test_a_shift_takes_what_lies_further_down_and_right():
    x = pictures((5, 6), 3)
    y = warp((5, 6), AffineElastic(shift=1.0))(Drawn((2, 3), 1.0), x)
    np.testing.assert_allclose(y[:, :-1, :-1], x[:, 1:, 1:], atol=1e-6)
    assert not y[:, -1].any()
    assert not y[:, :, -1].any()


def test_a_quarter_turn_is_numpy_s():
    x = pictures((6, 6, 2), 3)
    y = warp((6, 6, 2), AffineElastic(turn=1.0))(Drawn((3,), np.pi / 2), x)
    assert any(np.allclose(y, np.rot90(x, k, (1, 2)), atol=1e-5) for k in (1, 3))


def test_one_affine_map_as_the_matrices_have_it():
    """The same draws through `deformations`, whose matrices have a test of their own."""

    class Fixed:
        def standard_normal(self, shape, dtype):
            values = {(1,): 0.7, (1, 2): -0.4, (1, 2, 1): 0.9, (2, 1): 0.9}
            return np.full(shape, values.get(shape, 0.0), dtype)

    x, strength = pictures((8, 8), 1), AffineElastic(1.0, 0.5, 0.3, 0.4)
    twin = images.deform(x.reshape(1, 64), images.deformations(Fixed(), 1, 8, strength))
    np.testing.assert_allclose(warp((8, 8), strength)(Fixed(), x).reshape(1, 64), twin, atol=1e-5)


def test_waves_have_the_covariance_of_smoothed_noise():
    S, smooth = 28, 3.0
    wide = ndimage.gaussian_filter1d(np.eye(S + 40), smooth, mode="constant")[20:-20]  # of noise that goes on beyond
    covariance = wide @ wide.T
    waves = images._waves(S, smooth)
    assert len(waves) < S / 2
    np.testing.assert_allclose(waves.T @ waves, covariance / covariance[0, 0], atol=0.08)
    np.testing.assert_allclose((waves**2).sum(0).mean(), 1, rtol=1e-5)


def test_a_bend_moves_pixels_as_far_as_it_says():
    ramp = np.broadcast_to(np.arange(40, dtype=np.float32)[:, None], (300, 40, 40))  # each pixel holds its row
    y = warp((40, 40), AffineElastic(bend=1.5), edge=True)(np.random.default_rng(0), ramp)
    moved = (y - ramp)[:, 8:-8, 8:-8]
    assert moved.std() == pytest.approx(1.5, rel=0.05)
    near, far = (np.corrcoef(moved[:, 4, 4], moved[:, 4, 4 + d])[0, 1] for d in (1, 16))
    assert near > 0.9
    assert abs(far) < 0.2  # exp(-16^2 / (4 4^2)) = 0.02
    assert abs(np.corrcoef(moved[:150, 4, 4], moved[150:, 4, 4])[0, 1]) < 0.25  # each picture by itself


# Whole pixels.


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("edge", [False, True])
def test_a_shift_is_one_of_all_whole_shifts(shape, edge):
    x = pictures(shape, 60)
    y = shift(1, edge)(np.random.default_rng(0), x)
    seen = set()
    for picture, moved in zip(x, y, strict=True):
        pad = np.pad(picture, [(1, 1), (1, 1)] + [(0, 0)] * (len(shape) - 2), "edge" if edge else "constant")
        fits = [
            (i, j) for i in range(3) for j in range(3) if np.array_equal(pad[i : i + shape[0], j : j + shape[1]], moved)
        ]
        assert len(fits) == 1
        seen.add(fits[0])
    assert len(seen) == 9


def test_flips_mirror_left_to_right():
    x = pictures((4, 5, 3), 400)
    y = flip(0.3)(np.random.default_rng(0), x)
    same, mirrored = (y == x).all((1, 2, 3)), (y == x[:, :, ::-1]).all((1, 2, 3))
    assert (same ^ mirrored).all()
    assert 0.2 < mirrored.mean() < 0.4


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 3)])
def test_a_rectangle_is_erased(shape):
    x = pictures(shape, 500)
    y = erase(0.5, 0.1, 0.3, value=-1)(np.random.default_rng(0), x)
    hidden = (y == -1).reshape(500, 20, 30, -1)
    np.testing.assert_array_equal(y[y != -1], x[y != -1])
    assert 0.4 < hidden.any((1, 2, 3)).mean() < 0.6
    for picture in hidden[hidden.any((1, 2, 3))]:
        rows, columns = np.flatnonzero(picture.any((1, 2))), np.flatnonzero(picture.any((0, 2)))
        assert picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        assert picture.sum() == len(rows) * len(columns) * picture.shape[-1]
        assert len(rows) * len(columns) <= 0.34 * 600
    assert np.mean([picture[..., 0].mean() for picture in hidden[hidden.any((1, 2, 3))]]) == pytest.approx(
        0.2, abs=0.03
    )
    somewhere = hidden[..., 0].any(0)
    assert somewhere[0].any()  # up to every border, at times
    assert somewhere[-1].any()
    assert somewhere[:, 0].any()
    assert somewhere[:, -1].any()


def test_noise_stands_where_a_picture_is_erased():
    x = np.full((200, 10, 10), 2, np.float32)
    y = erase(1.0)(np.random.default_rng(0), x)
    noise = y[y != 2]
    assert 0 <= noise.min() < 0.01 < 0.99 < noise.max() <= 1


def test_noise_is_added_to_each_pixel():
    x = pictures((20, 10, 3), 100)
    added = noise(0.3)(np.random.default_rng(0), x) - x
    assert added.dtype == np.float32
    assert added.mean() == pytest.approx(0, abs=0.01)
    assert added.std() == pytest.approx(0.3, rel=0.02)
    assert len(np.unique(added)) > 0.9 * added.size
