"""Spoken digits: which word is it, of voices that were heard before or (--speaker theo) of one that never was."""

from dataclasses import dataclass
from typing import Any

from core import Rng
from core.lab import check
from supervised.audio import word_task
from supervised.audio.spoken_words import MOMENTS, WORDS, SpokenWordPredictor, SpokenWords, speaker_splits
from supervised.audio.word_task import WordConfig, listener
from supervised.learner import Supervised

PARADIGM = "supervised"
ABOUT = """
Somebody says a digit, and the network says which. In goes half a second of sound as a log-mel spectrum, out comes a
word from zero to nine. With --speaker theo it is tested on a voice that it never heard, which is harder. It also
serves as a wake word: see --word. Good is a test accuracy above 0.97, or 0.8 on a new voice.
"""


@dataclass(frozen=True)
class Config(WordConfig):
    speaker: str = ""  # who is the test part and never heard before; empty: repetitions 0 to 4 of all, the official one
    val_speaker: str = ""  # who is the validation part; empty: repetitions 5 to 9 of those who are heard
    word: str = "seven"  # the wake word

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, among={"word": WORDS})


PRESETS = {"quick": {"updates": 200}, "best": {"members": 3}}


def predictor(config: Config, facts: Any) -> SpokenWordPredictor:
    return word_task.predictor(config, SpokenWords(wake=WORDS.index(config.word)), MOMENTS)


def make(config: Config, rng: Rng, data: Any) -> Supervised:
    splits = speaker_splits(data("free-spoken-digits"), config.speaker, config.val_speaker)
    return listener(config, splits, predictor(config, {}), rng)
