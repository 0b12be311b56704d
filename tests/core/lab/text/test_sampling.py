"""Writing: whatever the network, the text is that of the slow twin which asks the whole network for each character."""

from __future__ import annotations

import numpy as np
import pytest

from core import Concat, Dropout, Embedding, LayerNorm, Linear, Residual, Sequential, gelu, softmax, tanh
from core.lab.text import sampling as generation
from core.lab.text.sampling import asker, gumbel, slide, write

V, K = 11, 5


def ids_layer(layer):
    """Reads the characters of each window from behind: an Embedding in all but what it does."""

    def forward(x, w, rng):
        return layer.forward(np.ascontiguousarray(x[..., ::-1]), w, rng)

    return type(layer)(forward, layer.layout, layer.fill, ids=True)


NETS = {
    "plain": [Embedding(V, 4), Linear(20, 16), gelu, Linear(16, V)],
    "residual": [
        Embedding(V, 4),
        Linear(20, 16),
        Residual(Sequential(LayerNorm(16), Linear(16, 16), gelu)),
        gelu,
        Linear(16, V),
    ],
    "dropout": [Embedding(V, 4), Dropout(0.5), Linear(20, 16), gelu, Dropout(0.5), Linear(16, V)],
    "nested": [Sequential(Embedding(V, 4), Linear(20, 16)), tanh, Linear(16, V)],
    "two at first": [Concat(Embedding(V, 4), Embedding(V, 2)), Linear(30, 16), gelu, Linear(16, V)],
    "two the other way": [Concat(ids_layer(Embedding(V, 4)), Embedding(V, 2)), Linear(30, 16), gelu, Linear(16, V)],
    "something between": [Embedding(V, 4), tanh, Linear(20, V)],
    "normalised": [Embedding(V, 4), LayerNorm(20), Linear(20, V)],
    "no bias": [Embedding(V, 4), Linear(20, 16, bias=False), gelu, Linear(16, V)],
    "looks like one": [ids_layer(Embedding(V, 4)), Linear(20, 16), gelu, Linear(16, V)],
    "one layer": [Embedding(V, V), Linear(K * V, V)],
}
TABLED = {"plain", "two at first", "residual", "dropout", "nested", "one layer"}


def made(name, dtype=np.float64):
    net = Sequential(*NETS[name])
    rng = np.random.default_rng(3)
    return net, (net.init(rng) + 0.3 * rng.standard_normal(net.size)).astype(dtype)


def slow(net, w, context, length, temperature, top_k, rng):
    """One stream, one character at a time: softmax of the whole network on the last K characters, the same noise."""
    ids = list(context)
    for _ in range(length):
        y = net(np.array(ids[-K:]), w)[0].astype(np.float64)
        y[0] = -np.inf
        y[np.argsort(-y)[top_k or V :]] = -np.inf
        with np.errstate(divide="ignore"):
            log_p = np.log(softmax(y / (temperature or 1)))  # the temperature's place, and every constant, is the same
        noise = gumbel(rng, (V,)) if temperature else 0
        ids.append(int((log_p + noise).argmax()))
    return ids[K:]


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize(("temperature", "top_k"), [(0.0, 0), (1.0, 0), (0.7, 3), (2.0, 1)])
def test_a_text_is_that_of_the_slow_twin(name, temperature, top_k):
    net, w = made(name)
    context = [3, 1, 4, 1, 5]
    written = write(asker(net, w, K), np.array([context]), 40, temperature, top_k, np.random.default_rng(9))
    assert [int(s) for (s,) in written] == slow(net, w, context, 40, temperature, top_k, np.random.default_rng(9))


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_asker_says_what_the_network_says(name, dtype):
    net, w = made(name, dtype)
    x = np.random.default_rng(0).integers(0, V, (7, K)).astype(np.uint8)
    y = asker(net, w, K)(x)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, net(x, w)[0], rtol=1e-4 if dtype == np.float32 else 1e-12, atol=1e-5)


@pytest.mark.parametrize("name", NETS)
def test_the_table_stands_for_an_embedding_and_a_linear_layer_alone(name, monkeypatch):
    """And one that is too large is not made: the network is asked as it is."""

    def whole_network_asked():
        net, w = made(name)
        asked = []
        forward = net.forward
        object.__setattr__(net, "forward", lambda *given: asked.append(1) or forward(*given))
        asker(net, w, K)(np.ones((1, K), int))
        return bool(asked)

    assert whole_network_asked() == (name not in TABLED)
    monkeypatch.setattr(generation, "LARGEST", 10)
    assert whole_network_asked()


