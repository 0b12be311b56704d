"""Can a line separate two classes? Either the widest street between them, or a proof that there is none.

With s = 1 for the target 1, s = -1 for the target 0, and g = s (x, 1), a threshold neuron u = (w, b) is right on an
example where g u > 0. Exactly one of these holds (Gordan 1873):
    some u has g_i u > 0 for all i          or          some v >= 0, sum v = 1, has sum_i v_i g_i = 0
since such a v would turn g_i u > 0 for all i into 0 = sum v_i g_i u > 0. One least-squares problem finds either.
"""

import math
from typing import NamedTuple

import numpy as np

from core import Array


class Separation(NamedTuple):
    u: Array | None  # (I + 1,) unit vector with the largest margin, weights and then bias; None if no line separates
    v: Array  # (N,) from 0, sum 1: the examples that the street rests on, or the proof that there is none
    margin: float  # gamma: the smallest g_i u; 0 if no line separates
    radius: float  # R: the largest |(x, 1)|

    @property
    def bound(self) -> float:
        """(R / gamma)^2: the perceptron's rule, from w = 0, makes no more mistakes than this (Novikoff 1962)."""
        return (self.radius / self.margin) ** 2 if self.margin else math.inf


def signed(x: Array, t: Array) -> Array:
    """g = s (x, 1): x (N, I), t (N,) of 0 and 1 -> (N, I + 1) float64."""
    return np.where(t > 0, 1.0, -1.0)[:, None] * np.column_stack([x.astype(np.float64), np.ones(len(x))])


def separate(x: Array, t: Array) -> Separation:
    """Solves min |u|^2 with g_i u >= 1 through its dual, a non-negative least-squares problem.

    x (N, I), t (N,) of 0 and 1. This is least distance programming (Lawson and Hanson 1974, chapter 23).
    """
    from scipy.optimize import nnls

    g = signed(x, t)  # N, I + 1
    radius = float(np.linalg.norm(g, axis=1).max())
    A = np.vstack([g.T / radius, np.ones(len(g))])  # I + 2, N
    target = np.eye(len(A))[-1]
    v, _ = nnls(A, target)
    r = A @ v - target
    u = r[:-1] / max(np.linalg.norm(r[:-1]), 1e-300)
    margin = float((g @ u).min())
    line, street = (u, margin) if margin > 1e-9 * radius else (None, 0.0)
    return Separation(line, v / v.sum(), street, radius)
