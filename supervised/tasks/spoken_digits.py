"""Spoken digits: which word is it, of voices that were heard before or (--speaker theo) of one that never was."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from core import AdamW, Rng, cosine, cross_entropy, warm_up
from core.lab import check
from supervised.audio.augment import Change, changed
from supervised.audio.spoken_words import (
    BANDS,
    HIGH,
    LOW,
    MOMENTS,
    WORDS,
    SpokenWordPredictor,
    SpokenWords,
    speaker_splits,
)
from supervised.audio.tdnn import TDNN
from supervised.learner import Supervised, SupervisedConfig

PARADIGM = "supervised"
ABOUT = """
Somebody says a digit, and the network says which. In goes half a second of sound as a log-mel spectrum, out comes a
word from zero to nine. With --speaker theo it is tested on a voice that it never heard, which is harder. It also
serves as a wake word: see --word. Good is a test accuracy above 0.97, or 0.8 on a new voice.
"""


@dataclass(frozen=True)
class Config(SupervisedConfig):
    updates: int = 600  # minibatches, in all
    batch: int = 64  # sounds in a minibatch
    speaker: str = ""  # who is the test part and never heard before; empty: repetitions 0 to 4 of all, the official one
    val_speaker: str = ""  # who is the validation part; empty: repetitions 5 to 9 of those who are heard
    word: str = "seven"  # the wake word
    hidden: int = 128  # units in each hidden layer
    members: int = 1  # networks that learn side by side; the mean of what they say is the answer
    lr: float = 0.002  # step size of AdamW at its highest; rises at first, and falls to 0 as a cosine
    weight_decay: float = 0.02  # of the weights, in AdamW
    dropout: float = 0.1  # share of the hidden units that are left out, anew each time
    label_smoothing: float = 0.1  # share of each label that is given to all words alike
    tract: float = 0.1  # how far the frequencies of a voice are warped: deviation of the log of the factor
    tempo: float = 0.05  # how far a sound is moved and bent in time: deviation, as a share of its length
    colour: float = 0.7  # how far the room filters it: deviation, nepers of power
    noise: float = 1.0  # share of the sounds to which noise is added

    def __post_init__(self) -> None:
        super().__post_init__()
        check(
            self,
            positive=("hidden", "members", "lr"),
            nonnegative=("weight_decay", "tract", "tempo", "colour"),
            share=("dropout", "label_smoothing"),
            probability=("noise",),
            among={"word": WORDS},
        )


PRESETS = {"quick": {"updates": 200}, "best": {"members": 3}}


def predictor(config: Config, facts: Any) -> SpokenWordPredictor:
    net = TDNN(BANDS, config.hidden, len(WORDS), config.dropout, config.members)
    exam = SpokenWords(wake=WORDS.index(config.word))
    augment = changed(Change(config.tract, config.tempo, config.colour, config.noise), LOW, HIGH)
    copies, batch = config.test_time_augmentations, config.batch
    return SpokenWordPredictor(net, exam, (MOMENTS, BANDS), augment=augment, copies=copies, batch=batch)


def make(config: Config, rng: Rng, data: Any) -> Supervised:
    splits = speaker_splits(data("free-spoken-digits"), config.speaker, config.val_speaker)
    said, loss = predictor(config, {}), partial(cross_entropy, smoothing=config.label_smoothing)
    exam, optimizer = SpokenWords(wake=WORDS.index(config.word)), AdamW(config.lr, said.net.layout, config.weight_decay)
    learning: dict[str, Any] = {"loss": loss, "schedule": warm_up(0.05, cosine), "augment": said.augment}
    learner = Supervised(splits, said.net, optimizer, rng, config, exam=exam, **learning)
    learner.predictor = said
    return learner
