"""Words made of tones: what is learnt of them is known, and what is made of it must sound at their pitch."""

import json
import math
import os
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from core import Adam
from core.gradcheck import directional_error
from core.lab.audio.wav import Sound, read_sound
from core.lab.data.splits import Clips, Splits
from unsupervised.generative import speech_evaluate as ears, speech_features as voice
from unsupervised.generative.speech import WORDS, Speaker, speech_facts, speech_predictor, spoken_words
from unsupervised.tasks.spoken_digit_sounds import PRESETS, Config, make

RATE = voice.RATE
PITCH = 300 * 1.25 ** np.arange(10)  # hertz of word k in the first voice; the second says everything a tenth higher
VOICES = ("ann", "bob")


def tone(hertz, seconds, rng):
    t = np.arange(round(seconds * RATE)) / RATE
    wave = np.sin(2 * math.pi * hertz * t) * np.sin(math.pi * t / seconds) ** 0.5
    return (0.5 * wave + 1e-3 * rng.standard_normal(len(t))).astype(np.float32)


@pytest.fixture(scope="module")
def clips():
    rng = np.random.default_rng(0)
    of = [(k, v, r) for k in range(10) for v in range(2) for r in range(18)]
    digit, speaker, repetition = np.array(of).T
    waves = [
        tone(
            PITCH[k] * (1 + 0.1 * v) * math.exp(0.01 * rng.standard_normal()),
            0.2 * math.exp(0.1 * rng.standard_normal()),
            rng,
        )
        for k, v, _ in of
    ]
    return Clips(waves, digit, np.array(VOICES)[speaker], repetition, RATE)


@pytest.fixture(scope="module")
def learner(clips):
    said = spoken_words(clips)
    pictures, log_seconds = voice.album(said.clips, RATE)
    facts = speech_facts(said, pictures, log_seconds, 24)
    predictor = speech_predictor(json.loads(json.dumps(facts)), 24, 32, 6, 1.0, 0.1)
    x, t = predictor.book.rows(pictures, log_seconds), said.condition
    splits = Splits(*(array[part] for part in (said.train, said.val, said.test) for array in (x, t)))
    made = Speaker(
        splits,
        predictor.model,
        Adam(3e-3),
        np.random.default_rng(1),
        said=said,
        facts=facts,
        predictor=predictor,
        updates=200,
        batch=32,
        reporter=partial(ears.sounds_report, clips=2),
    )
    while made.progress < 1:
        made.update()
    return made


def test_stretching_reads_between_the_rows():
    x = np.random.default_rng(0).standard_normal((7, 3)).astype(np.float32)
    for n in (1, 4, 7, 20):
        at = np.linspace(0, 6, n)
        expected = np.stack([np.interp(at, np.arange(7), column) for column in x.T], -1)
        np.testing.assert_allclose(voice.stretched(x, n), expected, atol=1e-5)


def test_a_picture_does_not_know_how_loud_its_word_was(clips):
    x = clips.clips[0]
    picture, log_seconds = voice.picture_of(Sound(x, RATE))
    assert picture.shape == (voice.MOMENTS, voice.BANDS)
    assert picture.max() == pytest.approx(0, abs=0.1)
    assert picture.min() == pytest.approx(-voice.DEPTH)
    silence = np.zeros(2000, np.float32)
    for loudness in (8, 1 / 8, 0.01, 1e-6):
        other = Sound(x * np.float32(loudness), RATE)
        np.testing.assert_allclose(voice.picture_of(other)[0], picture, atol=1e-3)
        assert voice.picture_of(other)[1] == log_seconds
        np.testing.assert_allclose(ears.cepstra(other), ears.cepstra(Sound(x, RATE)), atol=2e-3)
    amid = voice.picture_of(Sound(np.concatenate([silence, x, silence]), RATE))  # silence around it is cut off
    assert np.exp(amid[1]) == pytest.approx(np.exp(log_seconds), abs=0.05)
    with pytest.raises(ValueError, match="silent"):
        voice.picture_of(Sound(silence, RATE))


