"""The code that two languages share: where it lies, how its two sides are made alike, and the loss that joins them."""

import math
from typing import Any, NamedTuple

import numpy as np

from core import Array, cross_entropy


class Frame(NamedTuple):
    """How a language's raw codes are brought to where the other's are: a - centre, made of one length, times turn."""

    centre: Array  # D
    turn: Array  # D, D


def unit(a: Array, centre: Array | None = None) -> tuple[Array, Any]:
    """z = sqrt(D) c / |c| with c = a - centre, or a minus its mean over the batch: a (B, D) -> z, and the way back."""
    c = a - (a.mean(0) if centre is None else centre)
    r = math.sqrt(a.shape[1]) / np.sqrt((c * c).sum(1, keepdims=True) + 1e-6)  # B, 1
    z = c * r

    def back(dz: Array) -> Array:
        dc: Array = r * (dz - z * ((dz * z).sum(1, keepdims=True) / a.shape[1]))
        return dc - dc.mean(0) if centre is None else dc

    return z, back


def power(C: Array, exponent: float) -> Array:
    """C^exponent of a symmetric matrix; eigenvalues below a thousandth of their mean are raised to it."""
    values, vectors = np.linalg.eigh(C)
    return (vectors * np.maximum(values, values.mean() / 1000) ** exponent) @ vectors.T


def agreement(z: Array, v: Array, temperature: float) -> tuple[float, Array, Array]:
    """Symmetric InfoNCE of codes z, v (B, D) of length sqrt(D), row i of one belonging to row i of the other.

    S = z v^T / (D temperature); the mean of the cross-entropies of the rows and of the columns against the diagonal.
    """
    scale = 1 / (z.shape[1] * temperature)
    S, t = (z @ v.T) * scale, np.arange(len(z))
    rows, d_rows = cross_entropy(S, t)
    columns, d_columns = cross_entropy(S.T, t)
    dS = (d_rows + d_columns.T) * (0.5 * scale)
    return 0.5 * (rows + columns), dS @ v, dS.T @ z
