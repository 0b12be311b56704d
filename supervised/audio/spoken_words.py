"""Spoken words: what the network is given of a recording, who is left out, and how well words are told apart."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import Array, softmax
from core.lab import Report
from core.lab.audio.spectrogram import log_mel, mel_bank, mfcc, power_spectrogram
from core.lab.audio.wav import Sound, levelled, read_sound, resample
from core.lab.data.splits import Clips, Splits
from core.lab.errors import Refusal
from core.lab.signature import Signature
from supervised.audio.augment import interpolation
from supervised.audio.wake_word import draw_wake, wake_figures
from supervised.baselines import classifiers
from supervised.learner import Model, Supervised
from supervised.metrics.classification import Classification, least_trusted
from supervised.predictor import SupervisedPredictor

WORDS = "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"
RATE = 8000  # samples per second
FRAME, HOP, BINS = 200, 80, 256  # samples: 25 ms of sound every 10 ms, and the length of the FFT
MOMENTS, BANDS = 50, 40  # half a second, from LOW to HIGH hertz
LOW, HIGH = 60.0, 4000.0
SILENCE = 7.0  # nepers of power below the loudest moment, 30 dB: softer ends are cut off
BANK = mel_bank(BANDS, BINS, RATE, LOW, HIGH)


def word_spectrum(sound: Sound, moments: int = MOMENTS) -> Array:
    """One word as its log mel spectrum, (moments, BANDS), a hundred moments a second.

    Silence before and after is cut off; a longer word is pressed together, a shorter one stands in the middle of
    silence, so that a word keeps its length. How loud it is changes nothing. Raises ValueError when there is nothing
    to be heard.
    """
    x = log_mel(power_spectrogram(resample(levelled(sound), RATE).samples, FRAME, HOP, BINS), BANK)  # n, F
    loudness = np.log(np.exp(x).mean(1))
    quiet = loudness.max() - SILENCE
    at = np.flatnonzero(loudness > quiet)
    x = x[at[0] : at[-1] + 1]
    if len(x) > moments:
        x = interpolation(np.linspace(0, len(x) - 1, moments), len(x)) @ x
    before = (moments - len(x)) // 2
    return np.pad(x, ((before, moments - len(x) - before), (0, 0)), constant_values=quiet).astype(np.float32)


def speaker_splits(clips: Clips, speaker: str, val_speaker: str) -> Splits:
    """The official parts, or with `speaker` those where this one is the test part, and nobody else.

    Validation is `val_speaker`, whom the network never hears either, or repetitions 5 to 9 of those it does hear:
    these say nothing about a new voice, and only guard the learning. Raises ValueError for a name that is not there.
    """
    known = sorted(set(clips.speaker.tolist()))
    for name in (speaker, val_speaker):
        if name and name not in known:
            raise ValueError(f"there is no speaker {name!r}; the speakers are {', '.join(known)}")
    if speaker and speaker == val_speaker:
        raise ValueError(f"{speaker} cannot be both the test part and the validation part")
    test = clips.speaker == speaker if speaker else (clips.repetition < 5) & (clips.speaker != val_speaker)
    val = clips.speaker == val_speaker if val_speaker else ~test & (clips.repetition >= 5) & (clips.repetition < 10)
    x = np.stack([word_spectrum(Sound(clip, clips.rate)) for clip in clips.clips])
    return Splits(*(part[of] for of in (~test & ~val, val, test) for part in (x, clips.digit)))


class SpokenWordPredictor(SupervisedPredictor):
    """It answers about a `Sound`, the bytes of a sound file, or log mel spectra (N, *shape)."""

    reads = (".wav",)

    def signature(self, w: Array) -> Signature:
        raise Refusal("the front end of sounds, which cuts off silence and levels out loudness, cannot be exported")

    @property
    def detects(self) -> str:
        """The wake word, if one of the words is."""
        wake = getattr(self.said, "wake", None)
        return "" if wake is None else self.said.names(0)[wake]

    def examples(self, x: Any) -> Array:
        sound = read_sound(x) if isinstance(x, bytes) else x
        return super().examples(word_spectrum(sound, self.shape[0])[None] if isinstance(sound, Sound) else x)


class SpokenWordClassifier(Supervised):
    """A learner that hears recordings, as tasks without a `predictor` make it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.predictor = SpokenWordPredictor(**vars(self.predictor))


@dataclass(frozen=True)
class SpokenWords(Classification):
    """The exam of a listener: which word, and whether it is the wake word. Weights are chosen by nats on validation.

    Accuracy on validation is soon at its ceiling, and the first weights there are not the best ones. `wake` is None
    where none of them wakes; with `seconds` (N,) of the test sounds false alarms are counted by the hour, too.
    """

    classes: tuple[str, ...] = WORDS
    monitor: str = "-val_nats"
    wake: int | None = 7
    seconds: Array | None = None

    def report(self, model: Model, folder: Path | None) -> Report:
        s, y = self.splits, model(self.splits.x_test)
        made = self.scored(y, classifiers(cepstra(s), self.most), " on MFCC, given the same labels")
        if folder:
            self.draw(made, y, model, folder)
            self._draw_mistakes(folder / "mistakes.png", y)
            about = "The 20 test sounds with the least trust in the true word (true: said); time goes right, pitch up"
            made.pictures["mistakes.png"] = about
        if self.wake is not None:
            made.metrics |= wake_figures(y, s.t_test, self.wake, model(s.x_val), s.t_val, self.seconds)
            if folder:
                draw_wake(folder / "wake_word.png", y, s.t_test, self.wake, self.classes, self.seconds)
                about = f"{self.classes[self.wake]!r} as a wake word: detection at false alarms"
                made.pictures["wake_word.png"] = about
        return made

    def _draw_mistakes(self, path: Path, y: Array) -> None:
        from core.lab.report.plots import image_sheet

        worst, titles = least_trusted(softmax(y), self.splits.t_test, self.classes)
        x = self.splits.x_test[worst].swapaxes(1, 2)[:, ::-1]  # n, F, T
        image_sheet(path, np.clip(1 + (x - x.max((1, 2), keepdims=True)) / SILENCE, 0, 1), titles, columns=5)


def cepstra(splits: Splits, K: int = 13) -> Splits:
    """The same parts as K mel-frequency cepstral coefficients a moment, in a row, standardised as in training."""
    rows = [mfcc(x, K).reshape(len(x), -1) for x in (splits.x_train, splits.x_val, splits.x_test)]
    mean, deviation = rows[0].mean(0), rows[0].std(0) + 1e-6
    x_train, x_val, x_test = ((row - mean) / deviation for row in rows)
    return splits._replace(x_train=x_train, x_val=x_val, x_test=x_test)
