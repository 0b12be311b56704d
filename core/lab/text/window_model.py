"""The window network of characters: the K before a place give a distribution over the next.

ids (B, K) -> Embedding (B, K E), rows of n-grams and of words beside it
           -> Linear, gelu (B, H), as often as there are hidden layers -> Linear: logits (B, V)

Reference: Bengio et al. (2003), "A neural probabilistic language model". Weakness: what lies more than K characters
back is forgotten.
"""

import math
from collections.abc import Sequence

import numpy as np

from core import Array, Back, Concat, Dropout, Embedding, Layer, Linear, Rng, gelu, he
from core.lab.text.hashed_ngrams import HashedNGrams
from core.lab.text.hashed_words import SETS, HashedWords


def TokenDropout(blank: float, cut: float) -> Layer:
    """y = the ids x (..., K), some of them made 0, the unknown symbol, where `rng` is passed: noise for learning alone.

    Each id is made unknown with probability `blank`, and with probability `cut` all that are more than a few places
    back (a number drawn from 2 to K - 1). A network that may miss what it leans on learns what the rest says, and so
    what shorter contexts say: the noise does what smoothing does for counts (Xie et al. 2017, arXiv:1703.02573).
    """

    def forward(x: Array, w: Array, rng: Rng | None) -> tuple[Array, Back]:
        if rng is not None:
            K, rows = x.shape[-1], (*x.shape[:-1], 1)
            seen = np.where(rng.random(rows) < cut, rng.integers(min(2, K), max(K, 3), rows), K)  # ..., 1
            gone = (rng.random(x.shape, np.float32) < blank) | (np.arange(K, 0, -1) > seen)
            x = np.where(gone, x.dtype.type(0), x)
        return x, lambda dy, g=None, add=False, dx=False: None  # ids have no gradient

    return Layer(forward, ids=True, op="token_dropout", constants={"blank": blank, "cut": cut})


def window_net(
    V: int,
    context: int,
    embedding: int,
    hidden: int,
    depth: int,
    dropout: float = 0.0,
    orders: Sequence[int] = (),
    bits: int = 14,
    row: int = 16,
    letters: Array | None = None,
    blank: float = 0.0,
    cut: float = 0.0,
    outputs: int = 0,
) -> list[Layer]:
    """The layers of the network above, beside its embeddings the rows of hashed n-grams where there are `orders`.

    With `letters` words have rows too. Embeddings start as N(0, 1/4), whatever V: one is picked, never a sum taken.
    `outputs` are V if none are named.
    """
    parts, I = [Embedding(V, embedding, he, gain=0.5 * math.sqrt(V / 2))], context * embedding
    if orders:
        parts, I = [*parts, HashedNGrams(orders, bits, row)], I + len(orders) * row
    if letters is not None:
        parts, I = [*parts, HashedWords(letters, bits, row)], I + len(SETS) * row
    layers = [TokenDropout(blank, cut)] if blank or cut else []
    layers += [Concat(*parts) if len(parts) > 1 else parts[0]]
    for _ in range(depth):
        layers, I = [*layers, Linear(I, hidden), gelu, Dropout(dropout)], hidden
    return [*layers, Linear(I, outputs or V, gain=0.1)]  # nearly uniform at the start: the first loss is ln V
