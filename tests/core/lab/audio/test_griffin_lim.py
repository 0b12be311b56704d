"""A wave from its spectrum's magnitude alone: known tones, SciPy's transforms, and fits that never get worse."""

import itertools
import math

import numpy as np
import pytest

from core.lab.audio.griffin_lim import griffin_lim, istft, stft, unmel
from core.lab.audio.spectrogram import mel_bank, power_spectrogram
from core.lab.audio.wav import read_wav, wav_bytes

RATE, SIZE, HOP, BINS = 8000, 256, 64, 512
RNG = np.random.default_rng(0)


def tone(hertz, seconds=0.4):
    return np.sin(2 * math.pi * hertz * np.arange(round(RATE * seconds)) / RATE)


def convergence(x, magnitude):
    """|| |stft(x)| - magnitude || / || magnitude ||, spectral convergence, of a wave x (T,): 0 fits perfectly."""
    return np.linalg.norm(np.abs(stft(x, SIZE, HOP, BINS)) - magnitude) / np.linalg.norm(magnitude)


def test_the_transform_is_scipys_and_its_power_ours():
    from scipy.signal import stft as theirs

    x = RNG.standard_normal((2, 2000))
    _, _, S = theirs(x, 1.0, "hann", SIZE, SIZE - HOP, BINS, boundary=None, padded=False)
    ours = stft(x, SIZE, HOP, BINS)
    window = 0.5 - 0.5 * np.cos(2 * math.pi / SIZE * np.arange(SIZE))
    np.testing.assert_allclose(ours, S.swapaxes(1, 2) * window.sum(), atol=1e-9)
    np.testing.assert_allclose(np.abs(ours) ** 2 / (window @ window), power_spectrogram(x, SIZE, HOP, BINS), rtol=1e-4)


@pytest.mark.parametrize("bins", [SIZE, BINS])
def test_there_and_back(bins):
    x = RNG.standard_normal((3, SIZE + 20 * HOP))
    back = istft(stft(x, SIZE, HOP, bins), SIZE, HOP)
    np.testing.assert_allclose(back[:, 1:], x[:, 1:], atol=1e-8)  # the window is 0 at the first sample


def test_the_way_back_is_the_nearest_wave():
    """Of a spectrum that no wave has, against least squares over all waves, solved as one linear system."""
    size, hop, n = 8, 2, 4
    T = size + (n - 1) * hop
    S = RNG.standard_normal((n, 9)) + 1j * RNG.standard_normal((n, 9))
    S[:, [0, -1]] = S[:, [0, -1]].real
    window = 0.5 - 0.5 * np.cos(2 * math.pi / size * np.arange(size))
    A, y = np.zeros((n * 16, T)), np.fft.irfft(S).ravel()
    for k in range(n):
        A[k * 16 : k * 16 + size, k * hop : k * hop + size] = np.diag(window)
    np.testing.assert_allclose(istft(S, size, hop)[1:], np.linalg.lstsq(A, y, rcond=None)[0][1:], atol=1e-9)


@pytest.mark.parametrize("hertz", [220.0, 440.0, 1000.0, 3100.0])
def test_a_tone_comes_back_at_its_pitch(hertz):
    magnitude = np.abs(stft(tone(hertz), SIZE, HOP, BINS))
    x = griffin_lim(magnitude, SIZE, HOP, np.random.default_rng(1), 100, 0.9)[SIZE:-SIZE]
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x)), 1 << 16))
    assert spectrum.argmax() * RATE / (1 << 16) == pytest.approx(hertz, abs=5)


def test_the_fit_never_gets_worse():
    x = tone(300) * np.linspace(0, 1, 3200) + 0.3 * RNG.standard_normal(3200)
    magnitude = np.abs(stft(x, SIZE, HOP, BINS))
    fits = [
        convergence(griffin_lim(magnitude, SIZE, HOP, np.random.default_rng(2), k), magnitude) for k in range(0, 40, 4)
    ]
    assert all(a > b for a, b in itertools.pairwise(fits)), fits
    ahead = griffin_lim(magnitude, SIZE, HOP, np.random.default_rng(2), 40, 0.9)
    assert convergence(ahead, magnitude) < fits[-1] < 0.5 * fits[0]
    assert convergence(x, magnitude) == 0


def test_a_batch_is_each_alone():
    magnitude = np.abs(stft(RNG.standard_normal((2, 1500)), SIZE, HOP, BINS))
    rng = np.random.default_rng(3)
    alone = [griffin_lim(m, SIZE, HOP, rng, 5) for m in magnitude]  # one stream of phases, drawn in the same order
    np.testing.assert_allclose(griffin_lim(magnitude, SIZE, HOP, np.random.default_rng(3), 5), alone, atol=1e-9)


def test_power_out_of_mel_bands_fits_them_and_is_never_negative():
    bank = mel_bank(48, BINS, RATE, 60.0, 4000.0).astype(np.float64)
    power = power_spectrogram(RNG.standard_normal(4000), SIZE, HOP, BINS).astype(np.float64)
    mels = power @ bank

    def divergence(k):
        q = unmel(mels, bank, k) @ bank
        return float((mels * np.log(mels / q) - mels + q).sum())

    found = unmel(mels, bank, 200)
    assert found.min() >= 0
    np.testing.assert_allclose(found @ bank, mels, rtol=0.02)
    steps = [divergence(k) for k in (0, 1, 2, 5, 10, 50)]
    assert all(a > b for a, b in itertools.pairwise(steps)), steps
    assert (found[:, bank.sum(1) == 0] == 0).all()


def test_a_wav_file_is_read_back():
    x = np.round(RNG.uniform(-1, 1, 500) * 30000) / 32768
    samples, rate = read_wav(wav_bytes(x, RATE))
    assert rate == RATE
    np.testing.assert_array_equal(samples, x.astype(np.float32))
    loud, _ = read_wav(wav_bytes(np.array([2.0, -2.0]), RATE))
    np.testing.assert_array_equal(loud, np.array([32767, -32768], np.float32) / 32768)
    for bad in (np.array([np.nan]), np.zeros((2, 2))):
        with pytest.raises(ValueError, match="finite samples"):
            wav_bytes(bad, RATE)
