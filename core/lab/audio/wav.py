"""Sound files: wav bytes to samples, and samples at another rate."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from core.initializers import Array
from core.lab.data import formats as readers

LONGEST = 60  # seconds of a clip that `read_sound` takes
RATES = 1000, 192_000  # samples per second that a microphone may have


class Sound(NamedTuple):
    """One recording."""

    samples: Array  # (T,) float32 in [-1, 1)
    rate: int  # samples per second


def read_sound(raw: bytes) -> Sound:
    """The recording in a wav file, mono, 16-bit PCM. Raises ValueError, in one line, for anything else."""
    samples, rate = readers.wav(raw)
    if not RATES[0] <= rate <= RATES[1]:
        raise ValueError(f"the wav file has {rate} samples per second, not {RATES[0]} to {RATES[1]}")
    if not 0 < len(samples) <= LONGEST * rate:
        raise ValueError(
            f"the wav file lasts {len(samples) / rate:.1f} s; a clip has more than 0 and at most {LONGEST}"
        )
    return Sound(samples, rate)


def resample(sound: Sound, rate: int) -> Sound:
    """The same sound at another rate; what would fold back, above half the new rate, is filtered out (SciPy)."""
    if sound.rate == rate:
        return sound
    from scipy.signal import resample_poly

    common = math.gcd(rate, sound.rate)
    return Sound(resample_poly(sound.samples, rate // common, sound.rate // common).astype(np.float32), rate)
