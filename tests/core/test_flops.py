"""The work of a forward pass: numbers by hand, and the products counted as they are done."""

import numpy as np
import pytest

from core import (
    MLP,
    Concat,
    Conv2d,
    Embedding,
    EnsembleLinear,
    LayerNorm,
    Linear,
    MaxPool2d,
    Parts,
    Residual,
    Sequential,
    flops,
    relu,
)
from supervised.audio.tdnn import TDNN
from supervised.meta.maml import step_sizes
from supervised.translation.embedding_bag import EmbeddingBag
from supervised.vision.convnet import ConvNet

CONVOLUTIONS = 2 * (9 * 3 * 8 * 64 + 9 * 8 * 16 * 16 + 9 * 16 * 32 * 4)  # at 8 x 8, 4 x 4 and 2 x 2 places
HEARD = 2 * (5 * 80 * 16 * 46 + 3 * 16 * 16 * 22 + 3 * 16 * 16 * 10)  # of 50 moments 46, 22 and 10 are left


@pytest.mark.parametrize(
    ("net", "places", "right"),
    [
        (Linear(64, 10), (), 2 * 64 * 10),  # biases are sums, and are not counted
        (Linear(64, 10), (7,), 7 * 2 * 64 * 10),
        (MLP(64, 128, 10), (), 2 * (64 * 128 + 128 * 10)),
        (MLP(64, 128, 10, members=5), (), 5 * 2 * (64 * 128 + 128 * 10)),  # their biases (E, O) are no matrices
        (Sequential(Embedding(50, 8), Linear(24, 5)), (), 2 * 24 * 5),  # what is looked up costs nothing
        (Sequential(EmbeddingBag(50, 8), Linear(8, 5)), (), 2 * 8 * 5),
        (Residual(Sequential(LayerNorm(6), Linear(6, 6))), (), 2 * 6 * 6),
        (Concat(MLP(4, 64, 2), MLP(4, 64, 1)), (), 2 * (4 * 64 + 64 * 2 + 4 * 64 + 64)),
        (Parts(start=MLP(1, 40, 1), step_sizes=step_sizes(10, 121, 0.1)).net, (), 2 * (40 + 40)),
        (Conv2d(3, 8), (8, 8), 2 * 9 * 3 * 8 * 64),
        (Sequential(Conv2d(3, 8, 5), relu, MaxPool2d(), Linear(8, 4)), (6, 10), 2 * (25 * 3 * 8 * 60 + 8 * 4 * 15)),
        (ConvNet((8, 8, 3), 8, 5), (), CONVOLUTIONS + 2 * 32 * 5),
        (TDNN(40, 16, 10), (50,), HEARD + 2 * 32 * 10),
        (TDNN(40, 16, 10, members=3), (50,), 3 * (HEARD + 2 * 32 * 10)),
    ],
)
def test_flops_by_hand(net, places, right):
    assert flops(net, places) == right


@pytest.mark.parametrize(
    ("net", "example", "places"),
    [
        (ConvNet((16, 16), 4, 2), (256,), ()),
        (TDNN(20, 8, 4), (33, 20), (33,)),
        (MLP(6, 5, 2), (4, 3, 6), (4, 3)),
        (Sequential(EnsembleLinear(3, 4, 5), relu, EnsembleLinear(3, 5, 2)), (4,), ()),
    ],
)
def test_flops_are_those_of_the_products_that_are_done(net, example, places):
    """Each number that comes out of a matrix (I, O) is a sum of I products."""
    done, y = 0, np.random.default_rng(0).random((1, *example))
    w, at = net.init(np.random.default_rng(1), np.float64), 0
    layers = [net]
    while any(layer.op == "sequential" for layer in layers):
        layers = [part for layer in layers for part in (layer.parts if layer.op == "sequential" else (layer,))]
    for layer in layers:
        y, _ = layer(y, w[at : at + layer.size])
        at += layer.size
        if "weight" in layer.layout:
            shape = layer.layout["weight"]  # E, I, O of an ensemble; k, k, I, O of a convolution
            done += 2 * np.prod(shape[-2:-1] if layer.op == "ensemble_linear" else shape[:-1]) * y.size
    assert flops(net, places) == done


def test_a_network_of_sounds_needs_to_know_how_long_they_are():
    with pytest.raises(ValueError, match=r"frames cannot be applied to an example with places \(\)"):
        flops(TDNN(40, 16, 10))
