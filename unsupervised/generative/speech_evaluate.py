"""What "good" means for words that nobody said: a judge hears the files, who never heard anything but people.

The judge is a support vector machine on mel-frequency cepstra, fitted on the real clips of the training part; another
one tells voices. Files are judged as they are written, samples rounded to 16 bits. Beside what it hears in fresh
sayings stands what it hears in the real clips of the test part, as they are and after the way to a picture and back
(what the vocoder costs). A word that is said alike each time could be heard well, so the roles are exchanged too: a
machine that never heard anything but generated files is asked about real clips. And distances are measured, between
two sayings of a word (in any voices, or in one) and from a saying to the nearest training clip: the root of the mean
square difference of standardised cepstra.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from core import Array
from core.lab import Report
from core.lab.audio.griffin_lim import wav_bytes
from core.lab.audio.spectrogram import log_mel, mel_bank, mfcc, power_spectrogram
from core.lab.audio.wav import Sound, levelled, read_sound, resample
from core.lab.report.pictures import save_bytes
from core.lab.report.plots import image_sheet, matrix
from unsupervised.generative.speech import WORDS, Speaker
from unsupervised.generative.speech_features import DEPTH, RATE, picture_of, stretched, trimmed, waves_of

SEED = 2  # of the codes and phases of a report
CEPSTRA, PIECES = 13, 20  # what the judge is given of a clip: so many numbers at so many moments, and its length
EAR = mel_bank(40, 256, RATE, 60.0, 4000.0)  # 25 ms every 10 ms: other frames than those that the pictures are made of


def cepstra(sound: Sound) -> Array:
    """What the judge hears in a clip, however loud it is: (CEPSTRA * PIECES + 1,)."""
    x = trimmed(log_mel(power_spectrogram(resample(levelled(sound), RATE).samples, 200, 80, 256), EAR))
    c = stretched(mfcc(np.maximum(x - x.max(), -DEPTH), CEPSTRA), PIECES)
    return np.append(c, np.log(len(x)).astype(np.float32))


class Recognizer(NamedTuple):
    """Two machines, and how the cepstra of the training part are standardised."""

    mean: Array
    deviation: Array
    words: Any
    voices: Any
    known: Array  # (N, K): the training clips

    def ears(self, sounds: Sequence[Sound]) -> Array:
        """Standardised cepstra of clips, (N, K)."""
        return (np.stack([cepstra(sound) for sound in sounds]) - self.mean) / self.deviation


def machine(x: Array, t: Array) -> Any:
    """A support vector machine with a Gaussian kernel, C = 10: fitted to x (N, K), t (N,)."""
    from sklearn.svm import SVC

    return SVC(C=10).fit(x, t)


def train_recognizer(sounds: Sequence[Sound], words: Array, voices: Array) -> Recognizer:
    """A judge who has heard these clips and no others."""
    x = np.stack([cepstra(sound) for sound in sounds])
    mean, deviation = x.mean(0), x.std(0) + 1e-6
    x = (x - mean) / deviation
    return Recognizer(mean, deviation, machine(x, words), machine(x, voices), x)


def rms_distances(a: Array, b: Array) -> Array:
    """Root mean square differences between rows: a (N, K), b (M, K) -> (N, M)."""
    return np.sqrt(np.maximum((a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * a @ b.T, 0) / a.shape[1])


def within(x: Array, t: Array) -> float:
    """The mean distance between two different rows of the same class, averaged over the classes."""
    each = [rms_distances(x[t == k], x[t == k]) for k in np.unique(t)]
    return float(np.mean([d.sum() / max(len(d) * (len(d) - 1), 1) for d in each]))


def through(sounds: Sequence[Sound], rng: np.random.Generator) -> list[Sound]:
    """Real clips by way of their pictures, Griffin and Lim, and a wav file."""
    pictures, log_seconds = zip(*(picture_of(sound) for sound in sounds), strict=True)
    return [read_sound(wav_bytes(x, RATE)) for x in waves_of(np.stack(pictures), np.array(log_seconds), rng)]


def sounds_report(learner: Speaker, w: Array, folder: Path | None, clips: int) -> Report:
    """`clips` sayings of each word in each voice, judged; with `folder` they lie in it, under sounds/."""
    said, rng, V = learner.said, np.random.default_rng(SEED), len(learner.said.voices)

    def real(part: Array) -> list[Sound]:
        return [Sound(said.clips[i], said.rate) for i in part]

    recognizer = train_recognizer(real(said.train), said.word[said.train], said.voice[said.train])
    c = np.tile(np.arange(len(WORDS) * V), clips)
    words, voices = c // V, c % V
    files = learner.predictor.speak(w, words, voices, rng)
    x = recognizer.ears([read_sound(file) for file in files])
    heard = recognizer.words.predict(x)
    x_test, t_test = recognizer.ears(real(said.test)), said.word[said.test]
    c_test = t_test * V + said.voice[said.test]
    x_through = recognizer.ears(through(real(said.test), rng))
    # as many real clips, of the same words in the same voices, by the same way: what generated ones could at best teach
    some = rng.permutation(said.train)
    some = np.concatenate([some[said.word[some] * V + said.voice[some] == k][:clips] for k in range(len(WORDS) * V)])
    x_some = recognizer.ears(through(real(some), rng))
    one = slice(len(WORDS) * V)  # the usual saying of each word in each voice, and no other
    usual = learner.predictor.speak(w, words[one], voices[one], rng, temperature=0.0)
    x_one = recognizer.ears([read_sound(file) for file in usual])
    nearest = {name: rms_distances(rows, recognizer.known).min(1) for name, rows in (("", x), ("_real", x_test))}

    log_w = learner.model.log_weights(w, learner.splits.x_test, 16, np.random.default_rng(SEED), learner.splits.t_test)

    def right(machine: Any, rows: Array, t: Array) -> float:
        return float((machine.predict(rows) == t).mean())

    metrics = {
        "heard": float((heard == words).mean()),
        "heard_voice": right(recognizer.voices, x, voices),
        "heard_worst_word": min(float((heard[words == k] == k).mean()) for k in range(len(WORDS))),
        "real_heard": right(recognizer.words, x_test, t_test),
        "real_heard_voice": right(recognizer.voices, x_test, said.voice[said.test]),
        "vocoder_heard": right(recognizer.words, x_through, t_test),
        "generated_to_real": right(machine(x, words), x_test, t_test),
        "as_many_real_to_real": right(machine(x_some, said.word[some]), x_test, t_test),
        "one_saying_to_real": right(machine(x_one, words[one]), x_test, t_test),
        "one_saying_one_voice_to_real": right(machine(x_one[::V], words[one][::V]), x_test, t_test),
        "distance_within_word": within(x, words),
        "distance_within_word_real": within(x_test, t_test),
        "distance_within_word_vocoder": within(x_through, t_test),
        "distance_within_voice": within(x, c),
        "distance_within_voice_real": within(x_test, c_test),
        "distance_within_voice_vocoder": within(x_through, c_test),
        **{f"distance_to_training{name}": float(d.mean()) for name, d in nearest.items()},
        "least_distance_to_training": float(nearest[""].min()),
        "least_distance_to_training_real": float(nearest["_real"].min()),
        "test_accuracy": float((learner.predictor.likeliest(w, learner.splits.x_test) // V == t_test).mean()),
        "test_nats": -float(log_w.mean(dtype=np.float64)),
    }
    reference, vocoder = metrics["real_heard"], {"real clips through the vocoder": metrics["vocoder_heard"]}
    judge = "real clips of the test part, same judge"
    report = Report(metrics, "heard", 1 / len(WORDS), reference, judge, vocoder)
    if folder:
        (folder / "sounds").mkdir(exist_ok=True)
        names = learner.predictor.names(words, voices)
        for name, file in zip(names, files, strict=True):
            save_bytes(folder / "sounds" / name, file)
        draw_sounds(report, folder, learner, files, words, voices, heard)
        report.texts["Wav files under sounds/ in this folder, and as what the judge heard each"] = "\n".join(
            f"sounds/{name}: {WORDS[k]}" for name, k in zip(names, heard, strict=True)
        )
    return report


def draw_sounds(
    report: Report, folder: Path, learner: Speaker, files: list[bytes], words: Array, voices: Array, heard: Array
) -> None:
    """Spectra, a matrix, and sounds for the page: wav files, what was intended, in whose voice, what was heard."""
    said, K = learner.said, len(WORDS)
    sounds, titles = list[Sound](), list[str]()
    for k in range(K):
        voice = k % len(said.voices)
        name = f"{WORDS[k]}_{said.voices[voice]}"
        real = said.test[(said.word[said.test] == k) & (said.voice[said.test] == voice)][:3]
        made = np.flatnonzero((words == k) & (voices == voice))[:3]
        report.pictures[f"sounds/{name}_0.wav"] = f"made: {WORDS[k]}, in the voice of {said.voices[voice]}"
        save_bytes(folder / "sounds" / f"real_{name}.wav", wav_bytes(said.clips[real[0]], said.rate))
        report.pictures[f"sounds/real_{name}.wav"] = f"real: {WORDS[k]}, {said.voices[voice]}, of the test part"
        sounds += [Sound(said.clips[i], said.rate) for i in np.resize(real, 3)]
        sounds += [read_sound(files[i]) for i in np.resize(made, 3)]
        titles += [f"{WORDS[k]}, {said.voices[voice]}"] * 3 + [f"made: {WORDS[k]}"] * 3
    pictures = np.stack([1 + picture_of(sound)[0] / DEPTH for sound in sounds]).swapaxes(1, 2)[:, ::-1]  # n, F, T
    image_sheet(folder / "spectra.png", pictures, titles, columns=6)
    counts = np.zeros((K, K), int)
    np.add.at(counts, (words, heard), 1)
    matrix(folder / "matrix.png", counts, "intended", "heard by the judge", WORDS)
    report.pictures |= {
        "spectra.png": "A row a word: three real clips of the test part, then three that were made, seen from "
        "their wav files; time goes right, pitch up, the lengths made equal",
        "matrix.png": "What was intended against what the judge heard in the files",
    }
