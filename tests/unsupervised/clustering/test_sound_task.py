"""Clips as rows of numbers: what changes nothing must change nothing, and the structure follows what is left in."""

import io
import wave

import numpy as np
import pytest
from places import DATA

from core.lab.audio.files import SUFFIXES
from core.lab.audio.wav import Sound
from core.lab.data.splits import Clips
from core.lab.runs.run import prepare
from unsupervised.clustering.sound_task import COEFFICIENTS, MOMENTS, altered, cepstrum, clip_parts, tract_warp
from unsupervised.tasks import sound_clusters

ROOT = DATA
RNG = np.random.default_rng(0)
RATE = 8000


def tone(hertz, seconds=0.4, colour=0.0, rate=RATE, rise=0.5):
    """A buzz whose pitch rises, with harmonics; `colour` is how fast they fall."""
    t = np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * hertz * (t + rise * t**2 / seconds)
    harmonics = np.arange(1, int(0.45 * rate / (2 * hertz)) + 1)
    wave = sum(np.sin(k * phase) * k**-colour for k in harmonics) + 0.001 * RNG.standard_normal(len(t))
    return Sound((0.5 * wave / np.abs(wave).max()).astype(np.float32), rate)


def test_loudness_and_silence_around_a_clip_are_not_heard():
    samples = tone(200).samples
    sound = Sound(samples * np.hanning(len(samples)).astype(np.float32), RATE)  # fades in and out
    soft = Sound(np.concatenate([np.zeros(800), 0.2 * sound.samples, np.zeros(2000)]).astype(np.float32), RATE)
    a, b = cepstrum(sound, False), cepstrum(soft, False)
    assert a.shape == (MOMENTS * COEFFICIENTS,)
    assert np.abs(a - b).mean() < 1e-3 * np.abs(a).mean()


def test_a_filter_that_stays_the_same_goes_with_the_mean():
    sound = tone(150)
    filtered = Sound(np.convolve(sound.samples, [1, -0.5], "same").astype(np.float32), RATE)
    far, near = (np.abs(cepstrum(sound, voice) - cepstrum(filtered, voice)).mean() for voice in (True, False))
    assert near < 0.4 * far
    kept = cepstrum(sound, False).reshape(MOMENTS, COEFFICIENTS)
    np.testing.assert_allclose(kept.mean(0), 0, atol=1e-5)


@pytest.mark.parametrize("samples", [1, 50, 250, 100_000])
def test_clips_of_any_length_make_rows_of_one_length(samples):
    row = cepstrum(Sound(RNG.standard_normal(samples).astype(np.float32), RATE), True)
    assert row.shape == (MOMENTS * COEFFICIENTS,)
    assert np.isfinite(row).all()


def test_silence_is_refused():
    with pytest.raises(ValueError, match="the recording is silent"):
        cepstrum(Sound(np.zeros(4000, np.float32), RATE), True)


def test_the_official_test_part_is_repetitions_0_to_4():
    clips = Clips([tone(200).samples] * 12, np.zeros(12, int), np.array(["a"] * 12), np.arange(12), RATE)
    x, parts = clip_parts(clips, True)
    assert len(x) == 12
    assert [part.tolist() for part in parts] == [[10, 11], [5, 6, 7, 8, 9], [0, 1, 2, 3, 4]]


def test_the_warped_cepstrum_is_that_of_the_wave_played_faster():
    from scipy.signal import lfilter, resample_poly

    slow = RNG.standard_normal(16_000)
    for f, width in ((500, 200), (1300, 250), (2300, 300)):  # formants
        r = np.exp(-np.pi * width / RATE)
        slow = lfilter([1], [1, -2 * r * np.cos(2 * np.pi * f / RATE), r * r], slow)
    waves = slow, resample_poly(slow, 20, 23)
    a, b = (cepstrum(Sound(x.astype(np.float32), RATE), True).reshape(MOMENTS, -1).mean(0) for x in waves)
    assert np.abs(a @ tract_warp(np.log(23 / 20)) - b)[1:].sum() < 0.2 * np.abs(a - b)[1:].sum()


def test_altered_by_nothing_is_the_same_and_by_time_is_read_elsewhere():
    c = RNG.standard_normal((30, MOMENTS, COEFFICIENTS)).astype(np.float32)
    np.testing.assert_allclose(altered(np.random.default_rng(0), c, 0.0, 0.0), c, atol=1e-5)
    line = np.broadcast_to(np.arange(MOMENTS, dtype=np.float32)[:, None], (100, MOMENTS, COEFFICIENTS))
    read = altered(np.random.default_rng(0), line, 0.0, 1.0)[:, 3:5, 0] - line[:, 3:5, 0]
    assert np.abs(read).max() <= 1.1
    assert read.std() == pytest.approx(3**-0.5, abs=0.2)  # of a uniform shift
    altered_twice = [altered(np.random.default_rng(1), c, 0.2, 1.0) for _ in range(2)]
    np.testing.assert_array_equal(*altered_twice)


def made_up(slope):
    """Two 'words' (rising and falling) said by two 'voices' (dull and bright), 20 times each."""
    clips, digit, speaker, repetition = [], [], [], []
    for word in (0, 1):
        for voice in ("dull", "bright"):
            for k in range(20):
                sound = tone(
                    RNG.uniform(140, 160), RNG.uniform(0.3, 0.5), {"dull": 1.5, "bright": 0.2}[voice], rise=0.02
                )
                samples = sound.samples * np.geomspace(1, slope ** (1 if word else -1), len(sound.samples))
                clips.append(samples[:: -1 if word else 1].astype(np.float32))
                digit.append(word)
                speaker.append(voice)
                repetition.append(k)
    return Clips(clips, np.array(digit), np.array(speaker), np.array(repetition), RATE)


def wav(samples):
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 16000).astype(np.int16).tobytes())
    return buffer.getvalue()


@pytest.mark.parametrize("voice", [True, False])
def test_the_structure_follows_the_voice_or_the_word(voice):
    clips = made_up(1.5 if voice else 3)  # how much the words differ in loudness from beginning to end
    config = sound_clusters.Config(
        voice=voice, clusters=2, updates=100, n_init=2, batch=20, neighbours=5, tract=0.05, tempo=0.2
    )
    learner = sound_clusters.make(config, np.random.default_rng(0), lambda name: clips)
    best, told = learner.w.copy(), 0.0
    while learner.progress < 1:
        learner.update()
        if learner.evaluate()["information"] > told:
            best, told = learner.w.copy(), learner.evaluate()["information"]
    report = learner.report(best, None)
    follows = "speaker_cluster_accuracy" if voice else "cluster_accuracy"
    other = "cluster_accuracy" if voice else "speaker_cluster_accuracy"
    assert report.metrics[follows] == 1.0
    assert report.metrics[other] < 0.8
    assert report.texts["What the structure follows"].startswith("the speaker" if voice else "the digit")
    same = [int(learner.predict(best, wav(clips.clips[k]))[0]) for k in (3, 4)]
    assert same[0] == same[1]
    assert learner.predictor.reads == SUFFIXES


def test_real_clips():
    if not (ROOT / "free-spoken-digits" / "fsdd-recordings.zip").exists():
        pytest.skip("Free Spoken Digits is not here")
    learner, _ = prepare(sound_clusters.__file__, "quick", {"n_init": 1, "updates": 100}, 0, ROOT).build()
    while learner.progress < 1:
        learner.update()
    report = learner.report(learner.w, None)
    assert report.metrics["nmi"] > 0.4
    assert report.metrics["speaker_nmi"] < 0.3
