"""The layers that networks are made of: linear maps, activations, normalisations, dropout, embeddings.

`core.layer` says what a layer is.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from core.blas import dot_transposed, ones, row_sum, zeros
from core.initializers import Array, Initializer, glorot, he
from core.layer import Back, Layer, Layout, Rng


def Linear(I: int, O: int, bias: bool = True, init: Initializer = he, gain: float = 1.0) -> Layer:
    """y = x W + b, with W (I, O) and b (O,); b starts at 0."""
    n = I * O

    # dot and not @ or np.matmul, which take half a microsecond more: much of the time of a small layer

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        if x.ndim == 0 or x.shape[-1] != I:
            raise ValueError(f"Linear({I}, {O}) needs {I} features, but x has shape {x.shape}")
        W = w[:n].reshape(I, O)
        X = x if x.ndim == 2 else x.reshape(-1, I)  # B, I
        y = X.dot(W)  # B, O
        if bias:
            y += w[n:]

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            D = np.asarray(dy, w.dtype)
            if D.ndim != 2:
                D = D.reshape(-1, O)  # B, O
            if g is not None and add:
                g[:n].reshape(I, O)[...] += X.T.dot(D)
                if bias:
                    g[n:] += row_sum(D.T)
            elif g is not None:
                X.T.dot(D, g[:n].reshape(I, O))
                if bias:
                    ones(len(D), D.dtype).dot(D, g[n:])
            return dot_transposed(D, W).reshape(x.shape) if dx else None

        return (y if x.ndim == 2 else y.reshape(*x.shape[:-1], O)), back

    def fill(rng: Rng, w: Array) -> None:
        init(rng, w[:n].reshape(I, O), gain)

    layout = {"weight": (I, O), "bias": (O,)} if bias else {"weight": (I, O)}
    return Layer(forward, layout, fill, op="linear")


# Activations: y = f(x) element by element. Each gives f and, for the way back, its slope f'(x).

Elementwise = Callable[[Array], tuple[Array, Callable[[], Array]]]


def activation(f: Elementwise, op: str = "", **constants: float) -> Layer:
    """A layer without parameters, dx = dy * f'(x), out of `f`, which gives f(x) and how to compute f'(x), afresh."""

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        y, slope = f(x)

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            return np.multiply(d := slope(), dy, d) if dx else None

        return y, back

    return Layer(forward, op=op, constants=constants)


def _no_slope() -> Array:
    raise ValueError("step has no gradient: its slope is 0 wherever it exists; learn it with the perceptron rule")


def _hyperbolic(x: Array) -> Array:
    """tanh(x); of complex numbers a + bi as (tanh a + i tan b) / (1 + i tanh a tan b), a tenth of NumPy's time."""
    if x.dtype.kind != "c":
        return np.tanh(x)
    a, b = np.tanh(x.real), np.tan(x.imag)
    return (a + 1j * b) / (1 + 1j * (a * b))


def _sigmoid(x: Array) -> Array:
    return 0.5 * _hyperbolic(0.5 * x) + 0.5  # never overflows


def _tanh(x: Array) -> tuple[Array, Callable[[], Array]]:
    y = _hyperbolic(x)
    return y, lambda: 1 - y * y


def _softplus(x: Array) -> tuple[Array, Callable[[], Array]]:
    if x.dtype.kind != "c":
        return np.logaddexp(0, x), lambda: _sigmoid(x)
    return np.maximum(x, 0) + np.log1p(np.exp(np.where(x > 0, -x, x))), lambda: _sigmoid(x)  # the same


def _logistic(x: Array) -> tuple[Array, Callable[[], Array]]:
    y = _sigmoid(x)
    return y, lambda: y * (1 - y)


def _gelu(x: Array) -> tuple[Array, Callable[[], Array]]:
    a, c = math.sqrt(2 / math.pi), math.sqrt(2 / math.pi) * 0.044715
    h = _sigmoid(2 * x * (a + c * x * x))  # (1 + tanh(a x + c x^3)) / 2
    return x * h, lambda: h + h * (1 - h) * x * (2 * a + 6 * c * x * x)


def _relu(x: Array) -> tuple[Array, Callable[[], Array]]:
    y = np.maximum(x, zeros(x.shape, x.dtype))  # with the number 0 NumPy uses no vector instructions
    return y, lambda: (y > 0).astype(y.dtype)  # of y and not of x, which can then be forgotten


identity = activation(lambda x: (x, lambda: np.ones_like(x)), "identity")
"""y = x."""
step = activation(lambda x: ((x > 0).astype(x.dtype), _no_slope), "step")
"""y = 1 where x > 0, else 0: the perceptron's threshold (Rosenblatt 1958). Has no gradient, and says so if asked."""
relu = activation(_relu, "relu")
"""y = max(x, 0) (Nair and Hinton 2010). The slope at 0 is taken as 0."""
sigmoid = activation(_logistic, "sigmoid")
"""y = 1 / (1 + exp(-x))."""
tanh = activation(_tanh, "tanh")
"""y = tanh(x)."""
gelu = activation(_gelu, "gelu")
"""y = x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))): the tanh form (Hendrycks and Gimpel 2016, arXiv:1606.08415)."""
softplus = activation(_softplus, "softplus")
"""y = log(1 + exp(x)): a smooth ReLU, always positive."""


