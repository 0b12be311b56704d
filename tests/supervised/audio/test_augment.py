"""Changed voices: nothing at strength 0, known answers of each change, and the same at the same seed."""

import numpy as np
import pytest

from core.lab.audio.spectrogram import log_mel, mel_bank, power_spectrogram
from supervised.audio import augment as voices
from supervised.audio.augment import Change, changed, interpolation

LOW, HIGH = 60.0, 4000.0


def spectra(n=4, T=30, F=40):
    return np.random.default_rng(0).standard_normal((n, T, F)).astype(np.float32)


def test_interpolation_is_numpys():
    rng = np.random.default_rng(0)
    places, values = rng.uniform(-2, 12, (3, 7)), rng.standard_normal(10)
    np.testing.assert_allclose(interpolation(places, 10) @ values, np.interp(places, np.arange(10), values), atol=1e-5)


def test_without_strength_nothing_changes():
    x = spectra()
    assert changed(Change(), LOW, HIGH)(np.random.default_rng(0), x) is x


@pytest.mark.parametrize("change", [Change(tract=0.1), Change(tempo=0.1), Change(colour=0.5), Change(noise=1)])
def test_a_change_is_float32_of_the_same_shape_and_follows_the_generator(change):
    x, kept = spectra(), spectra()
    y = changed(change, LOW, HIGH)(np.random.default_rng(1), x)
    assert y.shape == x.shape
    assert y.dtype == np.float32
    assert np.isfinite(y).all()
    assert not np.array_equal(y, x)
    np.testing.assert_array_equal(x, kept)
    np.testing.assert_array_equal(changed(change, LOW, HIGH)(np.random.default_rng(1), x), y)
    assert len({tuple(row) for row in (y - x).reshape(4, -1)}) == 4  # each sound in its own way


def test_the_tract_multiplies_frequencies(monkeypatch):
    """A sine of f hertz, warped by a factor, looks like a sine of factor * f hertz."""
    factor, F = 1.25, 40
    bank = mel_bank(F, 1024, 8000, LOW, HIGH)

    def seen(f):
        wave = np.sin(2 * np.pi * f * np.arange(2000) / 8000)
        return log_mel(power_spectrogram(wave, 800, 80, 1024), bank)

    class Fixed:
        def standard_normal(self, shape):
            return np.full(shape, np.log(factor))

    x = seen(1000.0)[None] @ interpolation(voices._tract(Fixed(), 1, F, 1.0, LOW, HIGH), F).swapaxes(-1, -2)
    assert abs(x[0].mean(0).argmax() - seen(1250.0).mean(0).argmax()) <= 1
    assert abs(seen(1000.0).mean(0).argmax() - seen(1250.0).mean(0).argmax()) > 2


def test_tempo_keeps_what_does_not_move():
    steady = np.repeat(spectra(T=1), 30, 1)
    y = changed(Change(tempo=0.2), LOW, HIGH)(np.random.default_rng(0), steady)
    np.testing.assert_allclose(y, steady, atol=1e-5)


def test_colour_is_one_smooth_filter_for_all_moments():
    x = spectra()
    d = changed(Change(colour=1.0), LOW, HIGH)(np.random.default_rng(0), x) - x
    np.testing.assert_allclose(d, np.repeat(d[:, :1], 30, 1), atol=1e-5)
    assert np.abs(np.diff(d[:, 0])).max() < 0.5


def test_noise_only_adds_and_is_given_to_its_share():
    x = np.repeat(spectra(T=1, F=1), 40, 2).repeat(30, 1)[:1].repeat(400, 0)
    y = changed(Change(noise=0.25), LOW, HIGH)(np.random.default_rng(0), x)
    assert (y >= x - 1e-6).all()
    touched = (np.abs(y - x) > 1e-6).any((1, 2)).mean()
    assert 0.18 < touched < 0.32
