"""What the tasks that predict characters share: the fields of their Config, and how the learner is put together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core import AdamW, Layer, Rng, Sequential
from core.lab import check
from core.lab.data.splits import Text
from core.lab.text.predictor import TextPredictor, facts_of, of_lines
from core.lab.text.vocabulary import Vocabulary
from core.lab.text.window_model import window_net
from unsupervised.text.language_model import Figures, LanguageModel, LanguageModelConfig


@dataclass(frozen=True)
class CharacterModel(LanguageModelConfig):
    """The fields of every task; a task gives them its own defaults, and may add some."""

    embedding: int = 32  # numbers that stand for a character
    hidden: int = 192  # units of a hidden layer
    depth: int = 2  # hidden layers
    dropout: float = 0.0  # share of hidden units that are dropped in training
    lr: float = 0.01  # step size of AdamW at its highest
    weight_decay: float = 0.2  # weight decay of AdamW

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, positive=("embedding", "hidden", "depth", "lr"), nonnegative=("weight_decay",), share=("dropout",))


@dataclass(frozen=True)
class WindowModel(CharacterModel):
    """The fields of a window network, whose n-grams may have rows of their own."""

    longest: int = 6  # characters of the longest n-grams, from 2 on, that have rows of their own; 0 for none
    bits: int = 13  # 2^bits rows for the n-grams of one length
    row: int = 8  # numbers in a row
    token_dropout: float = 0.0  # share of the characters read that are made unknown in training
    context_dropout: float = 0.0  # share of the contexts that are cut short in training

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, positive=("bits", "row"), nonnegative=("longest",), share=("token_dropout", "context_dropout"))

    def predictor(self, facts: Mapping[str, str], words: bool) -> TextPredictor:
        """The network of a text of which `facts` are known; with `words` words have rows, too."""
        vocabulary = Vocabulary.from_characters(facts["vocabulary"])
        shape = self.context, self.embedding, self.hidden, self.depth, self.dropout
        rows = range(2, min(self.longest, self.context) + 1), self.bits, self.row
        letters, dropouts = vocabulary.letters() if words else None, (self.token_dropout, self.context_dropout)
        layers = window_net(len(vocabulary), *shape, *rows, letters, *dropouts)
        return TextPredictor(Sequential(*layers), vocabulary, self.context, facts["before"])

    def learner(self, text: Text, rng: Rng, words: bool) -> LanguageModel:
        """The model of a text, as tasks without a `predictor` make it."""
        return language(self, text, lambda config, facts: self.predictor(facts, words), rng)


def predictor_of_lines(
    config: CharacterModel,
    facts: Mapping[str, str],
    net: Callable[[Vocabulary], Sequence[Layer]],
    conditioned: bool = False,
    **rest: Any,
) -> TextPredictor:
    """Of records, one a line, that see nothing of each other; `conditioned`: of each its first character."""
    vocabulary = Vocabulary.from_characters(facts["vocabulary"])
    rest |= of_lines(vocabulary, conditioned)
    return TextPredictor(Sequential(*net(vocabulary)), vocabulary, config.context, facts["before"], **rest)


def language(
    config: CharacterModel,
    text: Text,
    predictor: Callable[[Any, Mapping[str, str]], TextPredictor],
    rng: Rng,
    figures: Figures | None = None,
) -> LanguageModel:
    """The learner of a text, whose task has this `predictor`."""
    answers = predictor(config, facts_of(text.train, config.context))
    optimizer = AdamW(config.lr, answers.net.layout, config.weight_decay)
    return LanguageModel(text, answers, optimizer, rng, config, figures=figures)


def language_of_lines(
    config: CharacterModel,
    text: Text,
    rng: Rng,
    net: Callable[[Vocabulary], Sequence[Layer]],
    conditioned: bool = False,
    figures: Figures | None = None,
    **rest: Any,
) -> LanguageModel:
    """The learner of records, one a line, as tasks without a `predictor` make it."""

    def answers(config: Any, facts: Mapping[str, str]) -> TextPredictor:
        return predictor_of_lines(config, facts, net, conditioned, **rest)

    return language(config, text, answers, rng, figures)
