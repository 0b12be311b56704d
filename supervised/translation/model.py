"""A translator with the weights that are judged: sentences become codes, and codes are written out, by beam search."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core import Array, log_softmax
from core.lab import check
from core.lab.text.bpe import BytePairEncoding
from core.lab.text.tokenize import clean
from supervised.translation.alignment import Frame, power, unit
from supervised.translation.embedding_bag import features

LANGUAGES = "english", "french"
LONGEST = 40  # pieces of a translation, at most
CENTRE = 8192  # training sentences whose mean code is a language's centre
CHUNK = 256  # sentences that are written at once
Call = Callable[[str, Array], Array]  # the name of a part, "english.encode" say, and its input -> its output


@dataclass(frozen=True)
class TranslatorConfig:
    """The sizes of the network, how it learns, and how it writes."""

    features: int = 16384  # ids that the words and letters of a sentence are hashed to
    bag: int = 256  # numbers that a feature stands for
    code: int = 256  # numbers of the vector that both languages share
    pieces: int = 1000  # pieces of words that a language is written in
    window: int = 12  # pieces that are seen when the next one is written
    embedding: int = 32  # numbers that a piece stands for
    hidden: int = 512  # units of the hidden layer of a decoder
    drop: float = 0.1  # share of features and hidden units that are dropped in training
    temperature: float = 0.05  # of the softmax over the codes of a minibatch
    contrast: float = 1.0  # weight of finding the translation against writing it
    echo: float = 0.25  # share of sentences that are written out of their own code, not out of the translation's
    beam: int = 8  # beginnings that are kept while a translation is written
    reread: float = 4.0  # weight of a written sentence's code being that of the source, against its log-probability
    batch: int = 128  # pairs in a minibatch
    updates: int = 600  # minibatches, in all

    def __post_init__(self) -> None:
        sizes = ("bag", "code", "window", "embedding", "hidden", "temperature", "beam", "updates")
        spans = {"features": (2, math.inf), "batch": (2, math.inf), "pieces": (1, 65536)}
        check(self, positive=sizes, nonnegative=("contrast", "reread"), share=("drop", "echo"), span=spans)


def frames(call: Call, sides: Sequence[Array]) -> dict[str, Frame]:
    """Of each language the mean code of the first training sentences, and the turn that makes spreads alike."""
    codes = [call(f"{language}.encode", x[:CENTRE]) for language, x in zip(LANGUAGES, sides, strict=True)]
    spreads = [np.cov(unit(a, a.mean(0))[0].T, dtype=np.float64) for a in codes]
    turn = power(spreads[1], -0.5) @ power(spreads[0], 0.5)
    turns = (np.eye(len(turn)), turn)  # English codes stay as they are, the French ones come to them
    found = [Frame(a.mean(0), turn.astype(a.dtype)) for a, turn in zip(codes, turns, strict=True)]
    return dict(zip(LANGUAGES, found, strict=True))


@dataclass(frozen=True)
class TranslationModel:
    """Either language into codes (N, D), and out of them; `pieces` are those of English and of French."""

    config: TranslatorConfig
    pieces: Sequence[BytePairEncoding]
    call: Call
    frames: Mapping[str, Frame]

    def encode(self, language: str, sentences: Sequence[str] | Array) -> Array:
        """Codes (N, D) of sentences, or of their features (N, K), of length sqrt(D)."""
        x = sentences if isinstance(sentences, np.ndarray) else features(map(clean, sentences), self.config.features)
        centre, turn = self.frames[language]
        z: Array = unit(self.call(f"{language}.encode", x), centre)[0] @ turn
        return unit(z, np.zeros_like(centre))[0]

    def write(self, language: str, z: Array) -> list[str]:
        """The sentences that a decoder writes out of codes z (N, D).

        Of each the `beam` beginnings with the highest log-probability are kept. Whole sentences are then read again:
        the one wins whose log-probability a piece, plus `reread` times the cosine of its code with z, is highest.
        """
        N, T, k = len(z), self.config.window, self.config.beam
        think = self.call(f"{language}.think", z)[:, None]  # N, 1, H
        lines = np.zeros((N, 1, T + LONGEST), np.uint16)  # N, k beginnings, pieces; the first T are the border
        scores, ended = np.zeros((N, 1)), np.zeros((N, 1), bool)
        for place in range(T, T + LONGEST):
            read = self.call(f"{language}.read", lines[:, :, place - T : place]) + think
            log_p = log_softmax(self.call(f"{language}.write", read))  # N, k, V
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
        pieces = self.pieces[LANGUAGES.index(language)]
        written = [pieces.decode(ids) for ids in lines[:, :, T:].reshape(N * lines.shape[1], -1)]
        codes = self.encode(language, written).reshape(N, lines.shape[1], -1)  # N, k, D
        cosines = np.einsum("nkd,nd->nk", codes, z) / z.shape[1]
        top = (scores / ((lines[:, :, T:] > 0).sum(2) + 1) + self.config.reread * cosines).argmax(1)
        return [written[n * lines.shape[1] + i] for n, i in enumerate(top)]

    def translate(self, sentences: Sequence[str] | Array) -> list[str]:
        """English to French."""
        z = self.encode("english", sentences)
        return [said for a in range(0, len(z), CHUNK) for said in self.write("french", z[a : a + CHUNK])]
