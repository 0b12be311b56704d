"""A person's own sounds: a folder a class, of any rate, broken files and doubles; and the alarms of a wake word."""

import io
import wave

import numpy as np
import pytest

from core.lab.audio.wav import wav_bytes
from core.lab.data.registry import Data
from supervised.tasks.sound_folder import Config, make

SMALL = {"hidden": 16, "updates": 60, "batch": 16, "lr": 0.01, "seconds": 0.3, "noise": 0.5}


def tone(rate, pitch, seconds=0.3, seed=0):
    """A tone with an overtone, a little detuned."""
    t = np.arange(round(rate * seconds)) / rate
    f = pitch * (1 + 0.03 * np.random.default_rng(seed).standard_normal())
    return 0.4 * np.sin(2 * np.pi * f * t) + 0.2 * np.sin(4 * np.pi * f * t)


def stereo_bytes(x, rate):
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((2, 1, rate, 0, "NONE", "not compressed"))
        file.writeframes(np.repeat(np.clip(x * 127 + 128, 0, 255).astype(np.uint8), 2).tobytes())
    return buffer.getvalue()


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """Eighteen sounds of two classes each, of three rates; three files that are no sounds, a click, and a double."""
    root = tmp_path_factory.mktemp("words")
    for name, pitch in (("hey", 300), ("no", 1500)):
        folder = root / name
        folder.mkdir()
        for k in range(18):
            rate = (8000, 16000, 44100)[k % 3]
            x = tone(rate, pitch, seed=k)
            (folder / f"{k:02}.wav").write_bytes(stereo_bytes(x, rate) if k % 5 == 0 else wav_bytes(x, rate))
    (root / "hey" / "twin.wav").write_bytes((root / "hey" / "03.wav").read_bytes())
    (root / "hey" / ".DS_Store").write_bytes(b"nothing")
    (root / "no" / "broken.wav").write_bytes(wav_bytes(tone(8000, 300), 8000)[:30])
    (root / "no" / "silent.wav").write_bytes(wav_bytes(np.zeros(4000), 8000))
    (root / "no" / "click.wav").write_bytes(wav_bytes(tone(8000, 300, 0.005), 8000))
    (root / "no" / "words.txt").write_text("no")
    return root


@pytest.fixture(scope="module")
def learnt(words):
    learner = make(Config(dir=str(words), wake="hey", **SMALL), np.random.default_rng(0), Data())
    while learner.progress < 1:
        learner.update()
    return learner


def test_a_folder_is_learnt_and_a_recording_named(learnt, words):
    assert [len(x) for x in learnt.splits[::2]] == [27, 4, 6]
    report = learnt.report(learnt.weights, None)
    assert report.metrics["test_accuracy"] == 1
    for pitch, name in ((300, "hey"), (1500, "no")):
        for rate in (8000, 22050):
            assert learnt.predict(learnt.weights, wav_bytes(tone(rate, pitch, seed=99), rate)).tolist() == [name]
    told = report.texts["How the folder was read"]
    assert "3 files are left out" in told
    assert all(name in told for name in ("broken.wav", "words.txt", "silent.wav: the recording is silent"))
    assert "03.wav" not in told


def test_false_alarms_are_counted_by_the_hour(learnt):
    metrics = learnt.report(learnt.weights, None).metrics
    assert metrics["wake_hours"] == pytest.approx(3 * 0.3 / 3600, rel=1e-3)  # three test sounds of the other class
    assert metrics["wake_alarms_an_hour"] == metrics["wake_alarms_threshold_of_val"] * 3 / metrics["wake_hours"]
    assert metrics["wake_alarms_an_hour_high"] == pytest.approx(2.9957 / metrics["wake_hours"], rel=1e-3)
    assert metrics["wake_area"] == 1


def test_without_a_wake_word_nothing_wakes(words, tmp_path):
    learner = make(Config(dir=str(words), **SMALL), np.random.default_rng(0), Data())
    report = learner.report(learner.weights, tmp_path)
    assert not any(name.startswith("wake") for name in [*report.metrics, *report.pictures])
    assert "mistakes.png" in report.pictures


def test_what_is_wrong_with_a_folder_is_one_line(words, tmp_path):
    def made(**fields):
        return make(Config(**SMALL, **fields), np.random.default_rng(0), Data())

    with pytest.raises(ValueError, match="there is no class 'hay'; did you mean hey"):
        made(dir=str(words), wake="hay")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with pytest.raises(ValueError, match="a holds no sound that can be read"):
        made(dir=str(tmp_path))
    for k in range(10):
        name = "a" if k < 8 else "b"
        (tmp_path / name / f"{k}.wav").write_bytes(wav_bytes(tone(8000, 300 + 30 * k, seed=k), 8000))
    with pytest.raises(ValueError, match="--wake needs at least 3 sounds of 'b'"):
        made(dir=str(tmp_path), wake="b")
    (tmp_path / "b" / "same.wav").write_bytes((tmp_path / "a" / "0.wav").read_bytes())
    with pytest.raises(ValueError, match="the same sound in two classes"):
        made(dir=str(tmp_path))
    with pytest.raises(ValueError, match="seconds must be"):
        Config(seconds=60.0)
