"""Deformations: doing nothing is the identity, whole shifts move pixels, a slow twin agrees."""

import numpy as np

from core.lab.vision import augment as images
from core.lab.vision.augment import AffineElastic, deform, deformations


def test_no_strength_is_the_identity():
    M = deformations(np.random.default_rng(0), 3, 8, AffineElastic())
    np.testing.assert_allclose(M, np.broadcast_to(np.eye(64, dtype=np.float32), (3, 64, 64)), atol=1e-6)


def test_hats_interpolate():
    np.testing.assert_allclose(
        images.hats(np.array([0.0, 1.25, -1.0, 9.0], np.float32), 3), [[1, 0, 0], [0, 0.75, 0.25], [0, 0, 0], [0, 0, 0]]
    )


def test_a_batch_is_deformed_group_by_group():
    rng = np.random.default_rng(0)
    x = rng.random((6, 16), np.float32)
    M = deformations(rng, 3, 4, AffineElastic(0.5, 0.2, 0.1, 0.1, 0.3))
    expected = np.stack([x[i] @ M[i // 2] for i in range(6)])
    np.testing.assert_allclose(deform(x, M), expected, atol=1e-6)


def test_shift_by_a_pixel_moves_the_picture():
    class One:
        """Draws 1 where a shift is asked (n, 2, 1), 0 elsewhere."""

        def standard_normal(self, shape, dtype):
            return np.full(shape, 1.0 if shape[1:] == (2, 1) else 0.0, dtype)

    picture = np.zeros((4, 4), np.float32)
    picture[2, 1] = 1
    moved = deform(picture.reshape(1, 16), deformations(One(), 1, 4, AffineElastic(shift=1.0))).reshape(4, 4)
    assert moved[1, 0] == 1  # the target takes the value one pixel further down and right
    assert moved.sum() == 1


def test_quarter_turn_is_numpy_s():
    class Quarter:
        def standard_normal(self, shape, dtype):
            return np.full(shape, np.pi / 2 if shape == (1,) else 0.0, dtype)

    x = np.random.default_rng(0).random((5, 5)).astype(np.float32)
    M = deformations(Quarter(), 1, 5, AffineElastic(turn=1.0))
    turned = deform(x.reshape(1, 25), M).reshape(5, 5)
    assert any(np.allclose(turned, np.rot90(x, k), atol=1e-5) for k in (1, 3))
