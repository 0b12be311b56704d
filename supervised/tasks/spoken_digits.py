"""Spoken digits: which word is it, of voices that were heard before or (--speaker theo) of one that never was."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from core.lab.config import positive
from core.layers import Rng
from core.losses import cross_entropy
from core.optimizers import AdamW, cosine, warm_up
from supervised.audio.augment import Change, changed
from supervised.audio.spoken_words import BANDS, HIGH, LOW, WORDS, Listener, SpokenWords, divided
from supervised.audio.tdnn import TimeDelayNet

PARADIGM = "supervised"
PROBLEM = "spoken_digits"


@dataclass(frozen=True)
class Config:
    speaker: str = ""  # who is the test part and never heard before; empty: repetitions 0 to 4 of all, the official one
    val_speaker: str = ""  # who is the validation part; empty: repetitions 5 to 9 of those who are heard
    word: str = "seven"  # the wake word
    hidden: int = 128  # units in each hidden layer
    members: int = 1  # networks that learn side by side; the mean of what they say is the answer
    updates: int = 600  # minibatches, in all
    batch: int = 64  # sounds in a minibatch
    lr: float = 0.002  # step size of AdamW at its highest; rises at first, and falls to 0 as a cosine
    weight_decay: float = 0.02  # of the weights, in AdamW
    dropout: float = 0.1  # share of the hidden units that are left out, anew each time
    label_smoothing: float = 0.1  # share of each label that is given to all words alike
    tract: float = 0.1  # how far the frequencies of a voice are warped: deviation of the log of the factor
    tempo: float = 0.05  # how far a sound is moved and bent in time: deviation, as a share of its length
    colour: float = 0.7  # how far the room filters it: deviation, nepers of power
    noise: float = 1.0  # share of the sounds to which noise is added
    test_time_augmentations: int = 0  # altered copies that are judged beside each sound, at the end and in use

    def __post_init__(self) -> None:
        positive(self, "hidden", "members", "updates", "batch", "lr")
        if self.word not in WORDS:
            raise ValueError(f"word must be one of {', '.join(WORDS)}, not {self.word!r}")
        if not all(
            value >= 0
            for value in (self.weight_decay, self.tract, self.tempo, self.colour, self.test_time_augmentations)
        ):
            raise ValueError("weight_decay, tract, tempo, colour and test_time_augmentations must not be below 0")
        if not (0 <= self.dropout < 1 and 0 <= self.label_smoothing < 1 and 0 <= self.noise <= 1):
            raise ValueError("dropout and label_smoothing must be from 0 to below 1, noise from 0 to 1")


PRESETS = {"quick": {"updates": 200}, "best": {"members": 3}}


def make(config: Config, rng: Rng, data: Any) -> Listener:
    splits = divided(data("free-spoken-digits"), config.speaker, config.val_speaker)
    net = TimeDelayNet(BANDS, config.hidden, len(WORDS), config.dropout, config.members)
    augment = changed(Change(config.tract, config.tempo, config.colour, config.noise), LOW, HIGH)
    return Listener(
        splits,
        net,
        AdamW(config.lr, net.layout, config.weight_decay),
        rng,
        updates=config.updates,
        loss=partial(cross_entropy, smoothing=config.label_smoothing),
        exam=SpokenWords(wake=WORDS.index(config.word)),
        batch=config.batch,
        schedule=warm_up(0.05, cosine),
        augment=augment,
        looks=config.test_time_augmentations,
    )
