"""A wave out of a picture of its loudness: the way back from a mel spectrum to samples that can be heard.

log mel (n, F) -> power (n, bins/2 + 1) -> magnitude -> samples (T,)

A mel spectrum has lost two things. Which of the frequencies inside a band sounded is found by Richardson and Lucy's
rule, the phase by Griffin and Lim's: both are iterations that never make the fit worse. All axes before the ones named
are batch; the frames are those of `core.lab.audio.spectrogram`: frame k covers samples k * hop to k * hop + size.
"""

import math

import numpy as np

from core import Array, Rng
from core.lab.audio.spectrogram import frames, hann
from core.lab.audio.wav import wav_bytes as wav_bytes


def stft(x: Array, size: int, hop: int, bins: int) -> Array:
    """FFT(hann * frame): x (..., T) -> complex (..., n, bins / 2 + 1), n = 1 + (T - size) // hop; bins >= size."""
    spectrum: Array = np.fft.rfft(frames(x, size, hop) * hann(size).astype(x.dtype), bins)
    return spectrum.astype(np.result_type(x.dtype, np.complex64))


def istft(S: Array, size: int, hop: int) -> Array:
    """The wave whose `stft` is nearest to S (..., n, bins / 2 + 1): real (..., T), T = size + (n - 1) hop.

    x = sum_k hann * y_k / sum_k hann^2, y_k the inverse FFT of frame k at its place (Griffin and Lim 1984, equation 6).
    A sample at the very end, where every window is 0, is 0.
    """
    n, window = S.shape[-2], hann(size)
    y = np.fft.irfft(S)[..., :size] * window  # ..., n, size; what an FFT longer than the frame adds is orthogonal
    x, weight = np.zeros((*S.shape[:-2], size + (n - 1) * hop)), np.zeros(size + (n - 1) * hop)
    for k in range(n):
        x[..., k * hop : k * hop + size] += y[..., k, :]
        weight[k * hop : k * hop + size] += window * window
    x /= np.where(weight > 1e-12, weight, np.inf)
    return x.astype(S.real.dtype)


def griffin_lim(magnitude: Array, size: int, hop: int, rng: Rng, iterations: int = 60, momentum: float = 0.0) -> Array:
    """A wave whose stft has about this magnitude (..., n, bins / 2 + 1): (..., size + (n - 1) hop).

    Keeps the phase of the stft of the wave so far, puts the magnitude in, and takes the nearest wave to that (Griffin
    and Lim 1984, "Signal estimation from modified short-time Fourier transform"): the spectral convergence ||
    |stft(x)| - magnitude || / || magnitude || never grows. With `momentum` the spectrum runs ahead of the last step,
    which ends lower but may rise on its way (Perraudin, Balazs and Sondergaard 2013, "A fast Griffin-Lim algorithm").
    `rng` draws the phase of the start.
    """
    bins = 2 * (magnitude.shape[-1] - 1)
    S = magnitude * np.exp(1j * (rng.random(magnitude.shape, np.float32) * np.float32(2 * math.pi)))
    last = np.zeros_like(S)
    for _ in range(iterations):
        consistent = stft(istft(S, size, hop), size, hop, bins)
        ahead, last = consistent + np.float32(momentum) * (consistent - last), consistent
        S = ahead * (magnitude / np.maximum(np.abs(ahead), 1e-12))
    return istft(S, size, hop)


def unmel(mels: Array, bank: Array, iterations: int = 30) -> Array:
    """Power p >= 0 with p . bank near `mels`: (..., n, F) -> (..., n, bins / 2 + 1), bank (bins / 2 + 1, F).

    p <- p * ((mels / (p . bank)) . bank^T) / (sum of the bank's row): each step lowers the Kullback-Leibler divergence
    of p . bank from `mels` (Richardson 1972, Lucy 1974). Least squares would spend all its care on the loudest bands.
    Bins outside of every band are 0.
    """
    inside = bank.sum(1) > 0
    B, rows = bank[inside], bank.sum(1)[inside]
    p = mels @ (B / rows[:, None]).T  # an average of the bands around
    for _ in range(iterations):
        p *= ((mels / np.maximum(p @ B, 1e-20)) @ B.T) / rows
    power = np.zeros((*p.shape[:-1], len(bank)), p.dtype)
    power[..., inside] = p
    return power
