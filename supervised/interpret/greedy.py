"""Layer by layer or end to end: does a layer need to know what the layers above it want?

End to end, the gradient of one loss reaches every layer. Greedy training never lets it pass: each block learns under
a linear head of its own, is frozen, and the next one learns on what it says (Bengio et al. 2006; Belilovsky et al.
2019).
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from core import Array, Layer, Linear, Rng, Sequential, glorot
from core.lab import Splits
from supervised.interpret.blocks import Train, accuracy, blocks, frozen, names
from supervised.interpret.label_noise import side
from supervised.interpret.plots import COLOURS, panels
from supervised.interpret.representations import layer_probes


def greedy(net: Layer, splits: Splits, train: Train, updates: int, rng: Rng) -> Array:
    """Weights w (net.size,) of `net`, its blocks trained one after the other, each for `updates`.

    So every weight is moved as often as end to end. A head, Linear(width, C), is thrown away when its block has
    learnt; the last block needs none.
    """
    x, done = splits.x_train, list[Array]()
    parts, C = [block for block, _ in blocks(net, np.zeros(net.size, np.float32))], _width(net, x)
    for i, (block, child) in enumerate(zip(parts, rng.spawn(len(parts)), strict=True)):
        front = [frozen(Sequential(*parts[:i]), np.concatenate(done))] if i else []
        head = [Linear(_width(Sequential(*parts[: i + 1]), x), C, init=glorot)] if i + 1 < len(parts) else []
        done.append(train(splits, Sequential(*front, block, *head), updates, child)[: block.size])
    return np.concatenate(done)


def _width(net: Layer, x: Array) -> int:
    return int(net(x[:1], np.zeros(net.size, np.float32))[0].shape[-1])


class Compared(NamedTuple):
    """The same network trained in two ways, each weight moved as often; all on the validation part."""

    layers: list[str]
    probes: dict[str, list[float]]  # accuracy of a linear probe on each layer
    answers: dict[str, float]  # accuracy of the network itself


def compare(net: Layer, splits: Splits, train: Train, updates: int, rng: Rng, probed: Splits) -> Compared:
    """Trains `net` end to end and greedily; `probed` is the bounded part of the data that the probes use."""
    learning, known = side(splits, splits.x_train, splits.t_train), side(probed, probed.x_train, probed.t_train)
    first, second = rng.spawn(2)
    ways = {
        "end to end": train(learning, net, updates, first),
        "layer by layer": greedy(net, learning, train, updates, second),
    }
    probes = {way: [p.val for p in layer_probes(net, w, known)] for way, w in ways.items()}
    answers = {way: accuracy(net, w, splits.x_val, splits.t_val) for way, w in ways.items()}
    return Compared(names(len(probes["end to end"])), probes, answers)


def draw_compared(path: Path, found: Compared) -> None:
    """What a probe reads from each layer, a line a way of training; and the networks' own answers."""
    with panels(path, 1, 1, 5.2, 3.4) as (_, (axis,)):
        for k, (way, values) in enumerate(found.probes.items()):
            label = f"{way} (its own answers: {found.answers[way]:.1%})"
            axis.plot(found.layers, values, marker="o", color=COLOURS[k], label=label)
        axis.set(ylabel="validation accuracy of a linear probe")
        axis.legend(fontsize=8)
