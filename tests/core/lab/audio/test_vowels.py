"""Vowels by formula: their harmonics stand at multiples of the pitch, and are loudest at the formants."""

import numpy as np
import pytest

from core.lab.audio.vowels import FORMANTS, RATE, vowel, vowels


@pytest.mark.parametrize("name", FORMANTS)
def test_the_loudest_harmonics_lie_at_the_formants(name):
    pitch, n = 100.0, RATE
    samples = vowel(FORMANTS[name], pitch, 1.0).samples
    assert np.abs(samples).max() == pytest.approx(1)
    power = np.abs(np.fft.rfft(samples * np.hanning(n))) ** 2  # a bin a hertz
    harmonics = np.array([power[round(k * pitch)] for k in range(1, 40)])
    between = np.array([power[round((k + 0.5) * pitch)] for k in range(1, 39)])
    assert between.max() < 1e-3 * harmonics.max()
    k = np.arange(1, 40)
    lifted = harmonics * k**2  # without the fall of the source
    loudest = pitch * k[lifted.argmax()]
    assert min(abs(loudest - formant) for formant in FORMANTS[name]) < pitch


def test_they_are_the_same_each_time_and_differ_among_themselves():
    a, b = vowels(3), vowels(3)
    assert len(a) == len(FORMANTS)
    for one, two in zip(a, b, strict=True):
        assert all((x.samples == y.samples).all() for x, y in zip(one, two, strict=True))
    assert len({len(sound.samples) for each in a for sound in each}) > 10
