"""A spoken word as a row of numbers, and a row of numbers as a spoken word.

samples (T,) -> log mel (n, BANDS) -> stretched to MOMENTS, loudness taken out -> its principal components, and how long
it lasts; and all the way back, the phase by Griffin and Lim. What is lost on the way is measured, not supposed: see
`unsupervised.generative.speech_evaluate`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core import Array, Rng
from core.lab.audio.griffin_lim import griffin_lim, unmel
from core.lab.audio.spectrogram import hann, log_mel, mel_bank, power_spectrogram
from core.lab.audio.wav import Sound, levelled, resample

RATE = 8000  # samples per second
SIZE, HOP, BINS = 256, 64, 512  # samples: 32 ms of sound every 8 ms, and the length of the FFT
BANDS, LOW, HIGH = 56, 60.0, 4000.0  # hertz
MOMENTS = 44  # that every word is stretched to; as it comes a word has 55
DEPTH = 9.0  # nepers of power below the loudest moment and band, 39 dB: what is softer is silence
SILENCE = 7.0  # nepers below the loudest moment, 30 dB: softer ends are cut off
SHORTEST, LONGEST = 0.08, 1.5  # seconds of a word
PEAK = 0.7  # of the samples that are written
PHASES, MOMENTUM = 40, 0.9  # steps of Griffin and Lim's iteration, and how far each runs ahead
TOGETHER = 32  # words that go through it at once
BANK = mel_bank(BANDS, BINS, RATE, LOW, HIGH)


def interpolation_matrix(at: Array, n: int) -> Array:
    """The matrix (len(at), n) that reads n values, linearly, at places from 0 to n - 1; beyond the ends, the end."""
    at = np.clip(at, 0, n - 1)
    i = np.minimum(at.astype(int), n - 2)
    W = np.zeros((len(at), n), np.float32)
    W[np.arange(len(at)), i] = i + 1 - at
    W[np.arange(len(at)), i + 1] += at - i
    return W


def stretched(x: Array, n: int) -> Array:
    """x (m, F) read at n places from its first row to its last, linearly between two of them: (n, F)."""
    return np.asarray(interpolation_matrix(np.linspace(0, len(x) - 1, n), len(x)) @ x)


def trimmed(x: Array) -> Array:
    """Log mel spectra x (n, F) from the first to the last moment that is less than SILENCE below the loudest."""
    loudness = np.log(np.exp(x).mean(1))
    at = np.flatnonzero(loudness > loudness.max() - SILENCE)
    return x[at[0] : at[-1] + 1]


def picture_of(sound: Sound) -> tuple[Array, float]:
    """One word as (picture (MOMENTS, BANDS), the log of its seconds). Raises ValueError when nothing is to be heard.

    The picture is in nepers of power below the loudest moment and band, from -DEPTH to 0.
    """
    x = trimmed(log_mel(power_spectrogram(resample(levelled(sound), RATE).samples, SIZE, HOP, BINS), BANK))
    return stretched(np.maximum(x - x.max(), -DEPTH), MOMENTS), float(np.log(len(x) * HOP / RATE))


def waves_of(pictures: Array, log_seconds: Array, rng: Rng, iterations: int = PHASES) -> list[Array]:
    """The words in pictures (N, MOMENTS, BANDS) that last so long (N,): samples (T,) at RATE, the loudest at PEAK."""
    counts = np.round(np.exp(log_seconds).clip(SHORTEST, LONGEST) * RATE / HOP).astype(int)
    order = np.argsort(counts, kind="stable")  # words of about one length go through the iteration together
    waves: list[Array] = [np.empty(0)] * len(order)
    for a in range(0, len(order), TOGETHER):
        part = order[a : a + TOGETHER]
        for i, x in zip(part, _waves(pictures[part], counts[part], rng, iterations), strict=True):
            waves[i] = np.float32(PEAK / max(np.abs(x).max(), 1e-9)) * x
    return waves


def _waves(pictures: Array, counts: Array, rng: Rng, iterations: int) -> list[Array]:
    """The same for a few words of `counts` frames each, with silence before and after each, and after the shorter.

    What `picture_of` saw has its loudest at 0; a picture that was made is paler, and is stretched until it has too,
    silence staying where it is.
    """
    edge = SIZE // HOP - 1
    mels = np.zeros((len(pictures), int(counts.max()) + 2 * edge, BANDS), np.float32)
    for picture, n, row in zip(pictures, counts, mels, strict=True):
        x = stretched(picture, n).clip(-DEPTH, 0) + DEPTH
        row[edge : edge + n] = np.expm1(x * (DEPTH / max(x.max(), 1e-3))) * math.exp(-DEPTH)  # silence is 0
    magnitude = np.sqrt(unmel(mels, BANK) * np.float32(hann(SIZE) @ hann(SIZE)))
    waves = griffin_lim(magnitude, SIZE, HOP, rng, iterations, MOMENTUM)
    return [x[: SIZE + (n + 2 * edge - 1) * HOP] for x, n in zip(waves, counts, strict=True)]


@dataclass(frozen=True)
class PCAFeatures:
    """The principal components of pictures, fitted on the training part, and log seconds as one more: rows (N, K + 1).

    Distances between rows are those between pictures, in units of `scale`, so one deviation fits all components.
    """

    mean: Array  # MOMENTS * BANDS
    axes: Array  # MOMENTS * BANDS, K: orthonormal
    scale: float  # nepers: the deviation of the pictures from their mean
    middle: float  # of the log seconds
    spread: float  # their deviation, divided by the weight that they have among the components

    def rows(self, pictures: Array, log_seconds: Array) -> Array:
        """(N, MOMENTS, BANDS) and (N,) -> (N, K + 1)."""
        components = (pictures.reshape(len(pictures), -1) - self.mean) @ self.axes / self.scale
        return np.column_stack([components, (log_seconds - self.middle) / self.spread]).astype(np.float32)

    def pictures(self, rows: Array) -> tuple[Array, Array]:
        """(N, K + 1) -> (N, MOMENTS, BANDS) and log seconds (N,)."""
        flat = rows[:, :-1] * self.scale @ self.axes.T + self.mean
        return flat.reshape(-1, MOMENTS, BANDS), rows[:, -1] * self.spread + self.middle


def principal(pictures: Array, log_seconds: Array, K: int, weight: float = 10.0) -> PCAFeatures:
    """Fits them (scikit-learn, randomised). `weight`: the length counts as a component of so much deviation.

    Raises ValueError for more components than there are pictures or pixels.
    """
    from sklearn.decomposition import PCA

    x = pictures.reshape(len(pictures), -1)
    if not 1 <= K <= min(x.shape):
        raise ValueError(f"{len(x)} pictures of {x.shape[1]} numbers have 1 to {min(x.shape)} components, not {K}")
    found = PCA(K, svd_solver="randomized", random_state=0).fit(x)
    return PCAFeatures(
        found.mean_,
        np.ascontiguousarray(found.components_.T),
        float((x - found.mean_).std()),
        float(np.mean(log_seconds)),
        float(np.std(log_seconds)) / weight,
    )


def album(clips: Sequence[Array], rate: int) -> tuple[Array, Array]:
    """Every clip as `picture_of` sees it: pictures (N, MOMENTS, BANDS) and log seconds (N,)."""
    pictures, log_seconds = zip(*(picture_of(Sound(clip, rate)) for clip in clips), strict=True)
    return np.stack(pictures), np.array(log_seconds, np.float32)
