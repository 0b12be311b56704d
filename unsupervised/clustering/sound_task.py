"""Spoken words as rows of numbers for clusterers: each clip's cepstrum at a few moments, whatever its length.

The clip's loud part is cut into MOMENTS pieces of one length; of each piece the mean of its log mel spectrum, and of
that the first COEFFICIENTS of the cepstrum. The mean over the moments is what voice and microphone add to all of a
clip. It can be taken away ("cepstral mean normalisation", Atal 1974): what is left is what changes within the word.
"""

from functools import lru_cache

import numpy as np

from core import Array, Rng
from core.lab.audio.spectrogram import dct, hertz, log_mel, mel, mel_bank, mfcc, power_spectrogram
from core.lab.audio.wav import Sound, levelled, resample
from core.lab.data.splits import Clips
from unsupervised.generative.speech_features import SILENCE, interpolation_matrix, trimmed

RATE = 8000  # samples per second
FRAME, HOP, BINS = 200, 80, 256  # samples: 25 ms of sound every 10 ms, and the length of the FFT
BANDS, LOW, HIGH = 40, 60.0, 4000.0
BANK = mel_bank(BANDS, BINS, RATE, LOW, HIGH)
MOMENTS, COEFFICIENTS = 8, 13
WAYS, ALIKE = 21, 20  # alterations of each kind that are drawn from; parts of a batch that are altered alike


def cepstrum(sound: Sound, voice: bool) -> Array:
    """One clip as (MOMENTS * COEFFICIENTS,); without `voice` its mean over the moments is taken away.

    Raises ValueError when there is nothing to be heard.
    """
    x = trimmed(log_mel(power_spectrogram(resample(levelled(sound), RATE).samples, FRAME, HOP, BINS), BANK))  # n, F
    x = np.maximum(x, np.log(np.exp(x).mean(1)).max() - 2 * SILENCE)  # a digital 0 is no further than a whisper
    x = x[np.linspace(0, len(x) - 1, max(len(x), MOMENTS)).round().astype(int)]  # at least a frame for each moment
    c = mfcc(np.stack([piece.mean(0) for piece in np.array_split(x, MOMENTS)]), COEFFICIENTS)  # MOMENTS, COEFFICIENTS
    return (c if voice else c - c.mean(0)).ravel()


def clip_parts(clips: Clips, voice: bool) -> tuple[Array, list[Array]]:
    """All clips (N, I), and which of them are training, validation (repetitions 5 to 9) and the official test part."""
    x = np.stack([cepstrum(Sound(clip, clips.rate), voice) for clip in clips.clips])
    at = np.digitize(clips.repetition, (5, 10))  # 0 test, 1 validation, 2 training
    return x, [np.flatnonzero(at == k) for k in (2, 1, 0)]


@lru_cache(maxsize=64)
def tract_warp(a: float) -> Array:
    """The cepstrum (COEFFICIENTS,) of a voice whose frequencies are exp(a) times as high, as a matrix from the right.

    A shorter vocal tract stretches the spectrum; on the cepstrum that is linear (Pitz and Ney 2005).
    """
    f = np.linspace(mel(LOW), mel(HIGH), BANDS + 2)[1:-1]  # the middles of the bands
    at = (mel(hertz(f) * np.exp(-a)) - f[0]) / (f[1] - f[0])
    basis = dct(BANDS, COEFFICIENTS)
    return basis.T @ interpolation_matrix(at, BANDS).T @ basis


def altered(rng: Rng, c: Array, tract: float, tempo: float) -> Array:
    """Cepstra (B, MOMENTS, COEFFICIENTS) of the same words, spoken by others: each part of the batch in its own way.

    Frequencies are warped by up to exp(+-tract); moments are read up to `tempo` earlier or later, and the word is up
    to an eighth of that longer or shorter.
    """
    middle, out = (MOMENTS - 1) / 2, np.empty_like(c)
    warps = [tract_warp(a) for a in np.linspace(-tract, tract, WAYS).tolist()]
    for part in np.array_split(rng.permutation(len(c)), min(ALIKE, len(c))):
        shift, stretch = rng.uniform(-tempo, tempo, 2)
        at = middle + shift + (1 + stretch / MOMENTS) * (np.arange(MOMENTS) - middle)
        out[part] = interpolation_matrix(at, MOMENTS) @ (c[part] @ warps[rng.integers(WAYS)])
    return out
