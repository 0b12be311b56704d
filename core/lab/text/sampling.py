"""Writing: a network of characters is asked for the next one, again and again, for any number of streams at once.

    y = net(x, w)                              S windows of K ids -> logits (S, V)
    s = argmax(y + temperature * noise)        noise of Gumbel's distribution: a draw from softmax(y / temperature)
    slide(x, s)                                the windows move on, to the characters that were drawn

Sliding a window moves every character to another place, so nothing of a forward pass can be kept for the next one. But
the first layer is a sum over places, and a place holds one of V characters: all of its terms are multiplied out once.
Reference for the draw: Gumbel (1954), "Statistical theory of extreme values"; for top-k: Fan et al. (2018),
arXiv:1805.04833.
"""

from collections.abc import Callable, Iterator

import numpy as np

from core import Array, Layer, Rng, chain

LARGEST = 1 << 24  # numbers in a table of the first layer's terms; above, the network is asked as it is
BLOCK = 1 << 16  # numbers of noise that are drawn at once, about

Ask = Callable[[Array], Array]
Windows = Callable[[Array, Array, int], Array]  # (what stands before, ids (N,), width) -> (N, width)
Slide = Callable[[Array, Array], None]  # windows (S, K) of S texts, their next characters (S,): moves the windows on


def windows(before: Array, ids: Array, width: int) -> Array:
    """One window (N, width) for each position of `ids`, which stands in its last column; `before` comes before."""
    history = before[len(before) - width + 1 :]
    return np.lib.stride_tricks.sliding_window_view(np.concatenate([history, ids]), width)


def slide(x: Array, s: Array) -> None:
    """The windows x (S, K) move on by one character, in place: the first one falls out, s (S,) comes in at the end."""
    x[:, :-1] = x[:, 1:]
    x[:, -1] = s


def gumbel(rng: Rng, shape: tuple[int, ...]) -> Array:
    """-log(E) with E exponential, float32: the entry i of y + noise is the largest with probability softmax(y)_i."""
    noise = rng.standard_exponential(shape, np.float32)
    np.maximum(noise, np.finfo(np.float32).tiny, out=noise)  # one in some ten million is 0
    return np.negative(np.log(noise, out=noise), out=noise)


def asker(net: Layer, w: Array, K: int) -> Ask:
    """x (S, K) ids -> the logits (S, V) of net(x, w); a function to be asked many times with the same w.

    Where the net begins with an Embedding E (V, e) and a Linear (K e, H), the character s at place k adds E[s] W_k
    (H,) to the first layer: with all K V of these rows at hand a window costs K H additions, not K e H. What stands
    beside the Embedding in a Concat is multiplied as ever. Any other network, and one whose table would be too large,
    is asked as it is.
    """
    layers = chain(net, w)
    end = [i + 1 for i, (layer, _) in enumerate(layers) if layer.size][:2][-1]  # after the second with parameters
    if (first := _table(layers[:end], K)) is None:
        return lambda x: net.forward(x, w, None)[0]
    rest = [(layer.forward, v) for layer, v in layers[end:]]

    def ask(x: Array) -> Array:
        y = first(x)
        for forward, v in rest:
            y, _ = forward(y, v, None)
        return y

    return ask


def _table(layers: list[tuple[Layer, Array]], K: int) -> Ask | None:
    """The first layers by a sum of rows of one table; None unless they are an Embedding and a Linear."""
    layers = [link for link in layers if link[0].op not in ("dropout", "token_dropout")]  # noise for learning alone
    if [layer.op for layer, _ in layers] not in (["embedding", "linear"], ["concat", "linear"]):
        return None
    (looked_up, a), (linear, b) = layers
    embedding = looked_up.parts[0] if looked_up.op == "concat" else looked_up
    if embedding.op != "embedding" or "bias" not in linear.layout:
        return None
    (V, e), (I, H) = embedding.layout["table"], linear.layout["weight"]
    if K * e > I or K * V * H > LARGEST:
        return None
    W = b[: I * H].reshape(I, H)
    table = (a[: V * e].reshape(V, e) @ W[: K * e].reshape(K, e, H)).reshape(K * V, H)
    table[:V] += b[I * H :]  # the bias comes with the first place
    place = np.arange(0, K * V, V)[:, None]  # K, 1: where the rows of each place begin

    def first(x: Array) -> Array:
        sums: Array = np.add.reduce(table.take(x.T + place, 0), 0)  # K, S, H -> S, H
        if looked_up is not embedding:  # what stands beside it in the Concat
            sums += looked_up.forward(x, a, None)[0][:, K * e :].dot(W[K * e :])
        return sums

    return first


def write(
    ask: Ask,
    x: Array,
    length: int,
    temperature: float | Array = 1.0,
    top_k: int = 0,
    rng: Rng | None = None,
    slide: Slide = slide,
) -> Iterator[Array]:
    """Yields the ids (S,) of `length` characters for each of the S windows x (S, K), which move on in place.

    Temperature 0, or no `rng`, takes the most probable character; each stream may have its own (S, 1). top_k draws
    among the k most probable alone (all of those that are as probable as the last of them). The id 0, the unknown
    symbol, is never written.
    """
    noise: Array = np.empty(0, np.float32)
    rng = rng if np.any(temperature) else None
    for t in range(length):
        S, V = (y := ask(x)).shape
        y[:, 0] = -np.inf
        if 0 < top_k < V:
            y[y < np.partition(y, -top_k)[:, -top_k, None]] = -np.inf
        if rng is not None:
            block = max(BLOCK // (S * V), 1)  # steps whose noise is drawn at once
            if t % block == 0:
                noise = temperature * gumbel(rng, (min(block, length - t), S, V))
            y += noise[t % block]
        yield (s := y.argmax(1))
        slide(x, s)
