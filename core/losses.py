"""Losses: each returns (value, gradient of its first argument).

The value is a float, averaged over the batch (all axes but the last); the gradient has the shape and the dtype of
the first argument. What separates the three ways to learn is what stands here as the target: a label, the data
itself, or an action weighted by the reward that followed it. Each raises ValueError for arrays that do not fit.
"""

from functools import lru_cache

import numpy as np

from core.blas import read_only, row_sum
from core.initializers import Array

Loss = tuple[float, Array]


def check_shapes(shape: tuple[int, ...], **arrays: Array) -> None:
    """Raises ValueError for an array of another shape: NumPy would stretch one label over a whole batch in silence."""
    for name, array in arrays.items():
        if np.shape(array) != shape:
            raise ValueError(f"{name} must have the shape {shape}, not {np.shape(array)}")


def row_max(y: Array) -> Array:
    """The maxima along the last axis, which stays with length 1. Where it is short NumPy is faster down the columns."""
    if y.shape[-1] > 32:
        return y.max(-1, keepdims=True)
    return np.maximum.reduce(np.ascontiguousarray(y.T)).T[..., None]


@lru_cache(maxsize=16)
def _range(n: int) -> Array:
    """0, 1 ... n - 1, shared and read-only."""
    return read_only(np.arange(n))


def flat_label_index(z: Array, t: Array) -> Array:
    """Where in z (C, B), counted flat, the logits of the labels t stand. Raises ValueError if one is no class."""
    C, B = z.shape
    try:
        if t.size != B:
            raise ValueError(f"these are {t.size}")
        return np.ravel_multi_index((t.ravel(), _range(B)), (C, B))
    except (ValueError, TypeError) as error:
        raise ValueError(f"needs {B} integer labels from 0 to {C - 1}: {error}") from error


def log_softmax(y: Array) -> Array:
    """log p_c = y_c - log(sum_k exp(y_k)) along the last axis; stable at logits of any size."""
    z: Array = y - row_max(y)
    z -= np.log(row_sum(np.exp(z)))[..., None]
    return z


def softmax(y: Array) -> Array:
    """p_c = exp(y_c) / sum_k exp(y_k) along the last axis."""
    p: Array = np.exp(y - row_max(y))
    p /= row_sum(p)[..., None]
    return p


def plain_cross_entropy(y: Array, t: Array) -> Loss:
    """-log p(t), p = softmax(y); the gradient of one example is p - onehot(t): y (..., C) logits, t (...) labels.

    The equation as it stands in books. `cross_entropy` is the same, faster, and can do more.
    """
    check_shapes(y.shape[:-1], t=t)
    log_p, onehot = log_softmax(y), np.eye(y.shape[-1], dtype=y.dtype)[t]  # ..., C
    return float(-(onehot * log_p).sum().real) / t.size, (np.exp(log_p) - onehot) / t.size


def _of_labels(Y: Array, t: Array) -> tuple[float, Array]:
    """`plain_cross_entropy` of Y (B, C), tuned: all but the exponential is faster down columns than along rows."""
    z = Y.T.copy()  # C, B
    at = flat_label_index(z, t)  # B
    z -= np.maximum.reduce(z)
    correct = z.take(at)
    p = np.exp(z, z)
    s = row_sum(p.T)  # B
    loss = float(row_sum(np.log(s) - correct).real) / len(Y)
    p.put(at, p.take(at) - s)
    s *= len(Y)
    p /= s
    return loss, p.T


def cross_entropy(
    y: Array, t: Array, class_weight: Array | None = None, sample_weight: Array | None = None, smoothing: float = 0.0
) -> Loss:
    """-log p(t), p = softmax(y); the gradient of one example is p - onehot(t).

    y (..., C) logits; t (...) integer labels, or (..., C) probabilities. With class_weight (C,) and sample_weight
    (...) it is a mean weighted by their product; smoothing s turns the target into (1 - s) t + s / C, whose
    classes are weighted one by one, as PyTorch does. Nats (Bridle 1990; smoothing: Szegedy et al. 2016).
    """
    Y = y if y.ndim == 2 else y.reshape(-1, y.shape[-1])  # B, C
    B, C = Y.shape
    if t.ndim < y.ndim:
        check_shapes(y.shape[:-1], t=t)
        if class_weight is None and sample_weight is None and not smoothing:
            loss, dy = _of_labels(Y, t)
            return loss, dy if y.ndim == 2 else dy.reshape(y.shape)
        q = np.zeros((C, B), Y.dtype)
        q.put(flat_label_index(q, t), 1)
        q = q.T
    else:
        check_shapes(y.shape, t=t)
        q = t.astype(y.dtype).reshape(-1, C)  # B, C
    weight = np.ones(B, y.dtype)
    if class_weight is not None:
        check_shapes((C,), class_weight=class_weight)
        weight = q @ class_weight.astype(y.dtype)  # B
    q = (1 - smoothing) * q + smoothing / C
    if class_weight is not None:
        q = q * class_weight.astype(y.dtype)
    if sample_weight is not None:
        check_shapes(y.shape[:-1], sample_weight=sample_weight)
        s = sample_weight.astype(y.dtype).ravel()
        weight, q = weight * s, q * s[:, None]
    q = q / weight.sum()
    log_p = log_softmax(Y)
    dy = np.exp(log_p) * q.sum(-1, keepdims=True) - q
    return float(-(q * log_p).sum().real), dy.reshape(y.shape)


def difference(y: Array, t: Array) -> Array:
    """y - t in the dtype of y; raises ValueError unless both have one shape: t (B,) and y (B, 1) have not."""
    check_shapes(y.shape, t=t)
    return np.subtract(y, t, out=np.empty_like(y))


def mse(y: Array, t: Array) -> Loss:
    """mean((y - t)^2) over the batch and the features; the gradient is 2 (y - t) / (number of entries)."""
    d = difference(y, t)
    return float((d * d).sum().real) / d.size, (2 / d.size) * d


def huber(y: Array, t: Array, delta: float = 1.0) -> Loss:
    """mean of d^2/2 where |d| <= delta, else delta (|d| - delta/2), with d = y - t (Huber 1964)."""
    d = difference(y, t)
    inner = np.clip(d, -delta, delta)
    return float((inner * (d - 0.5 * inner)).sum().real) / d.size, inner / d.size


def binary_cross_entropy(y: Array, t: Array) -> Loss:
    """mean of log(1 + exp(y)) - t y: y are logits, t in [0, 1]; the gradient of one entry is sigmoid(y) - t."""
    d = difference(0.5 * np.tanh(0.5 * y) + 0.5, t)  # sigmoid(y) - t
    return float((np.logaddexp(0, y.real) - t * y.real).sum()) / y.size, d / y.size


def hinge(y: Array, t: Array, margin: float = 1.0) -> Loss:
    """sum over c != t of max(0, margin - y_t + y_c), divided by C; y (..., C), t (...) labels.

    The multi-class hinge of Weston and Watkins (1999), scaled by the number of classes as PyTorch does.
    """
    check_shapes(y.shape[:-1], t=t)
    Y = y.reshape(-1, y.shape[-1])  # B, C
    z = Y.T.copy()  # C, B
    at = flat_label_index(z, t)  # B
    z += margin - z.take(at)
    z.put(at, 0)
    d = (z > 0).astype(y.dtype)  # C, B
    d.put(at, -row_sum(d.T))
    scale = 1 / Y.size
    return float(np.maximum(z, 0).sum().real) * scale, (d * scale).T.reshape(y.shape)
