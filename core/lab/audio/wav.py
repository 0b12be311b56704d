"""Sound files: the bytes of a wav file to samples and back, and samples at another rate."""

import io
import math
import struct
import wave
from typing import NamedTuple

import numpy as np

from core import Array
from core.lab.files import check_size

LONGEST = 60  # seconds of a clip that `read_sound` takes
RATES = 1000, 192_000  # samples per second that a microphone may have
BROKEN = (wave.Error, EOFError, RuntimeError, struct.error)  # what the standard library raises at broken bytes


class Sound(NamedTuple):
    """One recording."""

    samples: Array  # (T,) float32 in [-1, 1)
    rate: int  # samples per second


def read_wav(raw: bytes) -> Sound:
    """The recording in a wav file, mono, 16-bit PCM, of any length and rate. Raises ValueError for other bytes."""
    try:
        with wave.open(io.BytesIO(raw)) as file:
            channels, width, rate, count = file.getparams()[:4]
            if channels != 1 or width != 2:
                raise ValueError(f"the wav file has {channels} channels of {8 * width} bits, not 1 of 16")
            content = file.readframes(count)
    except BROKEN as error:
        raise ValueError(f"not a whole wav file: {str(error) or 'it ends too early'}") from error
    check_size(2 * count, len(content), "wav")
    return Sound(np.frombuffer(content, "<i2").astype(np.float32) / 32768, rate)


def read_sound(raw: bytes) -> Sound:
    """The same of a clip as people record them. Raises ValueError, in one line, for anything else."""
    samples, rate = sound = read_wav(raw)
    if not RATES[0] <= rate <= RATES[1]:
        raise ValueError(f"the wav file has {rate} samples per second, not {RATES[0]} to {RATES[1]}")
    if not 0 < len(samples) <= LONGEST * rate:
        raise ValueError(
            f"the wav file lasts {len(samples) / rate:.1f} s; a clip has more than 0 and at most {LONGEST}"
        )
    return sound


def wav_bytes(samples: Array, rate: int) -> bytes:
    """A wav file, mono, 16-bit PCM, of samples (T,) in [-1, 1]; what is beyond is cut off. `read_wav` reads it."""
    if samples.ndim != 1 or not np.isfinite(samples).all():
        raise ValueError(f"a wav file needs finite samples (T,), not {samples.dtype} of shape {samples.shape}")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.clip(np.round(samples * 32768), -32768, 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def levelled(sound: Sound) -> Sound:
    """The same sound, its loudest sample 1 or -1: how far somebody stood from the microphone is not what they said.

    Raises ValueError where there is nothing to be heard, or a sample is not finite.
    """
    loudest = float(np.abs(sound.samples).max(initial=0))
    if loudest == 0:
        raise ValueError("the recording is silent")
    if not math.isfinite(loudest):
        raise ValueError("the recording holds samples that are not finite")
    return sound._replace(samples=sound.samples / np.float32(loudest))


def resample(sound: Sound, rate: int) -> Sound:
    """The same sound at another rate; what would fold back, above half the new rate, is filtered out (SciPy)."""
    if sound.rate == rate:
        return sound
    from scipy.signal import resample_poly

    common = math.gcd(rate, sound.rate)
    return Sound(resample_poly(sound.samples, rate // common, sound.rate // common).astype(np.float32), rate)
