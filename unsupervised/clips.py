"""Spoken words as rows of numbers for clusterers: each clip's cepstrum at a few moments, whatever its length.

The clip's loud part is cut into MOMENTS pieces of one length; of each piece the mean of its log mel spectrum, and of
that the first COEFFICIENTS of the cepstrum. The mean over the moments is what voice and microphone add to all of a
clip. It can be taken away ("cepstral mean normalisation", Atal 1974): what is left is what changes within the word.
"""

from __future__ import annotations

import numpy as np

from core.initializers import Array
from core.lab.data_kinds import Clips
from core.lab.sounds import Sound, log_mel, mel_bank, mfcc, power_spectrogram, resample

RATE = 8000  # samples per second
FRAME, HOP, BINS = 200, 80, 256  # samples: 25 ms of sound every 10 ms, and the length of the FFT
BANK = mel_bank(40, BINS, RATE, 60.0, 4000.0)
MOMENTS, COEFFICIENTS = 8, 13
SILENCE = 7.0  # nepers of power below the loudest frame, 30 dB: softer ends are cut off


def cepstrum(sound: Sound, voice: bool) -> Array:
    """One clip as (MOMENTS * COEFFICIENTS,); without `voice` its mean over the moments is taken away.

    Raises ValueError when there is nothing to be heard.
    """
    loudest = np.abs(sound.samples).max()
    if not loudest > 0:
        raise ValueError("the recording is silent")
    samples = resample(sound, RATE).samples / loudest
    x = log_mel(power_spectrogram(samples, FRAME, HOP, BINS), BANK)  # n, F
    loudness = np.log(np.exp(x).mean(1))
    loud = np.flatnonzero(loudness > loudness.max() - SILENCE)
    x = np.maximum(x[loud[0] : loud[-1] + 1], loudness.max() - 2 * SILENCE)  # a digital 0 is no further than a whisper
    x = x[np.linspace(0, len(x) - 1, max(len(x), MOMENTS)).round().astype(int)]  # at least a frame for each moment
    pieces = np.stack([piece.mean(0) for piece in np.array_split(x, MOMENTS)])
    c = mfcc(pieces, COEFFICIENTS)  # MOMENTS, COEFFICIENTS
    return (c if voice else c - c.mean(0)).ravel()


def clip_parts(clips: Clips, voice: bool) -> tuple[Array, list[Array]]:
    """All clips (N, I), and which of them are training, validation (repetitions 5 to 9) and the official test part."""
    x = np.stack([cepstrum(Sound(clip, clips.rate), voice) for clip in clips.clips])
    test = clips.repetition < 5
    val = ~test & (clips.repetition < 10)
    return x, [np.flatnonzero(part) for part in (~test & ~val, val, test)]
