"""Spoken digits out of nothing: wav files of words that nobody said, in voices that were heard."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from core import Adam, Rng, cosine, warm_up
from core.lab import Splits, check
from unsupervised.generative.speech import (
    FACTS as FACTS,
    Speaker,
    SpeechPredictor,
    speech_facts,
    speech_predictor,
    spoken_words,
)
from unsupervised.generative.speech_evaluate import sounds_report
from unsupervised.generative.speech_features import album
from unsupervised.generative.vae import VAEConfig

PARADIGM = "unsupervised"
PROBLEM = "spoken_digits"
ABOUT = """Recordings of spoken digits go in, with their word and voice; wav files of words that nobody said come
out. The score is the share of generated words that a judge, taught by real recordings alone, hears as intended;
guessing gives 0.1. What the judge hears in real recordings is the reference. The report also tells whether a
recognizer can learn from generated words, and how far they are from the training clips."""


@dataclass(frozen=True)
class Config(VAEConfig):
    components: int = 128  # principal components that a picture of a word is made of
    hidden: int = 512  # units in the hidden layer of the encoder, and of the decoder
    code: int = 32  # numbers in a code
    deviation: float = 1.2  # of a component about what the decoder says, in the deviation of all pixels
    dropout: float = 0.3  # share of the hidden units that are left out, anew each time
    updates: int = 1500  # minibatches, in all
    lr: float = 0.002  # step size of Adam at its highest; rises at first, and falls to 0 as a cosine
    clips: int = 10  # sayings of each word in each voice that are made and judged at the end

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, positive=("components", "hidden", "code", "deviation", "lr", "clips"), share=("dropout",))


PRESETS = {"quick": {"updates": 500, "clips": 3}, "best": {"updates": 4000}}


def predictor(config: Config, facts: Any) -> SpeechPredictor:
    shape = config.components, config.hidden, config.code, config.deviation, config.dropout
    return speech_predictor(facts, *shape)


def make(config: Config, rng: Rng, data: Any) -> Speaker:
    said = spoken_words(data("free-spoken-digits"))
    seen = album(said.clips, said.rate)
    facts = speech_facts(said, *seen, config.components)
    answers = predictor(config, facts)
    x, t = answers.book.rows(*seen), said.condition
    splits = Splits(*(array[part] for part in (said.train, said.val, said.test) for array in (x, t)))
    return Speaker(
        splits,
        answers.model,
        Adam(config.lr),
        rng,
        config,
        said=said,
        facts=facts,
        predictor=answers,
        reporter=partial(sounds_report, clips=config.clips),
        schedule=warm_up(0.05, cosine),
    )
