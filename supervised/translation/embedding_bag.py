"""Sentences as bags of hashed features, and the layer that turns a bag into a vector."""

import math
import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np

from core import Array, Layer, Rng
from core.lab.text.tokenize import words


def EmbeddingBag(V: int, E: int, drop: float = 0.0) -> Layer:
    """y = sum over k of W[x_k] / sqrt(n), of the n ids x_k > 0 in a row of x: (B, K) integers -> (B, E); W (V, E).

    Id 0 fills short rows up and counts for nothing. With `rng` each id is left out with probability `drop`. The bag is
    a sparse matrix of counts, so nothing of the size (B, K, E) is ever made. Raises ValueError when asked for dx.
    """

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Any]:
        from scipy.sparse import csr_matrix

        if x.dtype.kind not in "iu" or x.ndim != 2:
            raise ValueError(f"EmbeddingBag needs integer ids (B, K), not {x.dtype} of shape {x.shape}")
        if x.size and not (x.min() >= 0 and x.max() < V):
            raise ValueError(f"EmbeddingBag({V}, {E}) needs ids from 0 to {V - 1}, got {x.min()} to {x.max()}")
        there = x > 0
        if rng is not None and drop:
            there &= rng.random(x.shape, np.float32) >= drop
        n = there.sum(1)
        ends, scale = np.concatenate([[0], np.cumsum(n)]), (1 / np.sqrt(np.maximum(n, 1))).astype(w.dtype)
        bags = csr_matrix((scale.repeat(n), x[there].astype(np.int32), ends), (len(x), V))  # B, V

        def back(dy: Array, g: Array | None = None, add: bool = False, dx: bool = False) -> Any:
            if dx:
                raise ValueError("the ids of an EmbeddingBag have no gradient")
            if g is not None:
                G = bags.T @ np.asarray(dy, w.dtype)  # V, E
                g[:] = g + G.ravel() if add else G.ravel()

        return bags @ w.reshape(V, E), back

    def fill(rng: Rng, w: Array) -> None:
        w[:] = rng.standard_normal(w.shape, np.float32) * math.sqrt(1 / E)

    return Layer(forward, {"table": (V, E)}, fill, ids=True, op="embedding_bag", constants={"drop": drop})


def features(sentences: Iterable[str], V: int) -> Array:
    """What stands in each sentence, as ids (N, K) from 1 to V - 1, 0 where there is no more; for `EmbeddingBag`.

    Words, neighbouring words (with the borders of the sentence), and runs of 3 and 4 letters of each word, in lower
    case; an id is a CRC-32, so there is no vocabulary, and no sentence that cannot be encoded (hashing: Weinberger et
    al. 2009, arXiv:0902.2206). Two features may share an id.
    """

    @cache
    def hashed(feature: str) -> int:
        return zlib.crc32(feature.encode()) % (V - 1) + 1

    @cache
    def of_word(word: str) -> list[int]:
        ends = f"<{word}>"
        return [hashed(word), *(hashed(ends[i : i + n]) for n in (3, 4) for i in range(len(ends) - n + 1))]

    rows: list[list[int]] = []
    for sentence in sentences:
        parts = words(sentence.lower())
        pairs = zip(["^", *parts], [*parts, "$"], strict=True)
        rows.append([i for part in parts for i in of_word(part)] + [hashed(f"{a} {b}") for a, b in pairs])
    return padded(rows, np.min_scalar_type(V - 1))


def padded(rows: Sequence[Sequence[int]], dtype: Any) -> Array:
    """Rows of different lengths as one array, zeros behind."""
    lengths = np.array([len(row) for row in rows], int)
    array = np.zeros((len(rows), lengths.max(initial=1)), dtype)
    array[np.arange(array.shape[1]) < lengths[:, None]] = [i for row in rows for i in row]
    return array
