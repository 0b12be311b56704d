"""Spectra against SciPy and slow loops; sounds whose answer is known; wav files that are not what they claim."""

import io
import math
import struct
import wave

import numpy as np
import pytest

from core.lab.audio import spectrogram as sounds
from core.lab.audio.wav import Sound, read_sound, resample

RNG = np.random.default_rng(0)


def wav_bytes(samples, rate=8000, channels=1):
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(samples.itemsize)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()


def sine(hertz, rate, seconds=0.5):
    return np.sin(2 * math.pi * hertz * np.arange(round(rate * seconds)) / rate).astype(np.float32)


def test_the_spectrogram_is_scipys():
    from scipy.signal import stft

    x = RNG.standard_normal((3, 3000))
    _, _, theirs = stft(x, 1.0, "hann", 200, 120, 256, boundary=None, padded=False, scaling="psd")
    ours = sounds.power_spectrogram(x, 200, 80, 256)
    assert ours.shape == (3, 36, 129)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, np.abs(theirs.swapaxes(1, 2)) ** 2, rtol=1e-5)


def test_white_noise_has_its_variance_in_every_bin():
    power = sounds.power_spectrogram(3 * RNG.standard_normal(400_000), 200, 80, 256).mean(0)
    np.testing.assert_allclose(power[2:-2], 9, rtol=0.1)


def test_frames_are_the_pieces_of_the_wave():
    x = RNG.standard_normal((2, 23))
    pieces = sounds.frames(x, 5, 3)
    assert pieces.shape == (2, 7, 5)
    for i in range(7):
        np.testing.assert_array_equal(pieces[:, i], x[:, 3 * i : 3 * i + 5])
    np.testing.assert_array_equal(sounds.frames(np.ones(3), 5, 3), [[1, 1, 1, 0, 0]])
    assert np.shares_memory(pieces, x)


def test_mel_at_known_points_and_back():
    assert sounds.mel(1000.0) == pytest.approx(1000, abs=0.1)  # the scale is made so
    assert sounds.mel(0.0) == 0
    f = np.array([60.0, 440.0, 4000.0])
    np.testing.assert_allclose(sounds.hertz(sounds.mel(f)), f)


