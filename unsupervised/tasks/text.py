"""Predict the next character of a text, then write on: the Python reference, or any UTF-8 text file."""

from dataclasses import dataclass
from typing import Any

from core import Rng
from core.lab import Data, UserPath
from core.lab.data.formats import own_text
from core.lab.data.splits import Text, parts
from core.lab.text.predictor import FACTS as FACTS, TextPredictor
from unsupervised.text.character_task import WindowModel, language
from unsupervised.text.language_model import LanguageModel

PARADIGM = "unsupervised"
PROBLEM = "python_reference"
ABOUT = """A text goes in, the documentation of Python or any file of yours, and a model of its next character comes
out, which then writes on. The score is nats per character on the last part of the text, less is better; guessing
costs the logarithm of the number of different characters. A good run beats the trigram; modified Kneser-Ney, which
counts long n-grams, is the reference."""
LARGEST = 200 << 20  # bytes of a file


@dataclass(frozen=True)
class Config(WindowModel):
    file: UserPath = ""  # any UTF-8 text file instead of the embedded corpus
    words: bool = False  # have words rows of their own, too?


BEST = {"context": 12, "longest": 0, "hidden": 512, "dropout": 0.2, "lr": 0.008, "weight_decay": 0.15}
PRESETS = {"quick": {"updates": 400}, "best": {"updates": 12000, **BEST}}


def read(file: str, data: Data) -> Text:
    """A text file in three parts; its SHA-256 is noted. Raises ValueError for no text, Refusal for too long a one."""
    raw = data.file(file, LARGEST)
    try:
        return parts(own_text(raw))
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def predictor(config: Config, facts: Any) -> TextPredictor:
    return config.predictor(facts, config.words)


def make(config: Config, rng: Rng, data: Data) -> LanguageModel:
    return language(config, read(config.file, data) if config.file else data("python-reference"), predictor, rng)