def test_a_picture_becomes_a_sound_and_the_sound_the_picture(clips):
    pictures, log_seconds = voice.album([clips.clips[i] for i in (0, 100, 300)], RATE)
    waves = voice.waves_of(pictures, log_seconds, np.random.default_rng(0))
    for x, picture, seconds in zip(waves, pictures, np.exp(log_seconds), strict=True):
        assert np.abs(x).max() == pytest.approx(voice.PEAK)
        assert len(x) / RATE == pytest.approx(seconds + 0.072, abs=0.009)  # and what fades at both ends
        again = voice.picture_of(Sound(x, RATE))[0]
        assert np.corrcoef(again.ravel(), picture.ravel())[0, 1] > 0.9
    pale = 0.7 * (pictures + voice.DEPTH) - voice.DEPTH  # its loudest is put back at 0, silence stays where it is
    for x, y in zip(waves, voice.waves_of(pale, log_seconds, np.random.default_rng(0)), strict=True):
        np.testing.assert_allclose(x, y, atol=0.05)
    nothing = voice.waves_of(np.full_like(pictures, -voice.DEPTH), log_seconds, np.random.default_rng(0))
    assert all(np.isfinite(x).all() for x in nothing)


def test_components_there_and_back(clips):
    pictures, log_seconds = voice.album(clips.clips[::9], RATE)
    book = voice.principal(pictures, log_seconds, 30)
    rows = book.rows(pictures, log_seconds)
    assert rows.shape == (40, 31)
    assert rows.dtype == np.float32
    back, lengths = book.pictures(rows)
    assert ((back - pictures) ** 2).mean() < 0.05 * pictures.var()
    np.testing.assert_allclose(lengths, log_seconds, atol=1e-5)
    with pytest.raises(ValueError, match="components, not 41"):
        voice.principal(pictures, log_seconds, 41)


def test_the_parts_are_the_official_ones(clips):
    said = spoken_words(clips)
    assert set(clips.repetition[said.test]) == set(range(5))
    assert set(clips.repetition[said.val]) == set(range(5, 10))
    assert set(clips.repetition[said.train]) == set(range(10, 18))
    with pytest.raises(ValueError, match="training part has not every word in every voice"):
        spoken_words(Clips(*(part[:300] for part in clips[:4]), RATE))


def test_the_gradient_with_a_condition_is_the_true_one(learner):
    w = learner.w.astype(np.float64)
    g = np.zeros_like(w)
    batch = learner.sample(np.random.default_rng(0), 8)

    def loss(u, g=None):
        return learner.loss(u, batch, g, np.random.default_rng(3))

    loss(w, g)
    assert directional_error(loss, w, g, np.random.default_rng(4)) < 1e-6


def test_distances_are_scipys():
    from scipy.spatial.distance import cdist, pdist

    rng = np.random.default_rng(0)
    a, b, t = rng.standard_normal((12, 9)), rng.standard_normal((5, 9)), np.arange(12) % 3
    np.testing.assert_allclose(ears.rms_distances(a, b), cdist(a, b) / 3)
    assert ears.within(a, t) == pytest.approx(np.mean([pdist(a[t == k]).mean() / 3 for k in range(3)]))


def test_a_fresh_word_sounds_at_its_pitch(learner):
    words, voices = np.repeat(np.arange(10), 2), np.tile([0, 1], 10)
    files = learner.predictor.speak(learner.weights, words, voices, np.random.default_rng(0))
    heard = np.empty((10, 2))
    for file, k, v in zip(files, words, voices, strict=True):
        x = read_sound(file).samples
        heard[k, v] = np.abs(np.fft.rfft(x * np.hanning(len(x)), 1 << 15)).argmax() * RATE / (1 << 15)
    np.testing.assert_allclose(heard, PITCH[:, None] * [1, 1.1], rtol=0.1)
    assert (heard[:, 1] / heard[:, 0]).mean() == pytest.approx(1.1, abs=0.03)


