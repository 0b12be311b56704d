"""Hashed n-grams: what counting looks up, as a layer. The last n characters have a learnt row of their own.

    h_0 = 0,  h_n = (h_(n-1) + s_n + 1) M mod 2^64     s_n the n-th id from the end, M odd
    y = the rows at the leading bits of h_n, for each n of `orders`, side by side: ids (..., K) -> (..., N E)

A network of single characters has to compose "Romeo" out of five embeddings; here it finds a row that was met whenever
"Romeo" was, and a gradient that goes to this row alone. Nothing is counted: the rows are parameters of the flat w.
Weakness: n-grams whose hashes agree share a row. References: hashing, Mikolov et al. (2011), "Strategies for training
large scale neural network language models"; learnt rows for n-grams, Bojanowski et al. (2017), arXiv:1607.04606.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from core import Array, Back, Embedding, Layer, Rng, he

MULTIPLIER = 0x9E3779B97F4A7C15  # 2^64 / golden ratio (Knuth, volume 3, section 6.4)
SIZE = 0.05  # of the numbers in a row at the start: an n-gram says little until it has been met


def powers(orders: Sequence[int]) -> Array:
    """P (longest, N): what the j-th id from the end is multiplied by in the hash of order n, M^(n - j); else 0."""
    return np.array(
        [[pow(MULTIPLIER, n - j, 1 << 64) if j < n else 0 for n in orders] for j in range(max(orders))], np.uint64
    )


def rows_of(x: Array, P: Array, bits: int) -> Array:
    """The rows (..., N) of the n-grams that end x (..., K), those of order i from i 2^bits on.

    h_n is linear in the ids, so all orders are one product, whose overflow is the modulus.
    """
    return leading((x[..., : -len(P) - 1 : -1].astype(np.uint64) + np.uint64(1)) @ P, bits)


def leading(h: Array, bits: int) -> Array:
    """The leading bits of hashes h (..., N) as rows of one table, those of column i from i 2^bits on."""
    return (h >> np.uint64(64 - bits)).astype(np.int64) + (np.arange(h.shape[-1]) << bits)


def hashed(rows: Callable[[Array], Array], N: int, bits: int, E: int) -> Layer:
    """y = the rows at rows(x), side by side: ids (..., K) -> (..., N E), out of N times 2^bits rows."""
    size = N << bits
    table = Embedding(size, E, he, gain=SIZE * math.sqrt(size / 2))

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        return table.forward(rows(x), w, rng)

    return Layer(forward, table.layout, table.fill, ids=True, op="hashed", constants={"bits": bits}, parts=(table,))


def HashedNGrams(orders: Sequence[int], bits: int, E: int) -> Layer:
    """y = the rows of the n-grams that end x, n in `orders`: ids (..., K) -> (..., N E), 2^bits rows for each order.

    Raises ValueError for orders that are not different numbers above 0, and for x shorter than the longest.
    """
    orders = tuple(orders)
    if not orders or min(orders) < 1 or len(set(orders)) < len(orders) or not 1 <= bits <= 30:
        raise ValueError(f"n-grams need different orders above 0 and 1 to 30 bits, not {orders} and {bits}")
    P = powers(orders)

    def rows(x: Array) -> Array:
        if x.shape[-1] < len(P):
            raise ValueError(f"n-grams of {len(P)} characters need a context at least as long, not {x.shape[-1]}")
        return rows_of(x, P, bits)

    return hashed(rows, len(orders), bits, E)
