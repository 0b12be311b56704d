"""Words told apart by a time-delay network: what the tasks on short sounds share."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from core import AdamW, Array, Rng, cosine, cross_entropy, warm_up
from core.lab import Splits, check
from supervised.audio.augment import Change, changed
from supervised.audio.spoken_words import BANDS, HIGH, LOW, SpokenWordPredictor, SpokenWords
from supervised.audio.tdnn import TDNN
from supervised.learner import Supervised, SupervisedConfig


@dataclass(frozen=True)
class WordConfig(SupervisedConfig):
    """The fields of a task; a task gives them its own defaults."""

    updates: int = 600  # minibatches, in all
    batch: int = 64  # sounds in a minibatch
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
        )


def predictor(config: WordConfig, words: SpokenWords, moments: int) -> SpokenWordPredictor:
    """What answers about sounds of so many moments, which are such words."""
    net = TDNN(BANDS, config.hidden, len(words.classes), config.dropout, config.members)
    augment = changed(Change(config.tract, config.tempo, config.colour, config.noise), LOW, HIGH)
    options: dict[str, Any] = {"copies": config.test_time_augmentations, "batch": config.batch}
    return SpokenWordPredictor(net, words, (moments, BANDS), augment=augment, **options)


def listener(
    config: WordConfig, splits: Splits, predictor: SpokenWordPredictor, rng: Rng, seconds: Array | None = None
) -> Supervised:
    """A learner of words x (N, moments, BANDS); `seconds` (N,) are the lengths of the test sounds, if known."""
    exam: Any = replace(predictor.said, seconds=seconds)  # type: ignore[type-var]
    net, loss = predictor.net, partial(cross_entropy, smoothing=config.label_smoothing)
    learning: dict[str, Any] = {"loss": loss, "schedule": warm_up(0.05, cosine), "augment": predictor.augment}
    optimizer = AdamW(config.lr, net.layout, config.weight_decay)
    learner = Supervised(splits, net, optimizer, rng, config, exam=exam, **learning)
    learner.predictor = predictor
    return learner
