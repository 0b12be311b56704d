"""Convolution: one matrix for the patch around every place of an image, and pooling (LeCun et al. 1989, 1998).

Images are (..., H, W, I), the features last (NHWC), and all axes before H are batch: members of an ensemble that stand
there share the kernels. A patch of k x k places is a row of a matrix, so that a convolution is the product of a Linear
with each place as one more example. The patches are a strided view of the image; they are copied for a few images at a
time, as many as a cache holds, and made again on the way back, never kept. A one beside each patch makes the bias a row
of the matrix: W and b lie one after the other in w.
"""

import math
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from core.initializers import Array, Initializer, he
from core.layer import Back, Layer, Layout, Places, Rng

CACHED = 1 << 18  # entries of the patches that are made at a time: a megabyte of float32
FEW = 8  # features below which patches are copied a pixel of all at a time: runs along the lines are longer


def Conv2d(
    I: int,
    O: int,
    k: int = 3,
    stride: int = 1,
    padding: int | str = "same",
    bias: bool = True,
    init: Initializer = he,
    gain: float = 1.0,
) -> Layer:
    """y[h, w] = b + sum over i, j < k of x[s h + i - p, s w + j - p] W[i, j], s the stride; beyond the image x is 0.

    (..., H, W, I) -> (..., H', W', O), H' = (H + 2p - k) // s + 1; W is (k, k, I, O), b (O,), and starts at 0.
    `padding` is p < k, "valid" (0), or "same": H' = H at stride 1, of an even k with one zero more at the end.
    dx is a convolution too, of dy with s - 1 zeros between its places by the kernel turned half round (Dumoulin and
    Visin 2016, arXiv:1603.07285); a stride saves work forward and for W, not there. Raises ValueError for other sizes.
    """
    before, around = _padded(k, stride, padding)
    if min(I, O) < 1:
        raise ValueError(f"Conv2d needs positive numbers of features, not {I} and {O}")
    n = k * k * I * O

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        if x.ndim < 3 or x.shape[-1] != I or min(x.shape[-3:-1]) + around < k:
            raise ValueError(
                f"Conv2d({I}, {O}, {k}) needs images (..., H, W, {I}) of at least {max(k - around, 1)} places a side, "
                f"but x has shape {x.shape}"
            )
        H, W = x.shape[-3:-1]
        X = x.reshape(-1, H, W, I)  # B, H, W, I
        H_, W_ = places((H, W))
        y = np.empty((len(X), H_, W_, O), w.dtype)

        def rows() -> Iterator[tuple[tuple[slice, slice], Array]]:
            return _patches(X, w.dtype, k, before, (H_, W_), stride=stride, one=bias)

        for some, P in rows():
            P.dot(w.reshape(-1, O), y[some].reshape(-1, O))

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            D = np.asarray(dy, w.dtype).reshape(y.shape)
            if g is not None:
                G = g.reshape(-1, O)  # the matrix, and below it the bias
                if not add:
                    G[...] = 0
                for some, P in rows():
                    G += P.T.dot(D[some].reshape(-1, O))
            if not dx:
                return None
            turned = w[:n].reshape(k, k, I, O)[::-1, ::-1].swapaxes(2, 3).reshape(-1, I)  # k * k * O, I
            d = np.empty(X.shape, w.dtype)
            for some, P in _patches(D, w.dtype, k, k - 1 - before, (H, W), spread=stride):
                P.dot(turned, d[some].reshape(-1, I))
            return d.reshape(x.shape)

        return y.reshape(*x.shape[:-3], H_, W_, O), back

    def places(places: Places) -> Places:
        *axes, H, W = places
        return *axes, (H + around - k) // stride + 1, (W + around - k) // stride + 1

    def fill(rng: Rng, w: Array) -> None:
        init(rng, w[:n].reshape(-1, O), gain)

    constants = {"kernel": k, "stride": stride, "padding": (before, around - before)}
    layout: Layout = {"weight": (k, k, I, O), "bias": (O,)} if bias else {"weight": (k, k, I, O)}
    return Layer(forward, layout, fill, op="conv2d", constants=constants, places=places)


def _padded(k: int, stride: int, padding: int | str) -> tuple[int, int]:
    """The zeros before a line of places, and those at both its ends together."""
    if min(k, stride) < 1:
        raise ValueError(f"a kernel and a stride are at least 1, not {k} and {stride}")
    if padding == "same" and stride == 1:
        return (k - 1) // 2, k - 1
    p = 0 if padding == "valid" else padding
    if not isinstance(p, int | np.integer) or not 0 <= p < k:
        raise ValueError(f'padding is "same" (at stride 1), "valid" or a number from 0 to {k - 1}, not {padding!r}')
    return p, 2 * p


