"""Slow, obvious twins of fast code: loops over single numbers, written from the equation and from nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np


def gradient(f: Callable[[np.ndarray], float], w: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """df/dw by central differences, one coordinate after the other."""
    g = np.zeros_like(w)
    for i in np.ndindex(w.shape):
        step = np.zeros_like(w)
        step[i] = h
        g[i] = (f(w + step) - f(w - step)) / (2 * h)
    return g


def linear(x: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """y_o = sum_i x_i W_io + b_o for one vector x (I,)."""
    I, O = W.shape
    return np.array([sum(x[i] * W[i, o] for i in range(I)) + b[o] for o in range(O)])


def layer_norm(x: np.ndarray, scale: np.ndarray, shift: np.ndarray, eps: float) -> np.ndarray:
    """(x - mean) / sqrt(variance + eps) * scale + shift for one vector x (I,)."""
    I = len(x)
    mean = sum(x) / I
    variance = sum((v - mean) ** 2 for v in x) / I
    return np.array([(x[i] - mean) / math.sqrt(variance + eps) * scale[i] + shift[i] for i in range(I)])


def rms_norm(x: np.ndarray, scale: np.ndarray, eps: float) -> np.ndarray:
    """x / sqrt(mean(x^2) + eps) * scale for one vector x (I,)."""
    root = math.sqrt(sum(v * v for v in x) / len(x) + eps)
    return np.array([x[i] / root * scale[i] for i in range(len(x))])


def cross_entropy(y: np.ndarray, q: np.ndarray) -> float:
    """-sum_c q_c log softmax(y)_c for one example: logits y (C,), target probabilities q (C,)."""
    top = max(y)
    log_total = top + math.log(sum(math.exp(v - top) for v in y))
    return sum(q[c] * (log_total - y[c]) for c in range(len(y)))


def adam(w: float, gradients: list[float], lr: float, beta1: float, beta2: float, eps: float) -> float:
    """One parameter after one step for each gradient, with the two bias corrections written out."""
    m = v = 0.0
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        w -= lr * (m / (1 - beta1**t)) / (math.sqrt(v / (1 - beta2**t)) + eps)
    return w
