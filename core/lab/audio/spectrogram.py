"""Sound as a network can take it: short frames of a wave, their spectrum, and the spectrum as an ear hears it.

samples (T,) in [-1, 1) -> frames (n, size) -> power (n, size/2 + 1) -> log mel (n, F) -> cepstrum (n, K)

Every step is a function of arrays whose last axes are the ones named here; all axes before them are batch.
"""

import math

import numpy as np

from core import Array


def frames(x: Array, size: int, hop: int) -> Array:
    """Pieces of `size` samples, each `hop` after the last: x (..., T) -> (..., n, size), n = 1 + (T - size) // hop.

    A view of `x`. A wave shorter than one frame is filled up with zeros to one.
    """
    if x.shape[-1] < size:
        x = np.concatenate([x, np.zeros((*x.shape[:-1], size - x.shape[-1]), x.dtype)], -1)
    return np.lib.stride_tricks.sliding_window_view(x, size, axis=-1)[..., ::hop, :]


def hann(size: int) -> Array:
    """0.5 - 0.5 cos(2 pi k / size), k = 0 ... size - 1: a frame fades in and out, so that its ends make no clicks."""
    return 0.5 - 0.5 * np.cos(2 * math.pi / size * np.arange(size))


def power_spectrogram(x: Array, size: int, hop: int, bins: int) -> Array:
    """|FFT(hann * frame)|^2 / sum(hann^2): x (..., T) -> (..., n, bins / 2 + 1); an FFT of `bins` >= size samples.

    White noise of variance v has the expectation v in every bin but the first and last.
    """
    window = hann(size)
    spectrum = np.fft.rfft(frames(x, size, hop) * window, bins)
    power: Array = (spectrum.real**2 + spectrum.imag**2) / (window @ window)
    return power.astype(np.float32)


def mel(hertz: Array | float) -> Array:
    """2595 log10(1 + f / 700): equal steps sound equally far apart (O'Shaughnessy 1987)."""
    return 2595 * np.log10(1 + np.asarray(hertz) / 700)


def hertz(mels: Array | float) -> Array:
    """700 (10^(m / 2595) - 1), the inverse of `mel`."""
    return 700 * (10 ** (np.asarray(mels) / 2595) - 1)


def mel_bank(F: int, bins: int, rate: int, low: float, high: float) -> Array:
    """F triangles, their corners evenly spaced in mel from `low` to `high` hertz: (bins / 2 + 1, F), each summing to 1.

    Davis and Mermelstein 1980. Raises ValueError where a triangle is so narrow that no bin of the FFT falls into it.
    """
    corners = hertz(np.linspace(mel(low), mel(high), F + 2))
    f = np.fft.rfftfreq(bins, 1 / rate)[:, None]
    a, b, c = corners[:-2], corners[1:-1], corners[2:]
    bank = np.maximum(0, np.minimum((f - a) / (b - a), (c - f) / (c - b)))
    if not ((sums := bank.sum(0)) > 0).all():
        raise ValueError(f"{F} mel bands are too many for an FFT of {bins} at {rate} samples per second")
    return (bank / sums).astype(np.float32)


def log_mel(power: Array, bank: Array, floor: float = 1e-8) -> Array:
    """ln(power . bank + floor): (..., n, bins / 2 + 1) -> (..., n, F)."""
    return np.log(power @ bank + power.dtype.type(floor))


def dct(F: int, K: int) -> Array:
    """The first K vectors of the orthonormal DCT-II, (F, K): column k is s_k cos(pi k (j + 1/2) / F) (Ahmed 1974)."""
    basis = np.cos(math.pi / F * np.arange(K) * (np.arange(F)[:, None] + 0.5)) * math.sqrt(2 / F)
    basis[:, 0] *= math.sqrt(0.5)
    return basis.astype(np.float32)


def mfcc(log_mels: Array, K: int) -> Array:
    """Mel-frequency cepstral coefficients: the DCT of (..., F) -> (..., K) (Davis and Mermelstein 1980)."""
    return log_mels @ dct(log_mels.shape[-1], K)
