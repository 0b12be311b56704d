"""The contract between a learner and everything that drives it: the loop, `check`, `predict`, `compare`.

Any object with these members is a learner; there is no base class to inherit from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

from core import Array, Layer
from core.lab.former import moved
from core.lab.state import State


@dataclass
class Report:
    """What a learner says of its best weights, once, on the test part.

    `metrics[metric]` is the raw value; chance and reference put it on the scale where 0 is chance and 1 the reference.
    """

    metrics: dict[str, float]  # all figures on the test part
    metric: str  # the one that is the score
    chance: float  # the same metric for guessing, or for a random policy
    reference: float  # the same metric for a named strong method
    reference_name: str
    baselines: dict[str, float] = field(default_factory=dict)  # the same metric for simpler methods
    answers: int = 0  # answers from the teacher that the report itself asked for (labels that name clusters, say)
    pictures: dict[str, str] = field(default_factory=dict)  # PNG, GIF or WAV file in the folder: caption
    texts: dict[str, str] = field(default_factory=dict)  # title: text, such as generated samples

    def score(self) -> dict[str, Any]:
        """metric, value, chance, reference and scaled = (value - chance) / (reference - chance)."""
        value, span = self.metrics[self.metric], self.reference - self.chance
        said = {"metric": self.metric, "value": value, "chance": self.chance, "reference": self.reference}
        return {**said, "scaled": (value - self.chance) / span if span else 0.0}


@runtime_checkable
class Learner(Protocol):
    """One algorithm at work on one task. `progress` follows counts, never the clock; at 1 the run is over."""

    net: Layer
    w: Array  # the parameters, one flat vector, written in place

    @property
    def monitor(self) -> str: ...  # "+val_accuracy" (more is better) or "-val_nats" (less is), a key of evaluate()
    @property
    def progress(self) -> float: ...
    def update(self) -> dict[str, float]:
        """One unit of learning, 0.02 to 2 s. Returns logs ("loss", ...), with "examples" seen and "answers" given."""

    def evaluate(self) -> dict[str, float]:
        """Figures on the validation part. Changes nothing, and draws from a generator of its own.

        "answers" among them is no figure: it counts those that this evaluation asked the teacher for (rewards of
        episodes). Labels that are the same each time are counted once, by the first update.
        """

    def report(self, w: Array, folder: Path | None) -> Report:
        """Opens the test part, once, with the best weights. Pictures go to `folder`; with None none are made."""

    def state(self) -> State:
        """All that is needed to go on bit for bit, `w` apart; views are fine, the caller copies or writes at once."""

    def load(self, state: Mapping[str, Array]) -> None:
        """Takes back what `state` gave, copying it."""

    # Optional, and skipped by name where they are missing:
    #   weights: Array                            the vector that is judged, where it is not w (a running average)
    #   sample(rng, n) -> batch, loss(w, batch, g=None, rng=None) -> float        for `trivium check`
    #   start_from(w, state)                      takes w (net.size,), another run's best, as its start, where it keeps
    #                                             copies of w beside `weights`; `state` is what the other learner kept
    #   longer_by: str                            the field of Config by which it goes on beyond its end, where that is
    #                                             neither updates nor timesteps; "" where it cannot
    #   notes() -> list[str]                      what a person should know before it learns; told, and on the page
    #   prediction() -> dict                      facts of the data that the task's `predictor` is made from again
    #   predict(w, x), and whatever else a Predictor may have, where the task has no `predictor`


class Probabilities(NamedTuple):
    """How likely each class is, of each example."""

    classes: tuple[str, ...]  # C names
    p: Array  # N, C: rows that sum to 1


class Predictor(Protocol):
    """What a run answers with, once it has learnt: made from its configuration and a few facts, without its data.

    A task's `predictor(config, facts)` makes it; the facts are those that the learner's `prediction()` gave, as JSON
    gives them back. Its network has the layout of the learner's, so that it takes the learner's weights.
    """

    net: Layer

    def predict(self, w: Array, x: Any) -> Any:
        """An answer for each example, x (N, ...) -> (N, ...); a text for a text. ValueError for what is none."""

    # Optional, and skipped by name where they are missing:
    #   reads: tuple[str, ...]                    suffixes of files whose bytes `predict` takes, such as ".wav"
    #   signature(w) -> Signature                 its inputs, network and outputs, for `trivium export`
    #   probabilities(w, x) -> Probabilities | None       how likely each class is; None where the answer is no class
    #   classes: tuple[str, ...]                  the names of the classes, () where the answer is no class
    #   columns, targets: tuple[str, ...]         of a table that it reads: the columns that it answers from, in order,
    #                                             and those that hold the true answers, where a table still has them
    #   detects: str                              the class that it is on the look-out for: --threshold is on its p
    #   stream(w, prompt, length, temperature, top_k, rng), texts, unseen, context      for `trivium generate`
    #   recordings(w, word, voice, count, temperature, rng)                             for `trivium speak`
    #   game: Game                                                                      for `trivium play`


class Exam(Protocol):
    """What "good" means on one task: figures that choose the weights, and a report on those that were chosen.

    `model` maps inputs to outputs with the weights that are judged: examples to logits, or observations to actions.
    """

    @property
    def monitor(self) -> str: ...  # as in Learner: a key of what `validate` gives
    def validate(self, model: Any) -> dict[str, float]:
        """Figures on the validation part."""

    def report(self, model: Any, folder: Path | None) -> Report:
        """Opens the test part, once. Pictures go to `folder`; with None none are made."""


MEMBERS = ("net", "w", "monitor", "progress", "update", "evaluate", "report", "state", "load")  # of every learner


def weights(learner: Learner) -> Array:
    """The vector that is judged: the learner's running average where it keeps one, else its parameters."""
    return getattr(learner, "weights", learner.w)


__getattr__ = moved(
    __name__,
    {
        **{"positive": "core.lab.config", "Refusal": "core.lab.errors", "Splits": "core.lab.data.splits"},
        **dict.fromkeys(("prefixed", "unprefixed", "rng_state", "set_rng_state"), "core.lab.state"),
    },
)
