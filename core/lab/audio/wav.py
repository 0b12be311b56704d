"""Sound files: the bytes of a wav file to samples and back, and samples at another rate.

A wav file is RIFF: chunks, each a name of four letters, a size, and so many bytes; `fmt ` says how the samples in
`data` are written (IBM and Microsoft 1991, Multimedia Programming Interface and Data Specifications).
"""

import io
import math
import struct
import wave
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from core import Array
from core.lab.files import check_size
from core.lab.kinds import kind_of

LONGEST = 60  # seconds of a clip that `read_sound` takes
RATES = 1000, 192_000  # samples per second that a microphone may have
CHANNELS = 32  # at most
UNKNOWN = 0x7FFF0000  # bytes from which a size says that a program did not know it, as it wrote into a pipe
LOUDEST = 16.0  # of samples written as real numbers, which are from -1 to 1 and a little beyond
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
GUID = bytes.fromhex("000000001000800000aa00389b71")  # that follows the kind in an extensible header
PACKED = {2: "ADPCM", 6: "A-law", 7: "mu-law", 0x11: "IMA ADPCM", 0x31: "GSM", 0x50: "MPEG", 0x55: "MP3", 0xFF: "AAC"}
WIDTHS = {PCM: (1, 2, 3, 4), FLOAT: (4, 8)}  # bytes of a sample


class Sound(NamedTuple):
    """One recording."""

    samples: Array  # (T,) float32 in [-1, 1)
    rate: int  # samples per second


class Format(NamedTuple):
    """How the samples of a wav file are written, and where."""

    kind: int  # PCM or FLOAT
    channels: int
    width: int  # bytes of a sample
    rate: int  # samples per second
    content: memoryview  # the samples, channel by channel for each moment

    def __len__(self) -> int:
        return len(self.content) // (self.channels * self.width)


def _chunks(raw: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(name, where its content begins, the size that it claims) of each chunk."""
    at = 12
    while at + 8 <= len(raw):
        name, size = struct.unpack_from("<4sI", raw, at)
        yield name, at + 8, size
        at += 8 + size + size % 2  # an odd one is padded


def _format(raw: bytes) -> Format:
    """Raises ValueError, in one line, for bytes that are no whole wav file, or one that is packed."""
    if raw[:4] not in (b"RIFF", b"RF64") or raw[8:12] != b"WAVE":
        known = kind_of(raw)
        raise ValueError(f"not a whole wav file: {f'it is {known}' if known else 'it does not begin as one'}")
    header = b""
    for name, at, size in _chunks(raw):
        if name == b"fmt ":
            header = raw[at : at + size]
        elif name == b"data" and header:
            (whole,) = struct.unpack_from("<I", raw, 4)
            # a size that its writer, a pipe or a recorder cut short, could not go back to fill in is all that follows
            unknown = size >= UNKNOWN or (size == 0 and whole + 8 < len(raw))
            return _written(header, memoryview(raw)[at:], None if unknown else size)
    raise ValueError(f"not a whole wav file: it ends before its {'samples' if header else 'header'}")


def _written(header: bytes, rest: memoryview, size: int | None) -> Format:
    if len(header) < 16:
        raise ValueError("not a whole wav file: its header is too short")
    kind, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", header)
    if kind == EXTENSIBLE and len(header) >= 40 and header[26:40] == GUID:
        (kind,) = struct.unpack_from("<H", header, 24)
    if kind not in WIDTHS:
        known = PACKED.get(kind, f"kind {kind:#06x}")
        raise ValueError(f"the wav file is packed as {known}; save it as PCM, 16 bits, which any sound program writes")
    width = block // channels if channels else 0
    if not 0 < channels <= CHANNELS or block != channels * width or width not in WIDTHS[kind] or not bits <= 8 * width:
        raise ValueError(f"the wav file has {channels} channels of {bits} bits in {block} bytes, which no wav file has")
    if size is None:
        size = len(rest)
    check_size(size, min(size, len(rest)), "wav")
    return Format(kind, channels, width, rate, rest[: size - size % block])


def _samples(found: Format) -> Array:
    """The mean over the channels, (T,) float32 in [-1, 1]. Raises ValueError for real numbers that are no sound."""
    raw, width = np.frombuffer(found.content, np.uint8), found.width
    if found.kind == FLOAT:
        x = raw.view(f"<f{width}")
        if not np.isfinite(x).all() or np.abs(x).max(initial=0) > LOUDEST:
            raise ValueError("the wav file holds samples far beyond -1 to 1, or none that are numbers")
    elif width == 1:
        x = raw.astype(np.float32) / 128 - 1  # alone without a sign
    elif width == 3:
        wide = np.zeros((len(raw) // 3, 4), np.uint8)
        wide[:, 1:] = raw.reshape(-1, 3)
        x = wide.view("<i4")[:, 0] / 2**31
    else:
        x = raw.view(f"<i{width}").astype(np.float32 if width == 2 else float) / 2 ** (8 * width - 1)
    x = x.reshape(-1, found.channels)
    return np.clip(x[:, 0] if found.channels == 1 else x.mean(1), -1, 1).astype(np.float32)


def read_wav(raw: bytes) -> Sound:
    """The recording in a wav file, of any length and rate: PCM of 8, 16, 24 or 32 bits, or real numbers of 32 or 64.

    Several channels become their mean. A size that the header leaves open, as a pipe does, is what is there. Raises
    ValueError for other bytes.
    """
    found = _format(raw)
    return Sound(_samples(found), found.rate)


def read_sound(raw: bytes) -> Sound:
    """The same of a clip as people record them. Raises ValueError, in one line, for anything else."""
    found = _format(raw)
    if not RATES[0] <= found.rate <= RATES[1]:
        raise ValueError(f"the wav file has {found.rate} samples per second, not {RATES[0]} to {RATES[1]}")
    if not 0 < len(found) <= LONGEST * found.rate:
        seconds = len(found) / found.rate
        raise ValueError(f"the wav file lasts {seconds:.1f} s; a clip has more than 0 and at most {LONGEST}")
    return Sound(_samples(found), found.rate)


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
