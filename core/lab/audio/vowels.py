"""Five vowels by formula: sounds for a first try, without a recording of one's own.

A voice is a row of harmonics of its pitch; the mouth lets through what lies near its resonances, the formants. Those of
each vowel are the means of 33 men that Peterson and Barney (1952) measured, "Control Methods Used in a Study of the
Vowels"; another speaker multiplies them by a factor.
"""

import hashlib
import math

import numpy as np

from core import Array
from core.lab.audio.wav import Sound

FORMANTS = {  # Hz: the first three resonances
    "ah": (730, 1090, 2440),
    "ee": (270, 2290, 3010),
    "eh": (530, 1840, 2480),
    "oh": (570, 840, 2410),
    "oo": (300, 870, 2240),
}
RATE = 8000  # samples per second
WIDTH = 90.0  # of a resonance, Hz


def vowel(formants: Array, pitch: float, seconds: float) -> Sound:
    """A vowel of that pitch in Hz; its loudest sample is 1.

    sum_k sin(2 pi k f0 t) / k * prod_i |F_i^2 / (F_i^2 - f_k^2 + j WIDTH f_k)|, f_k = k f0 up to half the rate;
    loudness rises and falls as half a sine.
    """
    t = np.arange(round(seconds * RATE)) / RATE
    k = np.arange(1, math.ceil(RATE / 2 / pitch))
    f = k * pitch
    F = np.asarray(formants, float)[:, None] ** 2
    gain = np.abs(F / (F - f**2 + 1j * WIDTH * f)).prod(0) / k
    x = gain @ np.sin(2 * math.pi * f[:, None] * t) * np.sin(math.pi * np.arange(len(t)) / len(t))
    return Sound((x / np.abs(x).max()).astype(np.float32), RATE)


def vowels(n: int) -> list[list[Sound]]:
    """n sounds of each vowel, the same each time: pitch, mouth, length and a little noise differ."""
    rng = np.random.RandomState(0)  # whose stream NumPy keeps for ever
    found = []
    for formants in FORMANTS.values():
        sounds = []
        for _ in range(n):
            mouth, pitch, seconds = np.exp(0.08 * rng.standard_normal()), rng.uniform(90, 240), rng.uniform(0.2, 0.45)
            sound = vowel(np.array(formants) * mouth, pitch, seconds)
            noise = 0.01 * rng.standard_normal(len(sound.samples))
            sounds.append(sound._replace(samples=sound.samples + noise.astype(np.float32)))
        found.append(sounds)
    return found


def vowels_sum() -> str:
    """The SHA-256 of what the sounds are made from: their last bits may differ from machine to machine."""
    return hashlib.sha256(repr((FORMANTS, RATE, WIDTH)).encode()).hexdigest()
