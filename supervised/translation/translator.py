"""A translator: two languages meet in one vector, the code, and either of them is written out of it.

encoder of a language:   features (B, K) -> Bag (B, E) -> Linear -> centred, of length sqrt(D): the code z (B, D)
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

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from core.initializers import Array, he
from core.lab.learner import Report
from core.lab.state import State, prefixed, rng_state, set_rng_state, unprefixed
from core.lab.text.bpe import BytePairEncoding
from core.lab.text.sentences import Pairs
from core.lab.text.tokenize import clean
from core.layers import Dropout, Embedding, Layer, Linear, Rng, relu
from core.losses import cross_entropy, log_softmax
from core.network import Sequential
from core.optimizers import Optimizer, Schedule, cosine, warm_up
from supervised.translation.alignment import Frame, agreement, power, unit
from supervised.translation.embedding_bag import EmbeddingBag, features, padded
from supervised.translation.metrics import Exam

STEPS = 2  # minibatches of one update()
MOST = 40  # pieces of a translation, at most
CENTRE = 8192  # training sentences whose mean code is a language's centre
CHUNK = 256  # sentences that are written at once
VAL = 150  # sentences of the validation part that evaluate() translates
RATE = warm_up(0.05, cosine)


class Sizes(NamedTuple):
    """The sizes of the network."""

    features: int  # ids that features are hashed to
    bag: int  # E: numbers that a feature stands for
    code: int  # D: numbers of the shared vector
    pieces: int  # V: pieces that a language is written in
    window: int  # T: pieces before the next one that a decoder sees
    embedding: int  # numbers that a piece stands for
    hidden: int  # units of a hidden layer
    drop: float  # share of features and hidden units that are dropped in training


class Batch(NamedTuple):
    """Pairs of sentences, each language as features for its encoder and as pieces for its decoder."""

    english: Array  # B, K ids of features
    french: Array
    english_pieces: Array  # B, T ids of pieces, 0 behind
    french_pieces: Array


def network(sizes: Sizes) -> dict[str, Layer]:
    """The parts of one language, by name."""
    F, E, D, V, T, P, H, drop = sizes
    return {
        "encode": Sequential(
            EmbeddingBag(F, E, drop), Linear(E, D)
        ),  # linear: with a hidden layer it learns more slowly
        "read": Sequential(Embedding(V, P, he, gain=0.5 * math.sqrt(V / 2)), Linear(T * P, H, gain=0.7)),
        "think": Linear(D, H, bias=False, gain=0.7),
        "write": Sequential(relu, Dropout(drop), Linear(H, V, gain=0.1)),  # nearly uniform at the start
    }


def side_by_side(parts: Mapping[str, Layer]) -> tuple[Layer, dict[str, slice]]:
    """Several functions in one flat w: a layer that holds the layout and fills it, and the slice of each part.

    The parts are called one by one, `part(x, w[slices[name]])`, since each has an input of its own.
    """
    slices, a = dict[str, slice](), 0
    for name, part in parts.items():
        slices[name], a = slice(a, a + part.size), a + part.size

    def fill(rng: Rng, w: Array) -> None:
        for name, part in parts.items():
            part.fill(rng, w[slices[name]])

    def forward(x: Array, w: Array, rng: Rng | None) -> Any:
        raise ValueError(f"this network is {len(parts)} functions of one w, called one by one: {', '.join(parts)}")

    layout = {f"{name}.{key}": shape for name, part in parts.items() for key, shape in part.layout.items()}
    return Layer(forward, layout, fill), slices


def next_pieces(pieces: Array, T: int) -> tuple[Array, Array, Array]:
    """pieces (B, n) -> the T before each place (N, T), the piece at it (N,), the row it is of (N,)."""
    B = len(pieces)
    line = np.concatenate([np.zeros((B, T), pieces.dtype), pieces, np.zeros((B, 1), pieces.dtype)], 1)
    windows = np.lib.stride_tricks.sliding_window_view(line, T + 1, 1)  # B, n + 1, T + 1
    there = np.arange(windows.shape[1]) <= (pieces > 0).sum(1)[:, None]
    rows = windows[there]
    return rows[:, :-1], rows[:, -1], np.nonzero(there)[0]


class Translator:
    """Learns from pairs of sentences (English, French) to put both into one code and to write either out of it.

    `pairs` come in three parts; `updates` counts minibatches. In each a share `echo` of the sentences is written out of
    its own code, the rest out of the code of the translation. Every epoch sees each pair once, in a fresh order.
    Raises ValueError when a part has fewer than two pairs, or when there are fewer `pieces` than characters.
    """

    monitor = "+val_chrf"

    def __init__(
        self,
        pairs: Pairs,
        sizes: Sizes,
        optimizer: Optimizer,
        rng: Rng,
        *,
        report: Callable[[Translator, Array, Path | None], Report],
        updates: int,
        batch: int,
        temperature: float = 0.05,
        contrast: float = 1.0,
        echo: float = 0.25,
        beam: int = 4,
        reread: float = 4.0,
        schedule: Schedule = RATE,
    ) -> None:
        if min(map(len, pairs)) < 2:
            raise ValueError(
                "the training, validation and test parts need at least 2 pairs each, not "
                + ", ".join(str(len(part)) for part in pairs)
            )
        self.pairs, self.sizes, self.optimizer, self.schedule = pairs, sizes, optimizer, schedule
        self.updates, self.batch = updates, min(batch, len(pairs.train))
        self.temperature, self.contrast, self.echo = temperature, contrast, echo
        self.beam, self.reread, self.make_report = beam, reread, report
        self.pieces = [BytePairEncoding((pair[k] for pair in pairs.train), sizes.pieces) for k in (0, 1)]
        self.train = self._encoded(pairs.train)
        self.val = Exam(pairs.val)
        self.parts = {
            f"{language}.{name}": part for language in ("english", "french") for name, part in network(sizes).items()
        }
        self.net, self.slices = side_by_side(self.parts)
        w_rng, self.rng = rng.spawn(2)
        self.w = self.net.init(w_rng)
        self.g = np.zeros_like(self.w)
        self.order = self.rng.permutation(len(pairs.train))
        self.known = np.zeros(len(self.order), bool)  # pairs that the teacher has given
        self.done = 0  # minibatches

    def _encoded(self, pairs: Sequence[tuple[str, str]]) -> Batch:
        sides = list(zip(*pairs, strict=True))
        pieces = [padded([p.encode(s) for s in side], np.uint16) for p, side in zip(self.pieces, sides, strict=True)]
        return Batch(*(features(side, self.sizes.features) for side in sides), *pieces)

    @property
    def progress(self) -> float:
        return self.done / self.updates

    def update(self) -> dict[str, float]:
        losses, answers = [], 0 if self.done else len(self.pairs.val)
        for _ in range(min(STEPS, self.updates - self.done)):
            k = self.done % (len(self.order) // self.batch)
            if k == 0 and self.done:
                self.order = self.rng.permutation(len(self.order))
            i = self.order[k * self.batch : (k + 1) * self.batch]
            answers += int((~self.known[i]).sum())
            self.known[i] = True
            losses.append(self.loss(self.w, Batch(*(side[i] for side in self.train)), self.g, self.rng))
            self.optimizer.step(self.w, self.g, self.schedule(self.progress))
            self.done += 1
        return {"loss": float(np.mean(losses)), "examples": len(losses) * self.batch, "answers": answers}

    def sample(self, rng: Rng, n: int) -> Batch:
        i = rng.choice(len(self.order), min(n, len(self.order)), replace=False)
        return Batch(*(side[i] for side in self.train))

    def loss(self, w: Array, batch: Batch, g: Array | None = None, rng: Rng | None = None) -> float:
        """contrast times InfoNCE, plus the mean nats of a piece of both languages; with `g` its gradient goes there."""
        a_e, back_e = self._call("english.encode", batch.english, w, rng)  # B, D
        a_f, back_f = self._call("french.encode", batch.french, w, rng)
        (z_e, unit_e), (z_f, unit_f) = unit(a_e), unit(a_f)
        loss, d_e, d_f = agreement(z_e, z_f, self.temperature)
        loss, d_e, d_f = self.contrast * loss, self.contrast * d_e, self.contrast * d_f
        own = np.arange(len(z_e))[:, None] < self.echo * len(z_e)  # these are written out of their own code
        for language, pieces, z, mine in (
            ("english", batch.english_pieces, np.where(own, z_e, z_f), d_e),
            ("french", batch.french_pieces, np.where(own, z_f, z_e), d_f),
        ):
            nats, dz = self._write(language, z, pieces, w, g, rng)
            loss += nats
            if g is not None:
                other = d_f if mine is d_e else d_e
                mine += np.where(own, dz, 0)
                other += np.where(own, 0, dz)
        if g is not None:
            back_e(unit_e(d_e), g[self.slices["english.encode"]])
            back_f(unit_f(d_f), g[self.slices["french.encode"]])
        return loss

    def _call(self, name: str, x: Array, w: Array, rng: Rng | None = None) -> tuple[Array, Any]:
        return self.parts[name](x, w[self.slices[name]], rng)

    def _write(self, language: str, z: Array, pieces: Array, w: Array, g: Array | None, rng: Rng | None) -> Any:
        """Half the mean nats of a piece of these sentences, written out of z (B, D), and the gradient at z."""
        x, t, row = next_pieces(pieces, self.sizes.window)  # N, T; N; N
        read, back_read = self._call(f"{language}.read", x, w, rng)  # N, H
        think, back_think = self._call(f"{language}.think", z, w, rng)  # B, H
        read += think[row]
        y, back_write = self._call(f"{language}.write", read, w, rng)  # N, V
        nats, dy = cross_entropy(y, t)  # dy = (p - onehot(next piece)) / N
        if g is None:
            return 0.5 * nats, None
        dy *= 0.5
        dh = back_write(dy, g[self.slices[f"{language}.write"]], dx=True)
        back_read(dh, g[self.slices[f"{language}.read"]])
        first = np.flatnonzero(np.diff(row, prepend=-1))
        return 0.5 * nats, back_think(np.add.reduceat(dh, first), g[self.slices[f"{language}.think"]], dx=True)

    def frames(self, w: Array) -> dict[str, Frame]:
        """Of each language the mean code of the first training sentences, and the turn that makes spreads alike."""
        codes = {
            language: self._call(f"{language}.encode", x[:CENTRE], w)[0]
            for language, x in zip(("english", "french"), self.train, strict=False)
        }
        spreads = [np.cov(unit(a, a.mean(0))[0].T, dtype=np.float64) for a in codes.values()]
        turn = power(spreads[1], -0.5) @ power(spreads[0], 0.5)
        turns = (np.eye(len(turn)), turn)  # English codes stay as they are, the French ones come to them
        return {
            language: Frame(a.mean(0), turn.astype(w.dtype))
            for (language, a), turn in zip(codes.items(), turns, strict=True)
        }

    def encode(self, w: Array, language: str, sentences: Sequence[str] | Array, frames: Mapping[str, Frame]) -> Array:
        """Codes (N, D) of sentences, or of their features (N, K), of length sqrt(D)."""
        x = sentences if isinstance(sentences, np.ndarray) else features(map(clean, sentences), self.sizes.features)
        centre, turn = frames[language]
        z: Array = unit(self._call(f"{language}.encode", x, w)[0], centre)[0] @ turn
        return unit(z, np.zeros_like(centre))[0]

    def write(self, w: Array, language: str, z: Array, frames: Mapping[str, Frame]) -> list[str]:
        """The sentences that a decoder writes out of codes z (N, D).

        Of each the `beam` beginnings with the highest log-probability are kept. Whole sentences are then read again:
        the one wins whose log-probability a piece, plus `reread` times the cosine of its code with z, is highest.
        """
        N, T, k = len(z), self.sizes.window, self.beam
        think = self._call(f"{language}.think", z, w)[0][:, None]  # N, 1, H
        lines = np.zeros((N, 1, T + MOST), np.uint16)  # N, k beginnings, pieces; the first T are the border
        scores, ended = np.zeros((N, 1)), np.zeros((N, 1), bool)
        for place in range(T, T + MOST):
            read = self._call(f"{language}.read", lines[:, :, place - T : place], w)[0] + think
            log_p = log_softmax(self._call(f"{language}.write", read, w)[0])  # N, k, V
            log_p[ended] = -np.inf
            log_p[ended, 0] = 0  # what has ended stays as it is
            sums = (scores[..., None] + log_p).reshape(N, -1)
            # of the k V beginnings that are one piece longer, the k likeliest
            best = np.argpartition(-sums, min(k, sums.shape[1]) - 1)[:, :k]
            parent, piece = best // log_p.shape[-1], best % log_p.shape[-1]
            lines = np.take_along_axis(lines, parent[..., None], 1)
            lines[:, :, place] = piece
            scores = np.take_along_axis(sums, best, 1)
            ended = piece == 0
            if ended.all():
                break
        pieces = self.pieces[0 if language == "english" else 1]
        said = [pieces.decode(ids) for ids in lines[:, :, T:].reshape(N * lines.shape[1], -1)]
        heard = self.encode(w, language, said, frames).reshape(N, lines.shape[1], -1)  # N, k, D
        agree = np.einsum("nkd,nd->nk", heard, z) / z.shape[1]  # the cosine of the codes
        top = (scores / ((lines[:, :, T:] > 0).sum(2) + 1) + self.reread * agree).argmax(1)
        return [said[n * lines.shape[1] + i] for n, i in enumerate(top)]

    def translate(self, w: Array, sentences: Sequence[str] | Array) -> list[str]:
        """English to French."""
        frames = self.frames(w)
        z = self.encode(w, "english", sentences, frames)
        return [said for a in range(0, len(z), CHUNK) for said in self.write(w, "french", z[a : a + CHUNK], frames)]

    def predict(self, w: Array, x: str | Array) -> str | Array:
        """The French of each line of an English text; features (N, K) get an array of texts (N,)."""
        if isinstance(x, str):
            lines = x.removesuffix("\n").split("\n")
            said = iter(self.translate(w, [line for line in lines if line.strip()]) if x.strip() else ())
            return "\n".join(next(said) if line.strip() else "" for line in lines)
        return np.array(self.translate(w, x))

    def evaluate(self) -> dict[str, float]:
        frames = self.frames(self.w)
        english = self.encode(self.w, "english", self.val.there.queries, frames)
        french = self.encode(self.w, "french", self.val.there.pool, frames)
        said = self.translate(self.w, list(self.val.references)[:VAL])
        return {"val_chrf": self.val.score(said), "val_retrieval": self.val.there.hits(english @ french.T)}

    def report(self, w: Array, folder: Path | None) -> Report:
        return self.make_report(self, w, folder)

    def state(self) -> State:
        return {
            "order": self.order,
            "known": self.known,
            "done": np.asarray(self.done),
            "rng": rng_state(self.rng),
            **prefixed("optimizer", self.optimizer.state),
        }

    def load(self, state: Mapping[str, Array]) -> None:
        self.order, self.known, self.done = state["order"].copy(), state["known"].copy(), int(state["done"])
        set_rng_state(self.rng, state["rng"])
        self.optimizer.state = unprefixed("optimizer", state)