def leaky_relu(slope: float = 0.01) -> Layer:
    """y = x where x > 0, else slope * x (Maas et al. 2013)."""

    def steepness(x: Array) -> Array:
        return (x > 0).astype(x.dtype) * (1 - slope) + slope

    return activation(lambda x: (x * steepness(x), lambda: steepness(x)), "leaky_relu", slope=slope)


def _normalise(I: int, centre: bool, eps: float) -> Layer:
    """z = (x - mean) / sqrt(mean((x - mean)^2) + eps), y = z * scale + shift; without centre no mean and no shift."""

    def mean(x: Array) -> Array:
        return (row_sum(x) * (1 / I))[..., None]

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        if x.ndim == 0 or x.shape[-1] != I:
            raise ValueError(f"this normalisation needs {I} features, but x has shape {x.shape}")
        scale, s = w[:I], None
        with np.errstate(over="ignore", invalid="ignore"):
            z = x - mean(x) if centre else x
            v = mean(z * z)
        if not v.max(initial=0) < math.inf:  # the square of a number is infinite long before the number is
            s = np.maximum(np.abs(x).max(-1, keepdims=True), 1)
            z = x / s - mean(x / s) if centre else x / s
            v = mean(z * z)
        r = 1 / np.sqrt(v + (eps if s is None else eps / s / s))  # ..., 1
        z = z * r
        if s is not None:
            r /= s
        y = z * scale + w[I:] if centre else z * scale

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            if g is not None:
                parts = [dy * z, dy] if centre else [dy * z]
                sums = np.concatenate([row_sum(part.reshape(-1, I).T) for part in parts])
                g[:] = g + sums if add else sums
            if not dx:
                return None
            dz = dy * scale
            dz -= z * mean(dz * z)
            return r * (dz - mean(dz) if centre else dz)

        return y, back

    def fill(rng: Rng, w: Array) -> None:
        w[:I] = 1

    layout: Layout = {"scale": (I,), "shift": (I,)} if centre else {"scale": (I,)}
    return Layer(forward, layout, fill, op="layer_norm" if centre else "rms_norm", constants={"eps": eps})


def LayerNorm(I: int, eps: float = 1e-5) -> Layer:
    """y = (x - mean(x)) / sqrt(var(x) + eps) * scale + shift, over the features (Ba et al. 2016, arXiv:1607.06450)."""
    return _normalise(I, True, eps)


def RMSNorm(I: int, eps: float = 1e-5) -> Layer:
    """y = x / sqrt(mean(x^2) + eps) * scale, over the features (Zhang and Sennrich 2019, arXiv:1910.07467)."""
    return _normalise(I, False, eps)


def Dropout(p: float) -> Layer:
    """y = x * mask / (1 - p), each mask entry 0 with probability p; y = x unless `rng` is passed (Srivastava 2014)."""
    if not 0 <= p < 1:
        raise ValueError(f"Dropout needs 0 <= p < 1, not {p}")

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        mask = None if rng is None or p == 0 else (rng.random(x.shape, np.float32) >= p) * w.dtype.type(1 / (1 - p))

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            return (dy if mask is None else dy * mask) if dx else None

        return (x if mask is None else x * mask), back

    return Layer(forward, op="dropout", constants={"p": p})


def Rescale(mean: Array | float, scale: Array | float = 1.0) -> Layer:
    """y = scale (x - mean), constants (I,) or numbers: a layer without parameters, before all others.

    A mean and 1 / standard deviation of the training examples standardise them; of the middle and 2 / width of an
    interval it becomes [-1, 1].
    """

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        m, k = (np.asarray(each, w.dtype) for each in (mean, scale))

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Array | None:
            return k * dy if dx else None

        return k * (x - m), back

    return Layer(forward, op="rescale", constants={"mean": mean, "scale": scale})


def Embedding(V: int, E: int, init: Initializer = glorot, gain: float = 1.0) -> Layer:
    """y = the rows of a table W (V, E) at the ids x: (..., K) integers -> (..., K*E).

    Raises ValueError when ids are not integers in [0, V), and when asked for dx: ids have no gradient.
    """

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        if x.dtype.kind not in "iu" or x.ndim == 0:
            raise ValueError(f"Embedding needs integer ids (..., K), not {x.dtype} of shape {x.shape}")
        if x.size and not (x.min() >= 0 and x.max() < V):
            raise ValueError(f"Embedding({V}, {E}) needs ids from 0 to {V - 1}, got {x.min()} to {x.max()}")
        y = w.reshape(V, E).take(x, 0).reshape(*x.shape[:-1], x.shape[-1] * E)

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            if dx:
                raise ValueError("the ids of an Embedding have no gradient")
            if g is None:
                return None
            if not add:
                g[:] = 0
            flat = x.ravel().astype(np.min_scalar_type(V))  # small integers are sorted fastest
            order = np.argsort(flat, kind="stable")  # rows of one id side by side, then one sum an id
            counts = np.bincount(flat, minlength=V)
            if (ids := np.flatnonzero(counts)).size:
                starts = np.cumsum(counts[ids]) - counts[ids]
                g.reshape(V, E)[ids] += np.add.reduceat(dy.reshape(-1, E).take(order, 0), starts, axis=0)
            return None

        return y, back

    def fill(rng: Rng, w: Array) -> None:
        init(rng, w.reshape(V, E), gain)

    return Layer(forward, {"table": (V, E)}, fill, ids=True, op="embedding")
