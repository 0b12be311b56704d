"""English to French through one shared vector: each sentence comes with its translation."""

from dataclasses import dataclass
from typing import Any

from core import Adam, Rng
from core.lab import check
from core.lab.text.sentences import Pairs, divide_pairs
from supervised.translation.evaluate import TranslationExam
from supervised.translation.model import TranslatorConfig
from supervised.translation.predictor import FACTS as FACTS, TranslationPredictor
from supervised.translation.translator import Translator

PARADIGM = "supervised"
ABOUT = """
Short English sentences become French. Both languages are put into one vector, and either is written out of it,
piece by piece. The network learns from pairs of sentences, each with its translation. The score is chrF, the share
of letter sequences that agree with a human translation, from 0 to 1: two human translations of one sentence agree
at about 0.6, and above 0.55 is good.
"""


@dataclass(frozen=True)
class Config(TranslatorConfig):
    longest: int = 30  # characters of an English sentence at most; half as many again of a French one
    lr: float = 5e-3  # step size of Adam at its highest

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, positive=("longest", "lr"))


PRESETS = {
    "quick": {"longest": 20, "features": 8192, "bag": 128, "hidden": 256, "pieces": 600, "updates": 200, "beam": 4},
    "best": {"updates": 1600, "beam": 16},
}


def predictor(config: Config, facts: Any) -> TranslationPredictor:
    return TranslationPredictor.of(config, facts)


def make(config: Config, rng: Rng, data: Any) -> Translator:
    parts = divide_pairs(data("english-french"))  # before short ones are picked: so the parts do not depend on longest
    most = config.longest
    short = Pairs(*([p for p in part if len(p[0]) <= most and len(p[1]) <= 1.5 * most] for part in parts))
    return Translator(short, Adam(config.lr), rng, config, exam=TranslationExam(short))
