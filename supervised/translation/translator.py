"""A translator: two languages meet in one vector, the code, and either of them is written out of it.

encoder of a language:   features (B, K) -> EmbeddingBag, Linear -> centred, of length sqrt(D): the code z (B, D)
decoder of a language:   the T pieces before (N, T) -> Embedding (N, T P) -> Linear, and z -> Linear; their sum (N, H)
                         -> relu, Linear: logits of the next piece (N, V)

The teacher's label is the translation, and it is used twice. As a class among many: which of the B French codes
belongs to this English one? The gradient is p - onehot(the own one), both ways (InfoNCE: van den Oord et al. 2018,
arXiv:1807.03748; symmetric: Radford et al. 2021, arXiv:2103.00020). And as a text: the next piece of a sentence, given
its code or that of its translation; the gradient is p - onehot(next piece).

So that a code does not tell which encoder spoke, the mean of each language's codes is taken away; while learning, that
of the minibatch. Afterwards the French codes are turned to have the covariance of the English ones (CORAL: Sun et al.
2016, arXiv:1511.05547), so that a classifier that sees curves is no better off than one that sees planes.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from core import Array, Optimizer, Rng, Schedule, cosine, cross_entropy, warm_up
from core.lab import Epochs, Exam, Kept, Report, settings
from core.lab.text.bpe import BytePairEncoding
from core.lab.text.sentences import Pairs
from supervised.translation.alignment import agreement, unit
from supervised.translation.embedding_bag import features, padded
from supervised.translation.model import TranslationModel, TranslatorConfig
from supervised.translation.predictor import TranslationPredictor

STEPS = 2  # minibatches of one update()
RATE = warm_up(0.05, cosine)


class Batch(NamedTuple):
    """Pairs of sentences, each language as features for its encoder and as pieces for its decoder."""

    english: Array  # B, K ids of features
    french: Array
    english_pieces: Array  # B, T ids of pieces, 0 behind
    french_pieces: Array


def next_pieces(pieces: Array, T: int) -> tuple[Array, Array, Array]:
    """pieces (B, n) -> the T before each place (N, T), the piece at it (N,), the row it is of (N,)."""
    B = len(pieces)
    line = np.concatenate([np.zeros((B, T), pieces.dtype), pieces, np.zeros((B, 1), pieces.dtype)], 1)
    windows = np.lib.stride_tricks.sliding_window_view(line, T + 1, 1)  # B, n + 1, T + 1
    there = np.arange(windows.shape[1]) <= (pieces > 0).sum(1)[:, None]
    rows = windows[there]
    return rows[:, :-1], rows[:, -1], np.nonzero(there)[0]


class Translator(Kept):
    """Learns from pairs of sentences (English, French) to put both into one code and to write either out of it.

    `pairs` come in three parts; `config` is a TranslatorConfig, or its fields are keywords. In each minibatch a share
    `echo` of the sentences is written out of its own code, the rest out of the code of the translation. Every epoch
    sees each pair once, in a fresh order. `exam` is given a TranslationModel.
    Raises ValueError when a part has fewer than two pairs, or when there are fewer `pieces` than characters.
    """

    kept = "order=epochs.order", "known=epochs.known", "done", "rng", "optimizer"

    def __init__(
        self,
        pairs: Pairs,
        optimizer: Optimizer,
        rng: Rng,
        config: TranslatorConfig | None = None,
        *,
        exam: Exam,
        schedule: Schedule = RATE,
        **changes: Any,
    ) -> None:
        if min(map(len, pairs)) < 2:
            sizes = ", ".join(str(len(part)) for part in pairs)
            raise ValueError(f"the training, validation and test parts need at least 2 pairs each, not {sizes}")
        self.config = settings(TranslatorConfig, config, changes)
        self.pairs, self.optimizer, self.schedule = pairs, optimizer, schedule
        self.exam, self.monitor = exam, exam.monitor
        sides = [[pair[k] for pair in pairs.train] for k in (0, 1)]
        self.pieces = [BytePairEncoding.learn(side, self.config.pieces) for side in sides]
        self.predictor = TranslationPredictor(self.config, self.pieces, sides)
        self.train = self._encoded(pairs.train)
        self.parts, self.net, (w_rng, self.rng) = self.predictor.parts, self.predictor.net, rng.spawn(2)
        self.w = self.net.init(w_rng)
        self.g, self.epochs = np.zeros_like(self.w), Epochs(len(pairs.train), self.config.batch, self.rng)
        self.done = 0  # minibatches

    def _encoded(self, pairs: Sequence[tuple[str, str]]) -> Batch:
        sides = list(zip(*pairs, strict=True))
        pieces = [padded([p.encode(s) for s in side], np.uint16) for p, side in zip(self.pieces, sides, strict=True)]
        return Batch(*(features(side, self.config.features) for side in sides), *pieces)

    @property
    def progress(self) -> float:
        return self.done / self.config.updates

    def update(self) -> dict[str, float]:
        losses, answers = [], 0 if self.done else len(self.pairs.val)
        for _ in range(min(STEPS, self.config.updates - self.done)):
            i = self.epochs.next(self.done)
            answers += self.epochs.answered(i)
            losses.append(self.loss(self.w, Batch(*(side[i] for side in self.train)), self.g, self.rng))
            self.optimizer.step(self.w, self.g, self.schedule(self.progress))
            self.done += 1
        return {"loss": float(np.mean(losses)), "examples": len(losses) * self.epochs.batch, "answers": answers}

    def sample(self, rng: Rng, n: int) -> Batch:
        N = len(self.pairs.train)
        i = rng.choice(N, min(n, N), replace=False)
        return Batch(*(side[i] for side in self.train))

    def loss(self, w: Array, batch: Batch, g: Array | None = None, rng: Rng | None = None) -> float:
        """contrast times InfoNCE, plus the mean nats of a piece of both languages; with `g` its gradient goes there."""
        split, c, layers = self.predictor.views, self.config, self.parts.layers
        views, grads = split(w), None if g is None else split(g)
        a_e, back_e = layers["english.encode"](batch.english, views["english.encode"], rng)  # B, D
        a_f, back_f = layers["french.encode"](batch.french, views["french.encode"], rng)
        (z_e, unit_e), (z_f, unit_f) = unit(a_e), unit(a_f)
        loss, d_e, d_f = agreement(z_e, z_f, c.temperature)
        loss, d_e, d_f = c.contrast * loss, c.contrast * d_e, c.contrast * d_f
        own = np.arange(len(z_e))[:, None] < c.echo * len(z_e)  # these are written out of their own code
        for language, pieces, z, mine, other in (
            ("english", batch.english_pieces, np.where(own, z_e, z_f), d_e, d_f),
            ("french", batch.french_pieces, np.where(own, z_f, z_e), d_f, d_e),
        ):
            nats, dz = self._write(language, z, pieces, views, grads, rng)
            loss += nats
            if grads is not None:
                mine += np.where(own, dz, 0)
                other += np.where(own, 0, dz)
        if grads is not None:
            back_e(unit_e(d_e), grads["english.encode"])
            back_f(unit_f(d_f), grads["french.encode"])
        return loss

    def _write(
        self, language: str, z: Array, pieces: Array, views: Mapping[str, Array], grads: Any, rng: Rng | None
    ) -> tuple[float, Any]:
        """Half the mean nats of a piece of these sentences, written out of z (B, D), and the gradient at z."""
        names = [f"{language}.{name}" for name in ("read", "think", "write")]
        (read, w_read), (think, w_think), (write, w_write) = ((self.parts.layers[k], views[k]) for k in names)
        x, t, row = next_pieces(pieces, self.config.window)  # N, T; N; N
        h, back_read = read(x, w_read, rng)  # N, H
        thought, back_think = think(z, w_think, rng)  # B, H
        h += thought[row]
        y, back_write = write(h, w_write, rng)  # N, V
        nats, dy = cross_entropy(y, t)  # dy = (p - onehot(next piece)) / N
        if grads is None:
            return 0.5 * nats, None
        g_read, g_think, g_write = (grads[k] for k in names)
        dy *= 0.5
        dh = back_write(dy, g_write, dx=True)
        back_read(dh, g_read)
        return 0.5 * nats, back_think(np.add.reduceat(dh, np.flatnonzero(np.diff(row, prepend=-1))), g_think, dx=True)

    def model(self, w: Array) -> TranslationModel:
        """The translator with weights w, as an exam takes it."""
        return self.predictor.model(w)

    def prediction(self) -> dict[str, Any]:
        return self.predictor.facts()

    def predict(self, w: Array, x: str | Array) -> str | Array:
        """The French of each line of an English text, as the predictor gives it."""
        return self.predictor.predict(w, x)

    def evaluate(self) -> dict[str, float]:
        return self.exam.validate(self.model(self.w))

    def report(self, w: Array, folder: Path | None) -> Report:
        return self.exam.report(self.model(w), folder)
