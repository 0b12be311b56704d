"""Altered images: a picture that was shifted, turned, bent or partly hidden still shows the same thing.

A step is a function of a generator and of pictures, (B, H, W) or (B, H, W, C), that gives new ones of the same shape;
it never writes into those it is given. `flat` makes of steps what a learner of flat pictures calls on each batch:

    augment = flat((28, 28), warp((28, 28), AffineElastic(shift=1, turn=0.1, bend=1)), flip())
    x = augment(rng, x)                  # (B, 784) -> (B, 784)

For small pictures that share a few deformations there is also `deform`: interpolation is linear in the image, so a
deformation of S x S pixels is a matrix, and to deform a batch is one product with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from core import Array, Rng

Step = Callable[[Rng, Array], Array]
WARPED = 16  # pictures at a time: what is in between then fits into the processor's cache


@dataclass(frozen=True)
class AffineElastic:
    """How far a deformation may go; each is the standard deviation of a normal distribution."""

    shift: float = 0.0  # pixels
    turn: float = 0.0  # radians
    stretch: float = 0.0  # relative, each axis by its own
    shear: float = 0.0  # pixels a pixel
    bend: float = 0.0  # pixels: how far a pixel is moved by itself, its neighbours following


def _normal(rng: Rng, n: int, size: float, *shape: int) -> Array:
    return rng.standard_normal((n, *shape), np.float32) * np.float32(size)


def _affine(rng: Rng, n: int, strength: AffineElastic) -> Array:
    """n random matrices A = turn @ shear @ stretch, (n, 2, 2)."""

    normal = partial(_normal, rng, n)
    angle, shear, stretch = normal(strength.turn), normal(strength.shear), 1 + normal(strength.stretch, 2)
    cos, sin = np.cos(angle), np.sin(angle)
    columns = np.stack([cos, sin, cos * shear - sin, sin * shear + cos], -1).reshape(n, 2, 2)  # of turn @ shear
    return columns.transpose(0, 2, 1) * stretch[:, None]


def flat(shape: tuple[int, ...], *steps: Step) -> Step:
    """The steps one after another, on pictures that come and go as rows: x (B, I), I = H W or H W C."""

    def augment(rng: Rng, x: Array) -> Array:
        y = x.reshape(-1, *shape)
        for step in steps:
            y = step(rng, y)
        return y.reshape(x.shape)

    return augment


def warp(shape: tuple[int, ...], strength: AffineElastic, smooth: float = 4.0, edge: bool = False) -> Step:
    """Deforms each picture of `shape`, (H, W) or (H, W, C), by an affine and an elastic map of its own.

    Pixel u = (row, column) takes the value of the source at A (u - c) + c + shift + bend(u), c the centre, bilinear
    between the pixels; beyond the border it is 0, or with `edge` as at the border. bend is white noise smoothed by a
    Gaussian of `smooth` pixels (Simard et al. 2003). All of this is linear in some 50 random numbers a picture, so that
    one product with a fixed basis gives the places of all pixels.
    """
    H, W = shape[:2]
    rows, columns = np.indices((H, W), np.float32).reshape(2, H * W)
    basis = np.stack([np.ones_like(rows), rows - np.float32((H - 1) / 2), columns - np.float32((W - 1) / 2)])
    if strength.bend:
        waves = np.einsum("ia,jb->ijab", _waves(H, smooth), _waves(W, smooth))
        basis = np.concatenate([basis, waves.reshape(-1, H * W)])
    centre = np.array([[(H + 1) / 2], [(W + 1) / 2]], np.float32)  # in a picture with a border of one pixel

    def step(rng: Rng, x: Array) -> Array:
        n, m = len(x), len(basis)
        k = np.empty((2, n, m), np.float32)  # the coefficients of both coordinates
        k[..., 1:3] = _affine(rng, n, strength).transpose(1, 0, 2)
        k[..., 0] = rng.standard_normal((2, n), np.float32) * np.float32(strength.shift) + centre
        k[..., 3:] = rng.standard_normal((2, n, m - 3), np.float32) * np.float32(strength.bend)
        y = np.empty_like(x)
        for a in range(0, n, WARPED):
            part = k[:, a : a + WARPED]
            places = part.reshape(-1, m).dot(basis).reshape(2, part.shape[1], H, W)
            y[a : a + WARPED] = _between(x[a : a + WARPED], places, edge)
        return y

    return step


def _waves(S: int, smooth: float) -> Array:
    """White noise on a line, smoothed by a Gaussian, as r independent waves: (r, S), a random weighing gives noise.

    It has the covariance exp(-d^2 / (4 smooth^2)); the waves are its leading eigenvectors, scaled to hold it (Karhunen
    and Loeve): the fewest that leave less than a hundredth, which the others then take over.
    """
    d = np.subtract.outer(np.arange(S), np.arange(S))
    values, vectors = np.linalg.eigh(np.exp(-(d**2) / (4 * smooth**2)))
    r = 1 + int(np.searchsorted(np.cumsum(values[::-1]), 0.99 * S))
    return (vectors[:, -r:] * np.sqrt(values[-r:] * (S / values[-r:].sum()))).T.astype(np.float32)


def _between(x: Array, places: Array, edge: bool) -> Array:
    """x (B, H, W, ...) at `places` (2, B, H, W), counted from a border of one pixel; overwrites `places`."""
    B, H, W = x.shape[:3]
    planes = x.reshape(B, H, W, -1).transpose(3, 0, 1, 2)
    pad = np.pad(planes, ((0, 0), (0, 0), (1, 2), (1, 2)), "edge" if edge else "constant")
    size, line = (H + 3) * (W + 3), W + 3
    np.clip(places[0], 0, H + 1, places[0])
    np.clip(places[1], 0, W + 1, places[1])
    whole = places.astype(np.int32)
    places -= whole
    down, right = places
    at = (whole[0] * line + whole[1]).astype(np.intp) + (np.arange(B) * size)[:, None, None]
    y = np.empty((len(pad), B, H, W), x.dtype)
    for plane, out in zip(pad.reshape(len(pad), -1), y, strict=True):
        lines = []
        for start in (0, line):
            here, next_ = plane[start:].take(at, mode="clip"), plane[start + 1 :].take(at, mode="clip")
            next_ -= here
            next_ *= right
            here += next_
            lines.append(here)
        upper, lower = lines
        lower -= upper
        lower *= down
        np.add(upper, lower, out)
    return np.moveaxis(y, 0, -1).reshape(x.shape)


def shift(most: int, edge: bool = False) -> Step:
    """Moves each picture by -most to most whole pixels along both axes; what comes in is 0, or as at the border."""

    def step(rng: Rng, x: Array) -> Array:
        B, H, W = x.shape[:3]
        pad = np.pad(x, ((0, 0), (most, most), (most, most), *[(0, 0)] * (x.ndim - 3)), "edge" if edge else "constant")
        down, right = rng.integers(0, 2 * most + 1, (2, B))
        windows = sliding_window_view(pad, (H, W), axis=(1, 2))[np.arange(B), down, right]  # B, ..., H, W
        return windows if x.ndim == 3 else np.moveaxis(windows, 1, -1)

    return step


def flip(p: float = 0.5) -> Step:
    """Mirrors each picture, left to right, with probability p."""

    def step(rng: Rng, x: Array) -> Array:
        y, chosen = x.copy(), rng.random(len(x)) < p
        y[chosen] = x[chosen, :, ::-1]
        return y

    return step


def erase(p: float = 0.5, least: float = 0.02, most: float = 0.4, value: float | None = None) -> Step:
    """Hides a rectangle of each picture with probability p (Zhong et al. 2017, arXiv:1708.04896).

    Its share of the picture is drawn evenly from `least` to `most`, its height over its width from 0.3 to 1 / 0.3,
    evenly in the logarithm, and cut to what the picture holds. In it stands `value`, or noise from 0 to 1.
    """

    def step(rng: Rng, x: Array) -> Array:
        B, H, W = x.shape[:3]
        area = rng.uniform(least, most, B) * (rng.random(B) < p) * H * W
        ratio = np.exp(rng.uniform(-1, 1, B) * np.log(0.3))
        sides = np.rint([np.minimum(np.sqrt(area * ratio), H), np.minimum(np.sqrt(area / ratio), W)])  # 2, B
        first = np.floor(rng.random((2, B)) * (np.array([[H], [W]]) - sides + 1))
        inside = [
            (np.arange(S) >= a[:, None]) & (np.arange(S) < (a + s)[:, None])
            for S, a, s in zip((H, W), first, sides, strict=True)
        ]
        hidden = inside[0][:, :, None] & inside[1][:, None, :]  # B, H, W
        y = x.copy()
        y[hidden] = rng.random((int(hidden.sum()), *x.shape[3:]), x.dtype) if value is None else value
        return y

    return step


def noise(size: float) -> Step:
    """Adds to each pixel a normal number of standard deviation `size`: true of any numbers, pictures or not."""
    return lambda rng, x: x + rng.standard_normal(x.shape, np.float32) * np.float32(size)


# Deformations as matrices.


def hats(at: Array, S: int) -> Array:
    """max(0, 1 - |at - s|) for s = 0 .. S-1: the weights of linear interpolation, at (...) -> (..., S).

    Beyond the border by a pixel or more all are 0: outside the picture there is nothing.
    """
    return np.maximum(0, 1 - np.abs(at[..., None] - np.arange(S, dtype=np.float32)))


def deformations(rng: Rng, n: int, S: int, strength: AffineElastic) -> Array:
    """n random affine maps, bent a little, as matrices (n, S*S, S*S): deformed = x @ M, pixels in C order.

    Target pixel u = (row, column) takes the value of the source at A (u - c) + c + shift + bend(u), c the centre, A =
    turn @ shear @ stretch; bilinear between the pixels. bend moves each knot of a 4 x 4 grid by itself (in the manner
    of Simard et al. 2003), what lies between follows.
    """

    A, normal = _affine(rng, n, strength), partial(_normal, rng, n)
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
