"""Your own sounds, --dir FOLDER with a folder of sounds for each class; --wake WORD makes one of them a wake word."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from core import Array, Rng
from core.lab import Splits, UserPath, check, nearest
from core.lab.audio.vowels import FORMANTS, vowels, vowels_sum
from core.lab.audio.wav import Sound, read_sound
from core.lab.data.class_folders import read_classes
from core.lab.data.splits import split_classes
from core.lab.terminal import note
from supervised.audio import word_task
from supervised.audio.spoken_words import BANDS, SpokenWordPredictor, SpokenWords, word_spectrum
from supervised.audio.word_task import WordConfig, listener
from supervised.learner import ReportPart, Supervised

PARADIGM = "supervised"
PROBLEM = "sounds"
FACTS = {"classes": [str]}
ABOUT = """
Your own sounds: name a folder with --dir that holds a folder of sounds for each class, words or noises of a few
seconds, and a network learns to tell them apart. --wake WORD says which one should wake a device, and the report
counts its false alarms by the hour. Without --dir it learns five vowels made by formula. What accuracy is good
depends on your sounds; the report sets it beside simpler methods.
"""
EACH = 60  # vowels of a kind
LEAST = 3  # sounds of the wake word, and of another class, so that each part has one
MOST = 10.0  # seconds that the network hears


@dataclass(frozen=True)
class Config(WordConfig):
    dir: UserPath = ""  # a folder that holds a folder of sounds for each class; empty: vowels made by formula
    wake: str = ""  # the class that wakes a device, if one does
    seconds: float = 1.0  # that the network hears of a sound, silence before and after cut off; longer ones are pressed

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, span={"seconds": (0.2, MOST)})

    @property
    def moments(self) -> int:
        return round(100 * self.seconds)


PRESETS = {"quick": {"updates": 150, "hidden": 64}, "best": {"updates": 1500, "members": 3}}


class Heard(NamedTuple):
    """Sounds as the network hears them."""

    x: Array  # N, moments, BANDS
    t: Array  # N classes
    seconds: Array  # N: how long each recording lasts
    classes: tuple[str, ...]
    told: str = ""


def predictor(config: Config, facts: Any) -> SpokenWordPredictor:
    classes = facts["classes"]
    wake = classes.index(config.wake) if config.wake in classes else None
    return word_task.predictor(config, SpokenWords(tuple(classes), wake=wake), config.moments)


def make(config: Config, rng: Rng, data: Any) -> Supervised:
    heard = _folder(config, data) if config.dir else _vowels(config, data)
    facts = {"classes": list(heard.classes)}
    index = split_classes(np.arange(len(heard.t)), heard.t)
    splits = Splits(*(part for i in index[::2] for part in (heard.x[i], heard.t[i])))
    if config.wake:
        _check_wake(config.wake, heard.classes, splits)
    learner = listener(config, splits, predictor(config, facts), rng, heard.seconds[index.x_test])
    learner.facts = facts
    if heard.told:
        learner.study = lambda w, folder: ReportPart(texts={"How the folder was read": heard.told})
    return learner


def _check_wake(name: str, classes: tuple[str, ...], splits: Splits) -> None:
    """Raises ValueError unless there is a class of that name, with sounds enough to judge it by."""
    if name not in classes:
        raise ValueError(f"--wake: there is no class {name!r}{nearest(name, classes)}")
    wake = classes.index(name)
    if not all(0 < (t == wake).sum() < len(t) for t in (splits.t_val, splits.t_test)):
        raise ValueError(f"--wake needs at least {LEAST} sounds of {name!r}, and {LEAST} of another class")


def _folder(config: Config, data: Any) -> Heard:
    """The sounds in the folders of `--dir`; how long each lasts goes with it in one more row."""
    pressed = 0

    def read(raw: bytes, name: str) -> Array:
        nonlocal pressed
        try:
            sound = read_sound(raw)
            x = word_spectrum(sound, config.moments)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
        seconds = len(sound.samples) / sound.rate
        pressed += seconds > config.seconds
        return np.concatenate([x.ravel(), np.array([seconds], np.float32)])

    size = 4 * (config.moments * BANDS + 1)
    found = read_classes(data, config.dir, "sound", read, size, "lower --seconds")
    told = [found.told] if found.told else []
    if pressed:
        long = f"{pressed:,} sounds last longer than {config.seconds:g} s: silence before and after is cut off"
        told.append(f"{config.dir}: {long}, and the rest pressed together, see --seconds")
        note(told[-1])
    x = found.x[:, :-1].reshape(len(found.x), config.moments, BANDS)
    return Heard(x, found.t, found.x[:, -1].astype(float), found.classes, "\n".join(told))


def _vowels(config: Config, data: Any) -> Heard:
    sounds: list[Sound] = [sound for each in vowels(EACH) for sound in each]
    data.sums["vowels"] = vowels_sum()
    x = np.stack([word_spectrum(sound, config.moments) for sound in sounds])
    seconds = np.array([len(sound.samples) / sound.rate for sound in sounds])
    return Heard(x, np.repeat(np.arange(len(FORMANTS)), EACH), seconds, tuple(FORMANTS))
