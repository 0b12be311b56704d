"""Sounds that are no wav files: read by soundfile, or refused in one line that names it."""

import io
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from core.lab.answers.examples import examples_of, known
from core.lab.audio.wav import LONGEST, read_sound

RATE = 8000
X = np.stack([np.linspace(-0.5, 0.5, RATE), np.zeros(RATE)], 1).astype(np.float32)  # two channels


class File(io.BytesIO):
    """soundfile.SoundFile over 100 seconds of two channels."""

    samplerate = RATE

    def __init__(self, file):
        super().__init__(file.getvalue())

    def read(self, frames, dtype, always_2d):
        assert (dtype, always_2d) == ("float32", True)
        return np.tile(X, (100, 1))[: min(frames, RATE * int(self.getvalue()[4:]))]


def test_soundfile_reads_what_is_no_wav(monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", SimpleNamespace(SoundFile=File))
    sound = read_sound(b"fLaC1")
    np.testing.assert_array_equal(sound.samples, X.mean(1))
    assert sound.rate == RATE
    with pytest.raises(ValueError, match=rf"more than 0 and at most {LONGEST}"):
        read_sound(b"OggS99")


def test_without_soundfile_it_is_named_and_other_kinds_are_known_to_who_reads_wav(monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)  # which makes its import fail
    for raw, kind in ((b"fLaC", "a FLAC sound"), (b"\xff\xe3\x18", "an MP3 sound"), (b"OggS", "an Ogg sound")):
        with pytest.raises(ValueError, match=f"it is {kind}: save it as wav, or pip install soundfile"):
            read_sound(raw)
    assert ".flac" in known((".wav",))
    assert ".flac" not in known()
    assert examples_of(b"fLaC", ".flac", "a.flac", (".wav",)) == b"fLaC"


@pytest.mark.parametrize(("form", "off"), [("FLAC", 1e-4), ("AIFF", 1e-4), ("OGG", 0.02)])
def test_what_soundfile_wrote_is_read(form, off):
    soundfile, file = pytest.importorskip("soundfile"), io.BytesIO()
    soundfile.write(file, X, RATE, format=form)
    np.testing.assert_allclose(read_sound(file.getvalue()).samples, X.mean(1), atol=off)
    with pytest.raises(ValueError, match=r"it cannot be read as a FLAC sound: [^<]*$"):
        read_sound(b"fLaC" + bytes(100))