def test_fresh_codes_make_other_sayings_and_the_usual_one_is_always_the_same(learner):
    words, voices = np.full(4, 3), np.zeros(4, int)
    made = learner.predictor.speak(learner.weights, words, voices, np.random.default_rng(0))
    assert len(set(made)) == 4
    assert made == learner.predictor.speak(learner.weights, words, voices, np.random.default_rng(0))
    lengths = [
        len(read_sound(f).samples)
        for f in learner.predictor.speak(learner.weights, words, voices, np.random.default_rng(1), temperature=0.0)
    ]
    assert len(set(lengths)) == 1
    assert lengths[0] / RATE == pytest.approx(0.25, abs=0.05)


def test_it_says_what_it_hears(learner, clips):
    said = learner.said
    assert (learner.predictor.likeliest(learner.weights, learner.splits.x_test) == learner.splits.t_test).mean() > 0.95
    i = int(said.test[0])
    sound = Sound(said.clips[i], RATE)
    assert learner.predict(learner.weights, sound) == f"{WORDS[said.word[i]]}, most like the voice of ann"
    assert learner.predict(learner.weights, learner.splits.x_test[:3]).shape == (3, 25)
    with pytest.raises(ValueError, match="not a whole wav file"):
        learner.predict(learner.weights, b"RIFF")


def test_files_are_named_and_unknown_words_are_refused(learner):
    rng = np.random.default_rng(0)
    assert list(learner.predictor.recordings(learner.weights, "two", "", 2, 1.0, rng)) == [
        "two_ann_0.wav",
        "two_bob_0.wav",
        "two_ann_1.wav",
        "two_bob_1.wav",
    ]
    with pytest.raises(ValueError, match="there is no voice 'eve'; there are ann, bob"):
        learner.predictor.recordings(learner.weights, "two", "eve", 1, 1.0, rng)
    with pytest.raises(ValueError, match="there is no word 'ten'"):
        learner.predictor.recordings(learner.weights, "ten", "", 1, 1.0, rng)


def test_the_report_judges_the_files_that_it_writes(learner, tmp_path):
    report = learner.report(learner.weights, tmp_path)
    assert len(list((tmp_path / "sounds").glob("*.wav"))) == 40 + 10  # ten real ones beside
    assert all((tmp_path / name).is_file() for name in report.pictures)
    assert report.metrics["heard"] > 0.9
    assert report.reference == report.metrics["real_heard"] > 0.9
    assert report.metrics["generated_to_real"] > 0.9
    judge = ears.train_recognizer(
        [Sound(learner.said.clips[i], RATE) for i in learner.said.train],
        learner.said.word[learner.said.train],
        learner.said.voice[learner.said.train],
    )
    files = sorted(path for path in (tmp_path / "sounds").glob("*.wav") if not path.name.startswith("real"))
    heard = judge.words.predict(judge.ears([read_sound(path.read_bytes()) for path in files]))
    intended = [WORDS.index(path.name.split("_")[0]) for path in files]
    assert (heard == intended).mean() == report.metrics["heard"]


@pytest.mark.parametrize("bad", [{"code": 0}, {"dropout": 1.0}, {"deviation": 0.0}, {"clips": 0}, {"lr": math.nan}])
def test_nonsense_is_refused(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        Config(**bad)


@pytest.mark.skipif(not os.environ.get("TRIVIUM_DATA"), reason="needs the recordings")
def test_the_recordings_become_a_learner():
    from core.lab.data.registry import Data

    path = Path(os.environ["TRIVIUM_DATA"])
    if not (path / "free-spoken-digits").exists():
        pytest.skip("needs the recordings")
    learner = make(Config(**PRESETS["quick"]), np.random.default_rng(0), Data(path))
    assert [len(part) for part in (learner.said.train, learner.said.val, learner.said.test)] == [2400, 300, 300]
    assert learner.said.voices == ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
    assert learner.update()["answers"] > 300
