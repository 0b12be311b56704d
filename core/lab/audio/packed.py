"""Sounds that are packed, FLAC, Ogg, MP3 and others: samples by the library soundfile, where it is installed."""

import io

import numpy as np

from core import Array
from core.lab.kinds import kind_of

SOUNDS = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".au", ".caf")  # suffixes
READS = ("FLAC", "Ogg", "MP3", "AIFF", "AU", "CAF")  # of the sounds that `kind_of` tells


def is_packed(raw: bytes) -> bool:
    """Are these the bytes of a sound of another kind than wav?"""
    return any(name in kind_of(raw).split() for name in READS)


def unpack(raw: bytes, most: int) -> tuple[Array, int]:
    """Samples (T,), the mean of all channels, and how many a second; of a long sound one second more than `most`.

    Raises ValueError where soundfile is not installed, or cannot read the bytes.
    """
    try:
        import soundfile
    except (ImportError, OSError):  # an OSError where the C library that it stands on is missing
        raise ValueError(f"it is {kind_of(raw)}: save it as wav, or pip install soundfile, which reads it") from None
    try:
        with soundfile.SoundFile(io.BytesIO(raw)) as file:
            x = file.read((most + 1) * file.samplerate, dtype="float32", always_2d=True)
            return np.clip(np.nan_to_num(x.mean(1)), -1, 1), int(file.samplerate)
    except (RuntimeError, OSError, ValueError, TypeError, MemoryError) as error:
        said = getattr(error, "error_string", "") or error or type(error).__name__
        raise ValueError(f"it cannot be read as {kind_of(raw)}: {said}") from error
