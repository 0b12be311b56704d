"""Sound files of every kind: wav always, others where soundfile is installed."""

import io
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np
import pytest

from core.lab.audio.files import read_any
from core.lab.audio.wav import wav_bytes


def test_a_wav_file_needs_nothing_more():
    x = 0.5 * np.sin(np.arange(800))
    sound = read_any(wav_bytes(x, 8000))
    assert sound.rate == 8000
    np.testing.assert_allclose(sound.samples, x, atol=1e-4)
    with pytest.raises(ValueError, match="not a whole wav file"):
        read_any(b"words in the place of sounds")


def test_another_kind_is_told_what_reads_it(monkeypatch):
    monkeypatch.setattr("core.lab.audio.files.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="it is a FLAC sound: save it as wav, or pip install soundfile"):
        read_any(b"fLaC and so on")


class SoundFile:
    """What soundfile makes of any bytes: two channels, of which one is silent; or nothing, by their last letter."""

    def __init__(self, file):
        self.said, self.samplerate = file.read()[-1:], 100 if file.read else 0
        if self.said == b"!":
            raise RuntimeError("Error opening\nthe file")
        self.samplerate = 500 if self.said == b"s" else 4000

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def read(self, n, dtype, always_2d):
        length = {b"0": 0, b"l": n}.get(self.said, 4000)
        x = np.stack([np.full(length, 0.5, dtype), np.zeros(length, dtype)], 1)
        return x * np.nan if self.said == b"n" else x


def test_soundfile_reads_the_others_within_the_same_bounds(monkeypatch):
    module = ModuleType("soundfile")
    module.__spec__, module.SoundFile = ModuleSpec("soundfile", None), SoundFile
    monkeypatch.setitem(sys.modules, "soundfile", module)
    sound = read_any(b"OggS whole")
    assert (sound.rate, len(sound.samples)) == (4000, 4000)
    np.testing.assert_allclose(sound.samples, 0.25)
    for last, reason in (
        ("0", "lasts 0 s"),
        ("l", "lasts more than 60 s"),
        ("s", "500 samples per second"),
        ("n", "no numbers"),
        ("!", "begins as an Ogg sound, but cannot be read: Error opening$"),
    ):
        with pytest.raises(ValueError, match=reason):
            read_any(f"OggS {last}".encode())


@pytest.mark.parametrize(("form", "off"), [("FLAC", 1e-4), ("AIFF", 1e-4), ("OGG", 0.02)])
def test_what_soundfile_wrote_is_read(form, off):
    soundfile, file = pytest.importorskip("soundfile"), io.BytesIO()
    x = np.stack([np.linspace(-0.5, 0.5, 8000), np.zeros(8000)], 1)
    soundfile.write(file, x, 8000, format=form)
    np.testing.assert_allclose(read_any(file.getvalue()).samples, x.mean(1), atol=off)
