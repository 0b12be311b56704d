"""Losses: each returns (value, gradient of its first argument).

The value is a float, averaged over the batch (all axes but the last); the gradient has the shape and the dtype of
the first argument. What separates the three ways to learn is what stands here as the target: a label, the data
itself, or an action weighted by the reward that followed it. Each raises ValueError for arrays that do not fit.
"""

from collections.abc import Callable
from functools import lru_cache
from inspect import signature

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


def _mean(loss: Array, slope: Array, sample_weight: Array | None) -> tuple[float, Array]:
    """The mean of loss (..., O) over all entries, or over rows weighted by sample_weight (...); slope is dloss/dy."""
    if sample_weight is None:
        return float(loss.sum().real) / loss.size, slope / loss.size
    check_shapes(loss.shape[:-1], sample_weight=sample_weight)
    share = (sample_weight / (sample_weight.sum() * loss.shape[-1])).astype(slope.dtype)[..., None]
    return float((share * loss).sum().real), share * slope


def mse(y: Array, t: Array, sample_weight: Array | None = None) -> Loss:
    """mean((y - t)^2) over the batch and the features; the gradient is 2 (y - t) / (number of entries).

    sample_weight (...) makes it a mean over rows so weighted, here as in all losses of this file.
    """
    d = difference(y, t)
    if sample_weight is None:  # the same as below, in one pass less
        return float((d * d).sum().real) / d.size, (2 / d.size) * d
    return _mean(d * d, 2 * d, sample_weight)


def huber(y: Array, t: Array, delta: float = 1.0, sample_weight: Array | None = None) -> Loss:
    """mean of d^2/2 where |d| <= delta, else delta (|d| - delta/2), with d = y - t (Huber 1964)."""
    d = difference(y, t)
    inner = np.clip(d, -delta, delta)
    return _mean(inner * (d - 0.5 * inner), inner, sample_weight)


def pinball(y: Array, t: Array, quantile: float = 0.5, sample_weight: Array | None = None) -> Loss:
    """mean of q (t - y) where y <= t, else (1 - q) (y - t): the gradient of one entry is -q, or 1 - q.

    It is least where y is the q-quantile of t (Koenker and Bassett 1978). At q = 0.5 it is half the absolute error.
    """
    d = difference(y, t)
    slope = (d.real > 0) - np.asarray(quantile, d.dtype)
    return _mean(slope * d, slope, sample_weight)


def poisson(y: Array, t: Array, sample_weight: Array | None = None) -> Loss:
    """mean of exp(y) - t y: y is the log of the expected count, t >= 0 the count; the gradient is exp(y) - t.

    The negative log-likelihood of Poisson's distribution, but for log t!, which y cannot change.
    """
    mean = np.exp(y)
    d = difference(mean, t)
    return _mean(mean - t * y, d, sample_weight)


def binary_cross_entropy(y: Array, t: Array, sample_weight: Array | None = None) -> Loss:
    """mean of log(1 + exp(y)) - t y: y are logits, t in [0, 1]; the gradient of one entry is sigmoid(y) - t."""
    d = difference(0.5 * np.tanh(0.5 * y) + 0.5, t)  # sigmoid(y) - t
    return _mean(np.logaddexp(0, y.real) - t * y.real, d, sample_weight)


def hinge(y: Array, t: Array, margin: float = 1.0, sample_weight: Array | None = None) -> Loss:
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
    return _mean(np.maximum(z, 0).T.reshape(y.shape), d.T.reshape(y.shape), sample_weight)


def weighted(loss: Callable[..., Loss]) -> Callable[[Array, Array, Array], Loss]:
    """The rule (y, t, s) -> (1/B) sum_i s_i l_i and its gradient s_i dl_i/dy_i / B, of rows with weights s (...).

    l_i is the loss of row i alone, B the number of rows. `loss` is a mean over rows. One that knows no keyword
    `sample_weight` is called for its gradient once, and for its value once for each distinct weight.
    """
    try:
        knows = "sample_weight" in signature(loss).parameters
    except ValueError:  # of some functions that are not written in Python
        knows = False

    def rule(y: Array, t: Array, s: Array) -> Loss:
        check_shapes(y.shape[:-1], sample_weight=s)
        mean = float(s.mean())
        if knows and mean:
            value, dy = loss(y, t, sample_weight=s)  # divides by the sum of s, not by B
            return value * mean, dy * mean
        value, dy = 0.0, loss(y, t)[1] * s[..., None].astype(y.dtype)
        for k in np.unique(s[s != 0]):
            i = s == k
            value += float(k) * float(i.mean()) * loss(y[i], t[i])[0]
        return value, dy

    return rule
