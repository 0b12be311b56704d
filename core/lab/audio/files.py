"""A sound file of any kind that can be read here: wav files always, others where soundfile is installed."""

import io
from importlib.util import find_spec
from typing import Any

import numpy as np

from core.lab.audio.wav import LONGEST, RATES, Sound, read_sound
from core.lab.kinds import kind_of

SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".au", ".caf")


def read_any(raw: bytes) -> Sound:
    """The recording, its channels' mean, at most LONGEST seconds. Raises ValueError, in one line, for anything else."""
    kind = kind_of(raw)
    if kind == "a wav sound" or not kind.endswith(" sound"):
        return read_sound(raw)
    if find_spec("soundfile") is None:
        raise ValueError(f"it is {kind}: save it as wav, or pip install soundfile, which reads it")
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(raw)) as file:
            return _read(file)
    except (RuntimeError, TypeError, OSError) as error:  # what it raises at broken bytes
        raise ValueError(f"it begins as {kind}, but cannot be read: {str(error).partition(chr(10))[0]}") from error


def _read(file: Any) -> Sound:
    rate = int(file.samplerate)
    if not RATES[0] <= rate <= RATES[1]:
        raise ValueError(f"the sound has {rate} samples per second, not {RATES[0]} to {RATES[1]}")
    x = file.read(LONGEST * rate + 1, dtype="float32", always_2d=True)  # no more, whatever its header says
    if not 0 < len(x) <= LONGEST * rate:
        found = f"more than {LONGEST}" if len(x) else "0"
        raise ValueError(f"the sound lasts {found} s; a clip has more than 0 and at most {LONGEST}")
    if not np.isfinite(x).all():
        raise ValueError("the sound holds samples that are no numbers")
    return Sound(np.clip(x.mean(1), -1, 1), rate)