def _patches(
    x: Array, dtype: Any, k: int, before: int, places: Places, stride: int = 1, spread: int = 1, one: bool = False
) -> Iterator[tuple[tuple[slice, slice], Array]]:
    """The patches of a few images x (B, H, W, I) at a time, in their order: slices of B and H', (b h W', k * k * I).

    Of an image too large for the cache a few lines at a time. They begin `before` places outside the image, one every
    `stride` places, as many as `places` (H', W') says; the image's own places stand `spread` apart. With `one` a column
    of ones stands behind the others. The next patches take the place of those before.
    """
    (B, _, _, I), (H_, W_) = x.shape, places
    columns = k * k * I + one
    lines = max(1, min(H_, CACHED // (W_ * columns)))
    most, rows = max(1, min(B, CACHED // (H_ * W_ * columns))), lines * W_
    around = np.zeros((most, (H_ - 1) * stride + k, (W_ - 1) * stride + k, I), dtype)
    inside = around[:, before::spread, before::spread][:, : x.shape[1], : x.shape[2]]
    view = sliding_window_view(around, (k, k), (1, 2))[:, ::stride, ::stride].transpose(0, 1, 2, 4, 5, 3)
    P = np.ones((columns, most * rows), dtype).T if I < FEW else np.ones((most * rows, columns), dtype)
    down, right = P.strides
    steps = (down * rows, down * W_, down, right * k * I, right * I, right)
    into = as_strided(P, (most, lines, *view.shape[2:]), steps)  # the columns of the patches, without the ones
    for a in range(0, B, most):
        b = min(most, B - a)
        inside[:b] = x[a : a + b, : inside.shape[1], : inside.shape[2]]
        for c in range(0, H_, lines):
            h = min(lines, H_ - c)
            into[:b, :h] = view[:b, c : c + h]
            yield (slice(a, a + b), slice(c, c + h)), P[: b * h * W_]


def MaxPool2d(k: int = 2, stride: int | None = None) -> Layer:
    """y[h, w] = max over i, j < k of x[s h + i, s w + j], feature by feature, s the stride, k unless given.

    (..., H, W, F) -> (..., H', W', F), H' = (H - k) // s + 1: what is left over at the end is not looked at. Of equals,
    as in a blank part of an image, the first gets the gradient. ReLU, or a bias, may as well come behind: a maximum
    commutes with what never falls, and there is less to do there. Raises ValueError for images smaller than k.
    """
    s = k if stride is None else stride
    if min(k, s) < 1:
        raise ValueError(f"a kernel and a stride are at least 1, not {k} and {s}")

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        if x.ndim < 3 or min(x.shape[-3:-1]) < k:
            raise ValueError(f"MaxPool2d({k}) needs images (..., H, W, F) of {k} places a side, not of shape {x.shape}")
        lines, back_lines = _maximum(x, -2, k, s)  # along the lines first: so the first of equals is the first of all
        y, back_rows = _maximum(lines, -3, k, s)

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            return back_lines(back_rows(dy)) if dx else None

        return y, back

    def places(places: Places) -> Places:
        *axes, H, W = places
        return *axes, (H - k) // s + 1, (W - k) // s + 1

    return Layer(forward, op="max_pool2d", constants={"kernel": k, "stride": s, "padding": (0, 0)}, places=places)


def _maximum(x: Array, axis: int, k: int, s: int) -> tuple[Array, Callable[[Array], Array]]:
    """The largest of k in a row along an axis, one row every s, and the way back to the first of the largest."""
    n = (x.shape[axis] - k) // s + 1

    def part(x: Array, i: int) -> Array:  # the i-th of each row
        return x.swapaxes(axis, 0)[i : i + (n - 1) * s + 1 : s].swapaxes(axis, 0)

    y = reduce(np.maximum, (part(x, i) for i in range(k)))

    def back(dy: Array) -> Array:
        whole = k == s and n * k == x.shape[axis]  # each place is written once
        d, left = (np.empty if whole else np.zeros)(x.shape, dy.dtype), dy
        for i in range(k):
            hit = left * (part(x, i) == y) if i < k - 1 else left  # it is the last where it is none of the others
            part(d, i)[...] = hit if whole else part(d, i) + hit
            left = left - hit if i < k - 1 else left
        return d

    return y, back


def Flatten() -> Layer:
    """All places in one row: (..., H, W, F) -> (..., H * W * F)."""

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        if x.ndim < 3:
            raise ValueError(f"Flatten needs images (..., H, W, F), but x has shape {x.shape}")

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            return dy.reshape(x.shape) if dx else None

        return x.reshape(*x.shape[:-3], math.prod(x.shape[-3:])), back

    return Layer(forward, op="flatten", places=lambda places: places[:-2])