def test_each_of_many_streams_goes_its_own_way_with_its_own_noise():
    net, w = made("plain")
    contexts = np.random.default_rng(1).integers(1, V, (6, K))
    written = np.array(list(write(asker(net, w, K), contexts.copy(), 30, 0.8, 4, np.random.default_rng(2)))).T
    noise = gumbel(np.random.default_rng(2), (30, 6, V))

    class Given:
        """A generator that gives the noise of one stream: what `gumbel` makes of it is that noise again."""

        def __init__(self, stream):
            self.rows = iter(np.exp(-noise[:, stream].astype(np.float64)))

        def standard_exponential(self, shape, dtype):
            return next(self.rows).astype(dtype)

    for stream in range(6):
        assert written[stream].tolist() == slow(net, w, contexts[stream], 30, 0.8, 4, Given(stream))
    again = np.array(list(write(asker(net, w, K), contexts.copy(), 30, 0.8, 4, np.random.default_rng(2)))).T
    assert again.tolist() == written.tolist()


def test_a_text_does_not_depend_on_the_blocks_of_noise_or_on_its_length(monkeypatch):
    net, w = made("plain")

    def text(length):
        streams = write(asker(net, w, K), np.ones((2, K), int), length, 1.0, 0, np.random.default_rng(0))
        return [s.tolist() for s in streams]

    whole = text(100)
    assert text(37) == whole[:37]
    monkeypatch.setattr(generation, "BLOCK", 7 * 2 * V + 3)
    assert text(100) == whole
    monkeypatch.setattr(generation, "BLOCK", 1)
    assert text(100) == whole


def test_noise_is_gumbels_and_finite():
    n = 200_000
    noise = gumbel(np.random.default_rng(0), (n,))
    assert noise.dtype == np.float32
    cdf = np.exp(-np.exp(-np.sort(noise.astype(np.float64))))
    assert abs(cdf - np.linspace(0, 1, n)).max() < 1.6 / np.sqrt(n)  # Kolmogorov and Smirnov, one in a hundred

    class Zero:
        def standard_exponential(self, shape, dtype):
            return np.zeros(shape, dtype)

    assert np.isfinite(gumbel(Zero(), (3,))).all()


@pytest.mark.parametrize("temperature", [1e-30, 1e30])
def test_extreme_temperatures_are_the_most_probable_and_the_even_draw(temperature):
    net, w = made("plain", np.float32)
    drawn = np.concatenate(
        list(write(asker(net, w, K), np.ones((500, K), int), 4, temperature, 0, np.random.default_rng(0)))
    )
    counts = np.bincount(drawn, minlength=V)
    if temperature < 1:
        greedy = list(write(asker(net, w, K), np.ones((500, K), int), 4, 0.0))
        assert drawn.tolist() == np.concatenate(greedy).tolist()
    else:
        assert (abs(counts[1:] - 200) < 5 * np.sqrt(200)).all()
        assert counts[0] == 0


def test_top_k_keeps_what_is_as_probable_as_the_last():
    y = np.array([[9.0, 1.0, 3.0, 3.0, 5.0]])
    written = write(lambda x: y.copy(), np.ones((1, 2), int), 300, 3.0, 2, np.random.default_rng(0))
    drawn = {int(s) for (s,) in written}
    assert drawn == {2, 3, 4}


def test_windows_slide_in_place():
    x = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    same = x
    slide(x, np.array([7, 8]))
    assert same.tolist() == [[2, 3, 7], [5, 6, 8]]


def test_another_slide_is_used():
    """Windows that forget everything after each character: the same one follows for ever."""
    net, w = made("plain")

    def forget(x, s):
        x[:] = 2

    written = [int(s) for (s,) in write(asker(net, w, K), np.full((1, K), 2), 10, 0.0, slide=forget)]
    assert len(set(written)) == 1


def test_streams_may_have_temperatures_of_their_own():
    net, w = made("plain")
    x, ts = np.ones((3, K), int), np.array([[0.0], [0.7], [1.5]])
    mixed = np.array(list(write(asker(net, w, K), x.copy(), 30, ts, 0, np.random.default_rng(4))))
    for stream, (t,) in enumerate(ts):
        alone = np.array(list(write(asker(net, w, K), x.copy(), 30, float(t), 0, np.random.default_rng(4))))
        assert mixed[:, stream].tolist() == alone[:, stream].tolist()
