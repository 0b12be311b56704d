"""Words made of tones, by speakers with other voices: who is left out, what is learnt, what is said of a recording."""

import io
import wave

import numpy as np
import pytest
from places import DATA

from core.lab.answers.asking import Asking
from core.lab.audio.wav import Sound, levelled, resample
from core.lab.data.registry import Data
from core.lab.data.splits import Clips
from core.lab.errors import Refusal
from supervised.audio.spoken_words import BANDS, MOMENTS, WORDS, cepstra, speaker_splits, word_spectrum
from supervised.tasks.spoken_digits import PRESETS, Config, make

VOICES = {"ann": 0.9, "bob": 1.0, "cem": 1.1}  # factors of all frequencies
ROOT = DATA


def said(word, voice, rng, rate=8000):
    """A word of two tones, one after the other: the first of five, then up or down."""
    seconds = rng.uniform(0.25, 0.4)
    t = np.arange(round(seconds * rate)) / rate
    first = 400 * 1.45 ** (word % 5) * voice
    f = np.where(t < seconds / 2, first, first * (1.5 if word < 5 else 0.7))
    wave = 0.3 * np.sin(2 * np.pi * np.cumsum(f) / rate) + 0.01 * rng.standard_normal(len(t))
    return np.concatenate([np.zeros(rate // 20), wave, np.zeros(rate // 10)]).astype(np.float32)


def wav_bytes(samples, channels=1):
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((channels, 2, 8000, 0, "NONE", "not compressed"))
        file.writeframes(samples[: len(samples) // 2 * 2].tobytes())
    return buffer.getvalue()


def tones(repetitions=14):
    rng = np.random.default_rng(0)
    rows = [(word, name, r) for word in range(10) for name in VOICES for r in range(repetitions)]
    word, name, r = (np.array(column) for column in zip(*rows, strict=True))
    return Clips([said(a, VOICES[b], rng) for a, b, _ in rows], word, name, r, 8000)


@pytest.fixture(scope="module")
def learner():
    config = Config(speaker="bob", hidden=32, members=2, updates=100, batch=32, lr=0.01)
    learner = make(config, np.random.default_rng(0), lambda name: tones())
    while learner.progress < 1:
        learner.update()
    return learner


def test_a_voice_that_was_never_heard_is_understood(learner, tmp_path):
    report = learner.report(learner.weights, tmp_path)
    assert report.metrics["test_accuracy"] > 0.9
    assert report.metrics["wake_area"] > 0.95
    assert report.baselines["majority"] == report.chance == 0.1
    assert "MFCC" in report.reference_name
    assert report.reference > 0.5
    assert {"confusion.png", "wake_word.png", "mistakes.png"} <= set(report.pictures)
    assert all((tmp_path / name).stat().st_size for name in report.pictures)


def test_a_recording_is_answered_with_its_word_whatever_its_rate(learner):
    rng, right = np.random.default_rng(1), 0
    for word in range(10):
        sound = Sound(said(word, 1.0, rng), 8000)
        (a,) = learner.predict(learner.weights, sound)
        (b,) = learner.predict(learner.weights, resample(sound, 16000))
        assert a in WORDS
        assert a == b
        right += a == WORDS[word]
    assert right >= 8
    raw = (sound.samples * 32767).astype("<i2")
    assert learner.predict(learner.weights, wav_bytes(raw)) == [a]
    assert learner.predict(learner.weights, wav_bytes(np.repeat(raw, 2), channels=2)) == [a]
    x = np.stack([word_spectrum(sound)] * 3)
    assert learner.predict(learner.weights, x).tolist() == [a] * 3


def test_the_wake_word_is_said_from_a_threshold_on(learner, tmp_path):
    """--threshold: the word it is on the look-out for, however unlikely, or never."""
    word = learner.predictor.detects
    assert word == WORDS[7]
    samples = said(3, 1.0, np.random.default_rng(1))
    (tmp_path / "three.wav").write_bytes(wav_bytes((samples * 32767).astype("<i2")))

    def ask(member, x):
        return getattr(learner.predictor, member)(learner.weights, x)

    def asked(threshold):
        return Asking(learner.predictor, ask, threshold=threshold).answers(tmp_path / "three.wav").said

    assert asked(0.0) == [word]
    assert asked(1.0) == asked(None) == [WORDS[3]]


@pytest.mark.parametrize("loudness", [10, 0.1, 0.03, 0.01, 1e-6, 1e-30])
def test_how_loud_a_recording_is_changes_nothing(learner, loudness):
    rng, k = np.random.default_rng(2), np.float32(loudness)
    sounds = [Sound(said(word, 1.0, rng), 8000) for word in range(10)]
    softer = [Sound(sound.samples * k, 8000) for sound in sounds]
    quantised = [Sound(np.round(sound.samples * max(k, 0.03) * 2**15) / np.float32(2**15), 8000) for sound in sounds]
    for a, b in zip(sounds, softer, strict=True):
        np.testing.assert_allclose(word_spectrum(b), word_spectrum(a), atol=1e-3)
    for row in zip(sounds, softer, quantised, strict=True):
        assert len({str(learner.predict(learner.weights, sound)) for sound in row}) == 1


@pytest.mark.parametrize(
    "samples", [np.zeros(0), np.zeros(4000), np.full(4000, np.nan), np.append(np.ones(4000), np.inf)]
)
def test_what_cannot_be_heard_is_refused(samples):
    for hear in word_spectrum, levelled:
        with pytest.raises(ValueError, match=r"silent|not finite"):
            hear(Sound(samples.astype(np.float32), 8000))


def test_who_is_left_out_is_left_out():
    """Each clip is known by its spectrum: who left out is in one part only, and every clip is in one."""
    clips = tones(12)
    who = {
        word_spectrum(Sound(c, 8000)).tobytes(): (s, int(r)) for c, s, r in zip(*clips[:1], *clips[2:4], strict=True)
    }

    def parts(speaker, val_speaker):
        s = speaker_splits(clips, speaker, val_speaker)
        found = [[who[x.tobytes()] for x in part] for part in (s.x_train, s.x_val, s.x_test)]
        assert sum(map(len, found)) == len(clips.clips) == len({a for part in found for a in part}) * 10
        return [({s for s, _ in part}, {r for _, r in part}) for part in found]

    everybody = set(VOICES)
    assert parts("", "") == [(everybody, {10, 11}), (everybody, {5, 6, 7, 8, 9}), (everybody, {0, 1, 2, 3, 4})]
    heard_of, val, test = parts("bob", "")
    assert test == ({"bob"}, set(range(12)))
    assert heard_of[0] == val[0] == {"ann", "cem"}
    assert val[1] == set(range(5, 10))
    assert [names for names, _ in parts("bob", "cem")] == [{"ann"}, {"cem"}, {"bob"}]


@pytest.mark.parametrize(
    ("who", "message"),
    [
        ({"speaker": "eve"}, "no speaker 'eve'; the speakers are ann, bob, cem"),
        ({"val_speaker": "eve"}, "no speaker 'eve'"),
        ({"speaker": "bob", "val_speaker": "bob"}, "bob cannot be both"),
    ],
)
def test_speakers_that_are_not_there_are_refused(who, message):
    with pytest.raises(ValueError, match=message):
        make(Config(**who), np.random.default_rng(0), lambda name: tones(12))


@pytest.mark.parametrize(
    "bad",
    [
        {"word": "eleven"},
        {"noise": 1.5},
        {"tract": -0.1},
        {"dropout": 1.0},
        {"members": 0},
        {"tempo": float("nan")},
        {"test_time_augmentations": -1},
    ],
)
def test_nonsense_is_refused(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        Config(**bad)


def test_what_is_heard_of_a_recording():
    rng = np.random.default_rng(2)
    clip = said(3, 1.0, rng)
    x = word_spectrum(Sound(clip, 8000))
    assert x.shape == (MOMENTS, BANDS)
    assert x.dtype == np.float32
    later = word_spectrum(
        Sound(np.concatenate([np.zeros(4000, np.float32), clip, np.zeros(80 * 50, np.float32)]), 8000)
    )
    np.testing.assert_allclose(later, x, atol=1e-4)  # silence around a word is cut off
    assert word_spectrum(Sound(np.tile(clip, 9), 8000)).shape == word_spectrum(Sound(clip[:450], 8000)).shape == x.shape
    with pytest.raises(ValueError, match="the recording is silent"):
        word_spectrum(Sound(np.zeros(4000, np.float32), 8000))


def test_cepstra_are_standardised_as_in_training():
    s = cepstra(speaker_splits(tones(12), "bob", ""))
    np.testing.assert_allclose(s.x_train.mean(0), 0, atol=1e-3)
    assert s.x_train.shape[1:] == s.x_test.shape[1:] == (13 * MOMENTS,)
    assert np.abs(s.x_test.mean(0)).max() > 0.1


def test_real_voices():
    try:
        data = Data(ROOT)
        data("free-spoken-digits")
    except (Refusal, OSError):
        pytest.skip(f"the recordings are not in {ROOT}")
    learner = make(
        Config(**PRESETS["quick"] | {"hidden": 32, "updates": 120, "lr": 0.01}), np.random.default_rng(0), data
    )
    assert [len(part) for part in learner.splits] == [2400, 2400, 300, 300, 300, 300]
    while learner.progress < 1:
        learner.update()
    assert learner.evaluate()["val_accuracy"] > 0.7
