"""The same word out of another mouth: log mel spectra changed at random in ways that leave the word what it is.

A speaker with a longer vocal tract has lower resonances, by a factor: the axis of frequencies is warped (Jaitly and
Hinton 2013, "Vocal Tract Length Perturbation"). Nobody says a word at the same speed twice: the axis of time is warped.
Another room colours and hums in another way. Interpolation is linear in the spectrum, so that both warps are products
with a matrix.
"""

import math
from dataclasses import dataclass

import numpy as np

from core import Array, Rng
from core.lab.audio.spectrogram import hertz, mel
from supervised.predictor import Augment


@dataclass(frozen=True)
class Change:
    """How far a voice may be changed. With 0 everywhere nothing is."""

    tract: float = 0.0  # standard deviation of the log of the factor that all frequencies are multiplied by
    tempo: float = 0.0  # of where the sound begins, ends, and is bent to in between, as shares of its length
    colour: float = 0.0  # of the first cosine over the mel axis that is added to all moments, nepers; the others less
    noise: float = 0.0  # share of the sounds to which noise is added, 4 to 12 nepers below their loudest band


def interpolation(places: Array, n: int) -> Array:
    """The matrix that reads n points at `places`, between two of them linearly: (..., m) -> (..., m, n).

    Places run from 0 to n - 1; what is beyond the ends reads the end.
    """
    return np.maximum(0, 1 - np.abs(np.clip(places, 0, n - 1)[..., None] - np.arange(n))).astype(np.float32)


def changed(change: Change, low: float, high: float) -> Augment:
    """x (B, T, F), F bands evenly spaced in mel between `low` and `high` hertz -> x of the same shape, changed."""

    def augment(rng: Rng, x: Array) -> Array:
        B, T, F = x.shape
        if change.tract:
            x = x @ interpolation(_tract(rng, B, F, change.tract, low, high), F).swapaxes(-1, -2)
        if change.tempo:
            x = interpolation(_tempo(rng, B, T, change.tempo), T) @ x
        if change.colour:
            x = x + _colour(rng, B, F, change.colour)
        return _noise(rng, x, change.noise) if change.noise else x

    return augment


def _tract(rng: Rng, B: int, F: int, size: float, low: float, high: float) -> Array:
    """Where each of F bands is read in a sound whose frequencies are multiplied by a random factor: (B, F)."""
    factor = np.exp(rng.standard_normal((B, 1)) * size)
    corners = np.linspace(mel(low), mel(high), F + 2)  # of the triangles: band j has its top at corner j + 1
    return (mel(hertz(corners[1:-1]) / factor) - corners[1]) / (corners[1] - corners[0])


def _tempo(rng: Rng, B: int, T: int, size: float) -> Array:
    """Where each of T moments is read: the two ends are moved, and what is in between bends as two sines: (B, T)."""
    start, end, bend, twist = rng.standard_normal((4, B, 1)) * size
    u: Array = np.linspace(0, 1, T)
    u = u + start * (1 - u) + end * u + bend * np.sin(math.pi * u) + twist / 2 * np.sin(2 * math.pi * u)
    return u * (T - 1)


def _colour(rng: Rng, B: int, F: int, size: float) -> Array:
    """sum_k c_k cos(pi k (j + 1/2) / F), c_k of deviation size / k, k = 1, 2, 3: smooth filters, (B, 1, F)."""
    k = np.arange(1, 4)
    c = rng.standard_normal((B, 3)) * size / k
    return (c @ np.cos(math.pi / F * k[:, None] * (np.arange(F) + 0.5)))[:, None].astype(np.float32)


def _noise(rng: Rng, x: Array, share: float) -> Array:
    """ln(e^x + e^n): noise with a random slope over frequency and a standard deviation of half a neper."""
    (B, _, F), top = x.shape, x.max((1, 2), keepdims=True)[..., 0]  # B, 1
    n = top - rng.uniform(4, 12, (B, 1)) + rng.normal(0, 1.5, (B, 1)) * np.linspace(-1, 1, F)  # B, F
    n = np.where(rng.random((B, 1)) < share, n, -np.inf)
    return np.logaddexp(x, n[:, None].astype(np.float32) + rng.standard_normal(x.shape, np.float32) / 2)
