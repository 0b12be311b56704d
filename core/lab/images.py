"""Deformed images: a picture that was shifted, turned or bent a little still shows the same thing.

Interpolation is linear in the image. So a deformation of S x S pixels is a matrix, M (S*S, S*S): to deform a batch
is one matrix product, and nothing but the product touches the images.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.initializers import Array
from core.layers import Rng


@dataclass(frozen=True)
class Strength:
    """How far a deformation may go; each is the standard deviation of a normal distribution."""

    shift: float = 0.0  # pixels
    turn: float = 0.0  # radians
    stretch: float = 0.0  # relative, each axis by its own
    shear: float = 0.0  # pixels a pixel
    bend: float = 0.0  # pixels: each knot of a 4 x 4 grid moves by itself, what lies between follows


def hats(at: Array, S: int) -> Array:
    """max(0, 1 - |at - s|) for s = 0 .. S-1: the weights of linear interpolation, at (...) -> (..., S).

    Beyond the border by a pixel or more all are 0: outside the picture there is nothing.
    """
    weights: Array = np.maximum(0, 1 - np.abs(at[..., None] - np.arange(S, dtype=np.float32)))
    return weights


def deformations(rng: Rng, n: int, S: int, strength: Strength) -> Array:
    """n random affine maps, bent a little, as matrices (n, S*S, S*S): deformed = x @ M, pixels in C order.

    Target pixel u = (row, column) takes the value of the source at A (u - c) + c + shift + bend(u), c the centre, A =
    turn @ shear @ stretch (bent on a coarse grid, in the manner of Simard et al. 2003); bilinear between the pixels.
    """

    def normal(size: float, *shape: int) -> Array:
        return rng.standard_normal((n, *shape), np.float32) * np.float32(size)

    angle, shear, stretch = normal(strength.turn), normal(strength.shear), 1 + normal(strength.stretch, 2)
    cos, sin = np.cos(angle), np.sin(angle)
    A = np.stack([cos, sin, cos * shear - sin, sin * shear + cos], -1).reshape(n, 2, 2)  # columns of turn @ shear
    A = A.transpose(0, 2, 1) * stretch[:, None]
    line = np.arange(S, dtype=np.float32)
    u = np.stack(np.meshgrid(line, line, indexing="ij")).reshape(2, S * S)  # row and column of every pixel
    knots = hats(line * np.float32(3 / max(S - 1, 1)), 4)  # S, 4
    grid = np.einsum("ia,jb->ijab", knots, knots).reshape(S * S, 16)
    c = (S - 1) / 2
    at = A @ (u - np.float32(c)) + np.float32(c) + normal(strength.shift, 2, 1) + normal(strength.bend, 2, 16) @ grid.T
    rows, columns = hats(at[:, 0], S), hats(at[:, 1], S)  # n, S*S, S
    M = rows[..., :, None] * columns[..., None, :]  # n, target, source row, source column
    return M.reshape(n, S * S, S * S).transpose(0, 2, 1)


def deform(x: Array, M: Array) -> Array:
    """x (B, P), B a multiple of n -> (B, P): each M (P, P) of the n deforms B/n images."""
    return (x.reshape(len(M), -1, x.shape[1]) @ M).reshape(x.shape)
