"""How long one training step of a convolutional network takes: this project against PyTorch eager on the processor.

    python benchmarks/convolution.py                          both cells, one thread, fifteen rounds
    python benchmarks/convolution.py --rounds 41 --out results/convolution.json

The network: 28x28x1 - 5x5x32 - pool - 3x3x64 - pool - 128 - 10, batch 64; once without a border ("valid", PyTorch's
default), once with one ("same"). A step and the way it is measured are those of `training.py`: each side alone in its
process, in turns, without OPENBLAS_*. PyTorch pools before ReLU as we do, which is its faster order too; its layout is
the default one (NCHW), and beside it channels-last, as ours is.
"""

from __future__ import annotations

import argparse
import os
from importlib import import_module
from pathlib import Path

from training import EPOCH, Epoch, finish, measure, torch_epoch, trivium_epoch, work

BATCH, PIXELS, CLASSES = 64, 28, 10
CELLS = {0: "valid", 1: "same"}  # the padding
LEFT = {"valid": 5, "same": 7}  # places along a side before the first Linear
SIDES = {"trivium": "numpy", "torch": "torch", "torch channels-last": "torch"}


def data():
    """x (N, 28, 28, 1) float32 and t (N,) int64: random numbers, since time does not depend on their values."""
    import numpy as np

    rng = np.random.default_rng(0)
    N = EPOCH * BATCH
    return rng.standard_normal((N, PIXELS, PIXELS, 1), np.float32), rng.integers(0, CLASSES, N)


def trivium(padding: str) -> Epoch:
    import_module("trivium")  # the settings of the process, as the command has them
    from core import Conv2d, Flatten, Linear, MaxPool2d, Sequential, relu

    first = Conv2d(1, 32, 5, padding=padding), MaxPool2d(), relu
    second = Conv2d(32, 64, 3, padding=padding), MaxPool2d(), relu
    linear = Linear(64 * LEFT[padding] ** 2, 128), relu, Linear(128, CLASSES)
    return trivium_epoch(Sequential(*first, *second, Flatten(), *linear), *data(), BATCH)


def torch(padding: str, last: bool) -> Epoch:
    import torch
    from torch import nn

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    form = torch.channels_last if last else torch.contiguous_format
    x, t = map(torch.from_numpy, data())
    x = x.reshape(-1, 1, PIXELS, PIXELS).to(memory_format=form)
    first = nn.Conv2d(1, 32, 5, padding=padding), nn.MaxPool2d(2), nn.ReLU()
    second = nn.Conv2d(32, 64, 3, padding=padding), nn.MaxPool2d(2), nn.ReLU()
    linear = nn.Linear(64 * LEFT[padding] ** 2, 128), nn.ReLU(), nn.Linear(128, CLASSES)
    net = nn.Sequential(*first, *second, nn.Flatten(), *linear).to(memory_format=form)
    return torch_epoch(net, x, t, BATCH)


def build(side: str, cell: int) -> Epoch:
    return trivium(CELLS[cell]) if side == "trivium" else torch(CELLS[cell], side.endswith("last"))


def main() -> None:
    parser = argparse.ArgumentParser(description="One training step with convolutions: this project against PyTorch.")
    parser.add_argument("--cells", type=int, nargs="*", default=list(CELLS), help="0, 1: without a border, with one")
    parser.add_argument("--rounds", type=int, default=15, help="turns that every side gets; at least 7 for a record")
    parser.add_argument("--threads", type=int, default=1, help="threads, the same for every side")
    parser.add_argument("--out", type=Path, help="where the result is written as JSON")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        return work(options.side, build)
    cells = {i: f"padding {CELLS[i]!r}, batch {BATCH}" for i in options.cells}
    finish(measure(__file__, cells, SIDES, options.rounds, options.threads), options.out)


if __name__ == "__main__":
    main()
