"""Sixty million parameters on a processor: how near a step of Adam comes to the speed of bare matrix products.

    python benchmarks/large.py                    times and memory of training, and of saving a checkpoint
    python benchmarks/large.py --out large.json   the same as JSON

The network is an MLP 3072-4608-4608-4608-1000, the batch 128. A step really does 4BP operations in the first layer
(P its parameters, B the batch: forward and parameter gradient; nobody asks for dx) and 6BP in every other. Two rates
stand beside it, measured in the same run between the steps: a large square product, and the very products of one step
and nothing else. The optimizer's memory traffic sets a floor of its own: Adam reads w, g, m, v and writes w, m, v, 28
bytes a parameter; the floor is that over the rate at which memory is copied here. Memory is the peak resident size of
a fresh process that trains, and of another that saves a checkpoint too.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
import trivium  # noqa: E402, F401  before NumPy: it tells BLAS's threads how long to spin

SIZES = 3072, 4608, 4608, 4608, 1000
BATCH = 128
SQUARE = 4096


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def summary(times: list[float]) -> dict[str, float]:
    return {"median": statistics.median(times), "min": min(times), "max": max(times)}


def training():
    """A step on 61 million parameters, and its parts: (net, w, g, optimizer, step)."""
    import numpy as np

    from core import MLP, Adam, cross_entropy

    rng = np.random.default_rng(0)
    net, optimizer = MLP(*SIZES), Adam(1e-4)
    w = net.init(rng)
    g = np.empty_like(w)
    x, t = rng.standard_normal((4 * BATCH, SIZES[0]), np.float32), rng.integers(0, SIZES[-1], 4 * BATCH)
    parts: dict[str, list[float]] = {"forward, backward": [], "Adam": []}

    def step() -> float:
        rows = rng.permutation(len(x))[:BATCH]
        start = time.perf_counter()
        y, back = net(x[rows], w)
        loss, dy = cross_entropy(y, t[rows])
        back(dy, g)
        middle = time.perf_counter()
        optimizer.step(w, g)
        parts["forward, backward"].append(middle - start)
        parts["Adam"].append(time.perf_counter() - middle)
        return loss

    return net, w, g, optimizer, step, parts


def speed(rounds: int) -> dict:
    import numpy as np

    from core.lab.environment import versions

    net, w, g, _, step, parts = training()
    rng = np.random.default_rng(1)
    a = rng.standard_normal((SQUARE, SQUARE), np.float32)
    b, c = a.T.copy(), np.empty_like(a)
    xs = [rng.standard_normal((BATCH, size), np.float32) for size in SIZES]
    Ws = [view for name, view in net.views(w).items() if name.endswith("weight")]
    Gs = [view for name, view in net.views(g).items() if name.endswith("weight")]
    P = [I * O for I, O in pairwise(SIZES)]
    flops = BATCH * (4 * P[0] + 6 * sum(P[1:]))

    def products() -> None:
        for i, (W, G) in enumerate(zip(Ws, Gs, strict=True)):
            np.dot(xs[i], W)
            np.dot(xs[i].T, xs[i + 1], G)
            if i:
                np.dot(xs[i + 1], W.T)

    def copy() -> None:
        g[:] = w

    works = {"step": step, "products": products, "square": lambda: np.dot(a, b, c), "copy": copy}
    times: dict[str, list[float]] = {name: [] for name in works}
    step()
    for values in parts.values():
        values.clear()
    for _ in range(rounds):
        for name, work in works.items():
            times[name].append(seconds(work))
    median = {name: statistics.median(values) for name, values in times.items()}
    rate = {
        "step": flops / median["step"],
        "same shapes": flops / median["products"],
        "square": 2 * SQUARE**3 / median["square"],
    }
    bandwidth = 2 * w.nbytes / median["copy"]
    return {
        "parameters": net.size,
        "batch": BATCH,
        "flops": flops,
        "seconds": {name: summary(values) for name, values in {**times, **parts}.items()},
        "gflops": {name: value / 1e9 for name, value in rate.items()},
        "share of square": rate["step"] / rate["square"],
        "share of same shapes": rate["step"] / rate["same shapes"],
        "floor": 7 * w.nbytes / bandwidth,
        "copy": bandwidth / 1e9,
        "versions": versions(),
    }


def memory(saving: bool) -> dict:
    """Peak resident bytes after three steps; with `saving` also a copy of the best weights and one checkpoint."""
    import resource

    from core.checkpoint import save

    _, w, _, optimizer, step, _ = training()
    for _ in range(3):
        step()
    result = {}
    if saving:
        best = w.copy()
        with tempfile.TemporaryDirectory(dir=ROOT) as folder:
            state = {f"adam.{name}": array for name, array in optimizer.state.items()}
            path = Path(folder) / "checkpoint.safetensors"
            result["seconds"] = seconds(lambda: save(path, {"w": w, "best": best, **state}, {}))
            result["bytes"] = path.stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {**result, "peak": peak}


def alone(part: str, rounds: int, threads: int | None) -> dict:
    """One part in a fresh process, without OPENBLAS_* and the like from outside."""
    from measured import unpinned

    env = unpinned()
    if threads:
        env["OPENBLAS_NUM_THREADS"] = str(threads)
    command = [sys.executable, __file__, "--part", part, "--rounds", str(rounds)]
    return json.loads(subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description="A step of Adam on 60 million parameters, its speed and memory.")
    parser.add_argument("--rounds", type=int, default=9, help="steps that are timed")
    parser.add_argument("--threads", type=int, help="BLAS threads; without it BLAS chooses, mostly all cores")
    parser.add_argument("--out", type=Path, help="where the result is written as JSON")
    parser.add_argument("--part", choices=["speed", "training", "saving"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(speed(options.rounds) if options.part == "speed" else memory(options.part == "saving")))
        return
    from measured import provenance

    def part(name: str) -> dict:
        return alone(name, options.rounds, options.threads)

    speeds = part("speed")
    result = {
        **provenance(seeds=[0, 1], versions=speeds.pop("versions")),
        **speeds,
        "memory": {"training": part("training"), "saving": part("saving")},
    }
    f = result["gflops"]
    print(f"{result['parameters']:,} parameters, batch {BATCH}, {result['flops'] / 1e9:.1f} GFLOP a step")
    for name, t in result["seconds"].items():
        print(f"  {name:18}{1e3 * t['median']:8.1f} ms ({1e3 * t['min']:.1f} to {1e3 * t['max']:.1f})")
    print(f"  floor under Adam  {1e3 * result['floor']:8.1f} ms, memory being copied at {result['copy']:.1f} GB/s")
    print(
        f"  {f['step']:.0f} GFLOP/s: {result['share of square']:.0%} of a square product's {f['square']:.0f}, "
        f"{result['share of same shapes']:.0%} of the {f['same shapes']:.0f} of the products alone"
    )
    for name, m in result["memory"].items():
        print(f"  peak memory, {name}: {m['peak'] / 1e9:.2f} GB")
    print(f"  {result['versions']}; load {result['load']}")
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