def test_the_bank_is_a_slow_loop_over_triangles():
    F, bins, rate, low, high = 20, 256, 8000, 60.0, 4000.0
    corners = [700 * (10 ** (m / 2595) - 1) for m in np.linspace(sounds.mel(low), sounds.mel(high), F + 2)]
    bank = sounds.mel_bank(F, bins, rate, low, high)
    for j in range(F):
        a, b, c = corners[j : j + 3]
        heights = []
        for k in range(bins // 2 + 1):
            f = k * rate / bins
            heights.append((f - a) / (b - a) if a < f <= b else (c - f) / (c - b) if b < f < c else 0)
        np.testing.assert_allclose(bank[:, j], np.array(heights) / sum(heights), rtol=1e-5, atol=1e-7)


def test_a_bank_with_an_empty_triangle_is_refused():
    with pytest.raises(ValueError, match="100 mel bands are too many for an FFT of 128"):
        sounds.mel_bank(100, 128, 8000, 60, 4000)


@pytest.mark.parametrize("hertz", [300.0, 1000.0, 2500.0])
def test_a_sine_is_loudest_in_the_band_it_falls_in(hertz):
    F, rate = 30, 8000
    bank = sounds.mel_bank(F, 256, rate, 60, 4000)
    loud = sounds.log_mel(sounds.power_spectrogram(sine(hertz, rate), 200, 80, 256), bank).mean(0)
    tops = sounds.hertz(np.linspace(sounds.mel(60), sounds.mel(4000), F + 2))[1:-1]
    assert loud.argmax() == np.abs(tops - hertz).argmin()


def test_the_cepstrum_is_scipys_dct():
    from scipy.fft import dct

    x = RNG.standard_normal((2, 7, 40)).astype(np.float32)
    np.testing.assert_allclose(sounds.mfcc(x, 13), dct(x, norm="ortho")[..., :13], atol=1e-5)


def test_a_wav_comes_back():
    samples = (RNG.uniform(-1, 1, 500) * 32767).astype("<i2")
    sound = read_sound(wav_bytes(samples, 16000))
    assert sound.rate == 16000
    np.testing.assert_array_equal(sound.samples * 32768, samples)


@pytest.mark.parametrize("rate", [11025, 16000, 44100, 48000])
def test_another_rate_keeps_the_pitch_and_the_length(rate):
    there = resample(Sound(sine(1000, rate), rate), 8000)
    assert there.rate == 8000
    assert there.samples.dtype == np.float32
    assert abs(len(there.samples) - 4000) <= 1
    inside = slice(200, 3800)  # the ends of a sine that begins and stops ring
    np.testing.assert_allclose(there.samples[inside], sine(1000, 8000)[inside], atol=0.01)


def test_what_would_fold_back_is_filtered_out():
    there = resample(Sound(sine(7000, 16000), 16000), 8000)  # would be heard at 1,000 Hz
    assert np.abs(there.samples[200:-200]).max() < 0.01


def header(content=bytes(200), before=b"", more=b"", **other):
    """A wav file of 200 bytes, silence if they are not given, with fields of its header replaced."""
    field = {"channels": 1, "rate": 8000, "bits": 16, "claimed": len(content), "kind": 1} | other
    align = field["channels"] * field["bits"] // 8
    inner = struct.pack(
        "<HHIIHH", field["kind"], field["channels"], field["rate"], field["rate"] * align, align, field["bits"]
    )
    inner = struct.pack("<I", len(inner + more)) + inner + more
    rest = b"WAVE" + before + b"fmt " + inner + b"data" + struct.pack("<I", field["claimed"]) + content
    return b"RIFF" + struct.pack("<I", field.get("whole", len(rest))) + rest


WAVE = np.array([0, 8192, -16384, 16383, -32768] * 20, "<i2")
STEREO = np.stack([WAVE, np.zeros_like(WAVE)], 1)
LIST = b"LIST" + struct.pack("<I", 5) + b"INFOx\0"  # of an odd size, and padded
GUID = bytes.fromhex("000000001000800000aa00389b71")


def extensible(kind, bits):
    return {"kind": 0xFFFE, "bits": bits, "more": struct.pack("<HHIH", 22, bits, 4, kind) + GUID}


def bits_24(samples):
    return (samples.astype("<i4") << 8).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


KINDS = {
    "16 bits": header(WAVE.tobytes()),
    "into a pipe": header(WAVE.tobytes(), claimed=0xFFFFFFFF, whole=0xFFFFFFFF),
    "into a pipe, by another": header(WAVE.tobytes(), claimed=0x7FFFF000, whole=0x7FFFF024),
    "cut short": header(WAVE.tobytes(), claimed=0, whole=0),
    "extensible": header(WAVE.tobytes(), **extensible(1, 16)),
    "extensible, real": header((WAVE / 32768).astype("<f4").tobytes(), **extensible(3, 32)),
    "24 bits": header(bits_24(WAVE), bits=24),
    "32 bits": header((WAVE.astype("<i4") << 16).tobytes(), bits=32),
    "real, 32 bits": header((WAVE / 32768).astype("<f4").tobytes(), kind=3, bits=32),
    "real, 64 bits": header((WAVE / 32768).astype("<f8").tobytes(), kind=3, bits=64),
    "stereo": header(np.stack([WAVE, WAVE], 1).tobytes(), channels=2),
    "other chunks": header(WAVE.tobytes() + LIST, before=LIST + b"JUNK\0\0\0\0", claimed=2 * len(WAVE)),
    "half a sample more": header(WAVE.tobytes() + b"x"),
    "64-bit sizes": b"RF64" + header(WAVE.tobytes(), claimed=0xFFFFFFFF)[4:],
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_wav_is_the_same_sound(name):
    sound = read_sound(KINDS[name])
    assert sound.rate == 8000
    assert sound.samples.dtype == np.float32
    np.testing.assert_array_equal(sound.samples * 32768, WAVE)


def test_eight_bits_have_no_sign_and_channels_become_their_mean():
    np.testing.assert_array_equal(read_sound(header(bytes([0, 128, 255]), bits=8)).samples * 128, [-128, 0, 127])
    np.testing.assert_array_equal(read_sound(header(STEREO.tobytes(), channels=2)).samples * 65536, WAVE)
    loud = np.array([1.5, -2, 0.5], "<f4").tobytes()
    np.testing.assert_array_equal(read_sound(header(loud, kind=3, bits=32)).samples, [1, -1, 0.5])


BAD = {
    "no channels": (header(channels=0), "0 channels of 16 bits"),
    "40 bits": (header(bits=40), "1 channels of 40 bits"),
    "claims twice as much": (header(claimed=400), "claims 400 bytes, but 200 follow"),
    "compressed": (header(kind=2), "packed as ADPCM; save it as PCM"),
    "A-law": (header(kind=6, bits=8), "packed as A-law"),
    "mu-law": (header(kind=7, bits=8), "packed as mu-law"),
    "no number": (header(kind=3, bits=32, content=b"\0\0\xc0\x7f" * 50), "none that are numbers"),
    "no sound": (header(kind=3, bits=32, content=struct.pack("<f", 2e4) * 50), "far beyond -1 to 1"),
    "mp3": (b"ID3\4" + bytes(99), "not a whole wav file: it is an MP3 sound"),
    "no samples": (header()[:36], "ends before its samples"),
    "rate 0": (header(rate=0), "0 samples per second, not 1000 to 192000"),
    "rate 2 GHz": (header(rate=2_000_000_000), "2000000000 samples per second"),
    "empty": (wav_bytes(np.zeros(0, "<i2")), "lasts 0.0 s"),
    "an hour": (wav_bytes(np.zeros(3600 * 1000, "<i2"), 1000), "lasts 3600.0 s; a clip has"),
    "text": (b"this is no sound", "not a whole wav file"),
    "nothing": (b"", "not a whole wav file"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_wav_is_refused_in_one_line(name):
    raw, message = BAD[name]
    with pytest.raises(ValueError, match=message) as caught:
        read_sound(raw)
    assert "\n" not in str(caught.value)


def test_a_file_cut_or_changed_anywhere_gives_a_sound_or_one_refusal():
    whole = wav_bytes((RNG.uniform(-1, 1, 200) * 32767).astype("<i2"))
    for i in range(400):
        raw = bytearray(whole)
        raw[RNG.integers(60)] = RNG.integers(256)
        message = ""
        try:
            assert len(read_sound(bytes(raw[: RNG.integers(len(raw))] if i % 2 else raw)).samples) <= 400
        except ValueError as error:
            message = str(error)
        assert "\n" not in message
