"""How long one training step takes: this project against PyTorch eager, scikit-learn and JAX on the processor.

    python benchmarks/training.py                 all five cells, one BLAS thread, nine rounds
    python benchmarks/training.py --cells 0 1 --rounds 21 --out small.json

A step is: a batch gathered from an array by shuffled indices, forward, cross-entropy, backward, Adam; float32, ReLU.
Each side runs alone in a process of its own, since in one process the other library's spinning threads spoil both;
the processes take turns round by round, so that a busy minute hurts all alike. They are started without OPENBLAS_*
(a forced kernel halves the matrix speed on some processors) and with the same number of threads for everybody.
A side that is not installed is skipped by name. PyTorch and scikit-learn are asked for nothing that they do not do
in their own training loops: PyTorch's loss is never read, scikit-learn is timed over whole epochs of `partial_fit`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

from measured import provenance, unpinned

ROOT = Path(__file__).resolve().parents[1]
CELLS = [
    ((64, 32, 10), 32),
    ((4, 64, 64, 2), 64),
    ((784, 128, 10), 64),
    ((784, 512, 512, 10), 128),
    ((784, 2048, 2048, 10), 256),
]
SMALL = 0, 1  # the cells where the cost of calls counts, not that of arithmetic
SIDES = {"trivium": "numpy", "torch": "torch", "scikit-learn": "sklearn", "jax": "jax"}  # name: what must be installed
EPOCH = 32  # batches in the data set: steps are counted in epochs
ROUND = 0.4  # seconds that one side works in one round of one cell, about

Epoch = Callable[[], None]


def data(sizes: tuple[int, ...], batch: int):
    """x (N, I) float32 and t (N,) int64: random numbers, since time does not depend on their values."""
    import numpy as np

    rng = np.random.default_rng(0)
    N = EPOCH * batch
    return rng.standard_normal((N, sizes[0]), np.float32), rng.integers(0, sizes[-1], N)


def trivium_epoch(net: Any, x: Any, t: Any, batch: int) -> Epoch:
    """Steps of Adam on all batches of x (N, ...) and t (N,), in a shuffled order."""
    import numpy as np

    from core import Adam, cross_entropy

    rng, optimizer = np.random.default_rng(0), Adam(1e-3)
    w = net.init(rng)
    g = np.empty_like(w)

    def epoch() -> None:
        order = rng.permutation(len(x))
        for a in range(0, len(x), batch):
            rows = order[a : a + batch]
            y, back = net(x.take(rows, 0), w)  # as x[rows], in a third of the time for small batches
            _, dy = cross_entropy(y, t.take(rows))
            back(dy, g)
            optimizer.step(w, g)

    return epoch


def torch_epoch(net: Any, x: Any, t: Any, batch: int) -> Epoch:
    """The same in PyTorch."""
    import torch

    loss, optimizer = torch.nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), 1e-3, fused=True)

    def epoch() -> None:
        order = torch.randperm(len(x))
        for a in range(0, len(x), batch):
            rows = order[a : a + batch]
            optimizer.zero_grad()
            loss(net(x[rows]), t[rows]).backward()
            optimizer.step()

    return epoch


def trivium(sizes: tuple[int, ...], batch: int) -> Epoch:
    import_module("trivium")  # the settings of the process, as the command has them
    from core import MLP

    return trivium_epoch(MLP(*sizes), *data(sizes, batch), batch)


def torch(sizes: tuple[int, ...], batch: int) -> Epoch:
    import torch
    from torch import nn

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    layers: list[nn.Module] = []
    for I, O in pairwise(sizes):
        layers += [nn.Linear(I, O), nn.ReLU()]
    return torch_epoch(nn.Sequential(*layers[:-1]), *map(torch.from_numpy, data(sizes, batch)), batch)


def sklearn(sizes: tuple[int, ...], batch: int) -> Epoch:
    import numpy as np
    from sklearn.neural_network import MLPClassifier

    x, t = data(sizes, batch)
    model = MLPClassifier(sizes[1:-1], alpha=0, batch_size=batch, random_state=0)
    model.partial_fit(
        x, t, classes=np.arange(sizes[-1])
    )  # one pass over the data in shuffled batches, keeping Adam's state
    return lambda: model.partial_fit(x, t)


def jax(sizes: tuple[int, ...], batch: int) -> Epoch:
    """A whole epoch is one compiled call: the least that a step can cost in JAX."""
    import jax
    import jax.numpy as jnp

    x, t = map(jnp.asarray, data(sizes, batch))
    keys = jax.random.split(jax.random.key(0), len(sizes))
    layers = zip(keys, pairwise(sizes), strict=False)
    w = [((2 / I) ** 0.5 * jax.random.normal(key, (I, O)), jnp.zeros(O)) for key, (I, O) in layers]
    zeros = jax.tree.map(jnp.zeros_like, w)

    def loss(w, x, t):
        for W, b in w[:-1]:
            x = jax.nn.relu(x @ W + b)
        log_p = jax.nn.log_softmax(x @ w[-1][0] + w[-1][1])
        return -jnp.take_along_axis(log_p, t[:, None], 1).mean()

    def step(carry, rows):
        w, m, v, k = carry
        g = jax.grad(loss)(w, x[rows], t[rows])
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        a, b = 1 - 0.9**k, 1 - 0.999**k
        w = jax.tree.map(lambda w, m, v: w - 1e-3 * (m / a) / (jnp.sqrt(v / b) + 1e-8), w, m, v)
        return (w, m, v, k + 1), None

    @jax.jit
    def run(carry, key):
        order = jax.random.permutation(key, len(x)).reshape(EPOCH, batch)
        return jax.lax.scan(step, carry, order)[0]

    state = {"carry": (w, zeros, zeros, jnp.float32(1)), "key": keys[-1]}

    def epoch() -> None:
        state["key"], key = jax.random.split(state["key"])
        state["carry"] = jax.block_until_ready(run(state["carry"], key))

    return epoch


def build(side: str, cell: int) -> Epoch:
    return globals()[side.replace("scikit-learn", "sklearn")](*CELLS[cell])


def work(side: str, build: Callable[[str, int], Epoch]) -> None:
    """The process of one side: reads "cell epochs" line by line, answers with the seconds of one step."""
    from threadpoolctl import threadpool_info

    sys.path.insert(0, str(ROOT))
    warnings.simplefilter("ignore")
    cell, epoch = -1, None
    for line in sys.stdin:
        wanted, epochs = map(int, line.split())
        if wanted != cell:
            cell, epoch = wanted, build(side, wanted)
            epoch()
        start = time.perf_counter()
        for _ in range(epochs):
            epoch()
        step = (time.perf_counter() - start) / (epochs * EPOCH)
        pools = [
            {k: p.get(k) for k in ("internal_api", "version", "architecture", "num_threads")} for p in threadpool_info()
        ]
        answer = {"step": step, "pools": pools}
        if side == "trivium":  # the others never see an import of ours
            from core.lab.environment import versions

            answer["versions"] = versions()
        print(json.dumps(answer), flush=True)


def start(script: str, side: str, threads: int) -> subprocess.Popen[str]:
    xla = f"--xla_cpu_multi_thread_eigen={str(threads > 1).lower()} intra_op_parallelism_threads={threads}"
    env = {
        **unpinned(),
        **{f"{name}_NUM_THREADS": str(threads) for name in ("OPENBLAS", "OMP", "MKL")},
        "XLA_FLAGS": xla,
    }
    return subprocess.Popen(
        [sys.executable, script, "--side", side], env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def ask(process: subprocess.Popen[str], cell: int, epochs: int) -> dict:
    assert process.stdin is not None
    assert process.stdout is not None
    print(cell, epochs, file=process.stdin, flush=True)
    answer = process.stdout.readline()
    if not answer:
        raise SystemExit(f"{process.args} ended without an answer")
    return json.loads(answer)


def spread(times: list[float]) -> dict[str, float]:
    """Median, quartiles and extremes, in microseconds."""
    q1, median, q3 = (1e6 * q for q in statistics.quantiles(times, n=4))
    return {"median": median, "q1": q1, "q3": q3, "min": 1e6 * min(times), "max": 1e6 * max(times)}


def measure(script: str, cells: dict[int, str], known: dict[str, str], rounds: int, threads: int) -> dict:
    """All sides side by side in the named cells; `known` are the sides, and what must be installed for each."""
    sides = [side for side, module in known.items() if importlib.util.find_spec(module)]
    for side in known.keys() - set(sides):
        print(f"{side}: skipped, not installed", file=sys.stderr)
    processes = {side: start(script, side, threads) for side in sides}
    rows, pools, versions = [], {}, {}
    for cell, name in cells.items():
        epochs = {}
        for side in sides:
            ask(processes[side], cell, 1)  # builds and warms up
            epochs[side] = max(1, round(ROUND / EPOCH / ask(processes[side], cell, 1)["step"]))
        times: dict[str, list[float]] = {side: [] for side in sides}
        for k in range(rounds):
            for side in sides if k % 2 else sides[::-1]:
                answer = ask(processes[side], cell, epochs[side])
                times[side].append(answer["step"])
                pools[side] = answer["pools"]
                versions |= answer.get("versions", {})
        row = {
            "cell": name,
            "microseconds": {s: spread(times[s]) for s in sides},
        }
        ours = times["trivium"]
        row["ratios"] = {
            side: {
                "median": statistics.median(times[side]) / statistics.median(ours),
                "rounds": [theirs / mine for theirs, mine in zip(times[side], ours, strict=True)],
            }
            for side in sides[1:]
        }
        rows.append(row)
        print(table([row], not rows[1:]), flush=True)
    for process in processes.values():
        process.stdin.close()  # type: ignore[union-attr]
        process.wait()
    peers = {name: version(name) for side in sides[1:] if (name := known[side].replace("sklearn", "scikit-learn"))}
    result = {**provenance(seeds=[0], versions={**versions, **peers}), "rounds": rounds, "pools": pools, "cells": rows}
    for side in sides[1:]:
        ratios = [row["ratios"][side]["median"] for row in rows]
        result.setdefault("geometric_mean", {})[side] = statistics.geometric_mean(ratios)
    return result


def table(rows: list[dict], head: bool) -> str:
    """One line a cell: the median and quartiles of every side, and how many times as long as ours each takes."""
    sides = list(rows[0]["microseconds"])
    lines = []
    if head:
        lines.append(f"{'microseconds a step':28}" + "".join(f"{side:>24}" for side in sides))
    for row in rows:
        line = f"{row['cell']:28}"
        for side, t in row["microseconds"].items():
            ratio = f"  x{row['ratios'][side]['median']:.2f}" if side in row["ratios"] else ""
            line += f"{t['median']:.0f} ({t['q1']:.0f}-{t['q3']:.0f}){ratio}".rjust(24)
        lines.append(line)
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="One training step: this project against its peers.")
    parser.add_argument("--cells", type=int, nargs="*", default=list(range(len(CELLS))), help="0 to 4; all of them")
    parser.add_argument("--rounds", type=int, default=9, help="turns that every side gets; at least 7 for a record")
    parser.add_argument("--threads", type=int, default=1, help="BLAS threads, the same for every side")
    parser.add_argument("--out", type=Path, help="where the result is written as JSON")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        return work(options.side, build)
    cells = {i: f"{'-'.join(map(str, sizes))}, batch {batch}" for i in options.cells for sizes, batch in [CELLS[i]]}
    finish(measure(__file__, cells, SIDES, options.rounds, options.threads), options.out)


def finish(result: dict, out: Path | None) -> None:
    for side, mean in result.get("geometric_mean", {}).items():
        print(f"{side}: takes {mean:.2f} times as long as trivium (geometric mean over {len(result['cells'])} cells)")
    print(f"{result['versions']}; load {result['load']}")
    if out:
        out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
