"""A language model of characters: the K before give a distribution over the next; the data is its own label.

ids (B, K) -> Embedding (B, K E), rows of n-grams and of words beside it
           -> Linear, gelu (B, H), as often as there are hidden layers -> Linear: logits (B, V)

It is a classifier whose labels nobody gave: cross-entropy, the gradient p - onehot(next character) at the output, and
the optimizer are those of supervised learning. Reference: Bengio et al. (2003), "A neural probabilistic language
model". Weakness: what lies more than K characters back is forgotten.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core import Array, Layer, Optimizer, Rng, Schedule, Sequential, cosine, cross_entropy, log_softmax, warm_up
from core.lab import Kept, Report, check, rng_state, set_rng_state, settings
from core.lab.data.splits import Text
from core.lab.former import warn
from core.lab.text import sampling
from core.lab.text.predictor import TextPredictor, facts_of
from core.lab.text.vocabulary import Vocabulary
from unsupervised.text import evaluate as evaluate_text
from unsupervised.text.evaluate import HELD_OUT, spread
from unsupervised.text.interpolation import interpolated, weigh
from unsupervised.text.ngram_models import Counts

STEPS = 20  # minibatches of one update()
VAL = 4096  # characters of the validation part that evaluate() looks at, evenly spread; all in a shorter one
SCHEDULE = warm_up(0.02, cosine)
AGAIN = 0.5  # of the rate, where it begins anew with the validation part
Figures = Callable[
    ["LanguageModel", Array, Report, Path | None], None
]  # adds to a report what a task asks of its texts


@dataclass(frozen=True)
class LanguageModelConfig:
    context: int = 8  # characters that the next one is predicted from
    batch: int = 256  # characters predicted in a minibatch
    updates: int = 1000  # minibatches of the training part
    again: int = 0  # minibatches of the training and the validation part, after all choices

    def __post_init__(self) -> None:
        check(self, positive=("context", "batch", "updates"), nonnegative=("again",))


class LanguageModel(Kept):
    """Learns to predict the next character of a text from the `context` before it.

    `predictor` has the network, from ids (..., context) to logits, and is what writes; `updates` counts minibatches,
    one step of the optimizer each. Every epoch visits each position of the training part once, in an order of its own
    (the few that fill no minibatch wait for another epoch).

    The text right before the test part is the most like it, and it is the validation part. When it has served, after
    `updates`, its probabilities are noted and `again` minibatches follow of both parts, at a rate that begins at half
    and falls anew. From then on `val_nats` is of learnt text; what the report chooses, such as the weights of a
    mixture, it chooses by what was noted.

    What a position sees is for the windows of `predictor` to say: by default it is the text before it, across the
    border of the parts. `figures` adds to the report what a task asks.
    """

    monitor = "-val_nats"
    kept = "count", "epoch", "rng", "noted", "optimizer"

    def __init__(
        self,
        text: Text,
        predictor: TextPredictor,
        optimizer: Optimizer,
        rng: Rng,
        config: LanguageModelConfig | None = None,
        *,
        schedule: Schedule = SCHEDULE,
        figures: Figures | None = None,
        **changes: Any,
    ) -> None:
        config = settings(LanguageModelConfig, config, changes)
        if len(text.train) <= config.context or not text.val or not text.test:
            raise ValueError(
                f"a context of {config.context} needs more characters to learn from than that, and some to "
                f"validate and test on: the parts of this text have {', '.join(str(len(part)) for part in text)}"
            )
        if len(predictor.vocabulary) < 2:
            raise ValueError("the training part holds no character twice: there is nothing to learn")
        self.text, self.predictor, self.config = text, predictor, config
        self.net, self.vocabulary, self.context = predictor.net, predictor.vocabulary, predictor.context
        self.train, self.val, self.test = (self.vocabulary.encode(part) for part in text)
        self.optimizer, self.schedule, self.figures = optimizer, schedule, figures
        self.shuffler, self.rng = rng.spawn(2)  # the order of the positions, and dropout
        self.w = self.net.init(rng)
        self.g, self.count = np.zeros_like(self.w), 0  # minibatches
        self.windows = predictor.windows(self.train[:0], self.train, self.context + 1)  # N, K + 1
        self.held_out = predictor.windows(self.train, self.val, self.context + 1)
        self.noted = np.empty(0, np.float32)  # log p of the held-out windows, before they were learnt from
        self._shuffle()

    def _shuffle(self) -> None:
        self.epoch = rng_state(self.shuffler).copy()
        self.order = np.arange(len(self.windows), dtype=np.int32)
        self.shuffler.shuffle(self.order)

    def _join(self) -> None:
        """From now on the validation part teaches too."""
        both = np.concatenate([self.train, self.val])
        self.windows = self.predictor.windows(both[:0], both, self.context + 1)

    def _draw(self) -> tuple[Array, Array]:
        """The next minibatch: contexts (B, K) and the characters after them (B,)."""
        batch, updates = self.config.batch, self.config.updates
        if self.count == updates:
            self.noted = self.log_probs(self.w, spread(self.held_out, HELD_OUT))
            self._join()
        k = (self.count if self.count < updates else self.count - updates) % max(len(self.windows) // batch, 1)
        if k == 0 and self.count:
            self._shuffle()
        rows = self.windows[self.order[k * batch : (k + 1) * batch]]
        return rows[:, :-1], rows[:, -1]

    @property
    def progress(self) -> float:
        return self.count / (self.config.updates + self.config.again)

    @property
    def longer_by(self) -> str:
        """Once the validation part has taught, only it can go on."""
        return "again" if self.config.again else "updates"

    @property
    def rate(self) -> float:
        first, again = self.count / self.config.updates, self.count - self.config.updates
        return self.schedule(first) if first < 1 else AGAIN * self.schedule(again / self.config.again)

    def update(self) -> dict[str, float]:
        total, examples, steps = 0.0, 0, min(STEPS, self.config.updates + self.config.again - self.count)
        for _ in range(steps):
            batch = self._draw()
            total += self.loss(self.w, batch, self.g, self.rng)
            self.optimizer.step(self.w, self.g, self.rate)
            self.count += 1
            examples += len(batch[1])
        return {"loss": total / steps, "examples": examples, "answers": 0}

    def loss(self, w: Array, batch: tuple[Array, Array], g: Array | None = None, rng: Rng | None = None) -> float:
        """Nats per character of a minibatch; with `g` its gradient is written there."""
        x, t = batch  # B, K; B
        y, back = self.net(x, w, rng)  # B, V
        loss, dy = cross_entropy(y, t)  # dy = (p - onehot(next character)) / B
        if g is not None:
            back(dy, g)
        return loss

    def sample(self, rng: Rng, n: int) -> tuple[Array, Array]:
        """n windows of the training part: contexts (n, K) and the characters after them (n,)."""
        rows = self.windows[rng.integers(len(self.windows), size=n)]
        return rows[:, :-1], rows[:, -1]

    def log_prob(self, w: Array, grams: Array) -> Array:
        """grams (N, n > K) -> log p(last column | the K before it), nats (N,): the calling form of counts.Model."""
        y, _ = self.net(grams[:, -self.context - 1 : -1], w)  # N, V
        return np.take_along_axis(log_softmax(y), grams[:, -1:].astype(np.intp), 1)[:, 0]

    def log_probs(self, w: Array, grams: Array) -> Array:
        """`log_prob` of any number of windows, some at a time."""
        return evaluate_text.in_chunks(partial(self.log_prob, w), grams)

    def evaluate(self) -> dict[str, float]:
        return {"val_nats": -float(self.log_probs(self.w, spread(self.held_out, VAL)).mean())}

    def report(self, w: Array, folder: Path | None) -> Report:
        ids, V = (self.train, self.val, self.test), len(self.vocabulary)
        cut, boundary = self.predictor.windows, self.predictor.boundary
        parts = evaluate_text.Encoded(*ids, V, self.context + 1, cut, boundary, self.config.again > 0)

        def write(temperatures: Array) -> list[str]:
            rng = np.random.default_rng(0)
            many, long = len(temperatures), evaluate_text.LENGTH
            return self.predictor.texts(w, "", many, long, temperatures[:, None], rng=rng)

        noted = self.noted if len(self.noted) else self.log_probs(w, spread(self.held_out, HELD_OUT))

        def mix(counts: Counts, order: int, held_out: Array) -> Callable[[Counts], evaluate_text.Mixed]:
            weights = weigh(noted, counts, held_out)
            return lambda counts: interpolated(counts, weights)

        report = evaluate_text.report(partial(self.log_prob, w), parts, self.text, write, folder, mix)
        report.metrics["val_nats"] = -float(noted.mean())
        if self.figures is not None:
            self.figures(self, w, report, folder)
        return report

    def prediction(self) -> dict[str, str]:
        return {"vocabulary": self.vocabulary.characters, "before": self.predictor.before}

    def predict(self, w: Array, x: Any) -> Any:
        """What the predictor says."""
        return self.predictor.predict(w, x)

    def load(self, state: Mapping[str, Array]) -> None:
        super().load(state)
        if len(self.noted):
            self._join()
        set_rng_state(self.shuffler, self.epoch)
        self._shuffle()


class Language(LanguageModel):
    """A LanguageModel as it was made before it had a predictor, which it builds of a vocabulary and layers."""

    def __init__(
        self,
        text: Text,
        vocabulary: Vocabulary,
        layers: Sequence[Layer],
        optimizer: Optimizer,
        rng: Rng,
        config: LanguageModelConfig | None = None,
        *,
        schedule: Schedule = SCHEDULE,
        windows: sampling.Windows = sampling.windows,
        slide: sampling.Slide = sampling.slide,
        boundary: int | None = None,
        begin: Callable[[str], str] = str,
        figures: Figures | None = None,
        **changes: Any,
    ) -> None:
        warn("Language(text, vocabulary, layers, ...)", "LanguageModel(text, predictor, ...)")
        config = settings(LanguageModelConfig, config, changes)
        before = facts_of(text.train, config.context)["before"]
        records = windows, slide, boundary, begin
        writer = TextPredictor(Sequential(*layers), vocabulary, config.context, before, *records)
        super().__init__(text, writer, optimizer, rng, config, schedule=schedule, figures=figures)

    def __getattr__(self, name: str) -> Any:
        """What its predictor does was its own: write, stream, generate, texts, unseen."""
        if name.startswith("_") or name == "predictor":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.predictor, name)
