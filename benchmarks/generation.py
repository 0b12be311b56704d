"""Characters a second that a network writes, one stream and 64 at once, with the table of the first layer and without.

    python benchmarks/generation.py                          the networks of text and shakespeare by default
    python benchmarks/generation.py text --preset best       another one
    python benchmarks/generation.py text --again             measures anew what stands in the record

The weights are those of a network at its start: the time does not depend on them. One BLAS thread, temperature 0.8,
all characters in the draw; the seconds are the processor's. Rounds take turns among the ways, so that a busy minute
hurts all alike; a figure is the median of the rounds, and the worst round. `text_plain` is the network of `text`
without n-grams; "bare" is the same sums written out for it alone, into arrays made once: what the general form costs.
The record, results/generation.json, has a row for each network and preset, with the machine and the data's sums.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)  # a forced kernel can halve the speed of a product
os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import numpy as np  # noqa: E402 - after the environment is set
from measured import load  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
OUT = ROOT / "benchmarks" / "results" / "generation.json"
TEMPERATURE = 0.8
NETWORKS = {"text": ("text", {}), "text_plain": ("text", {"longest": 0}), "shakespeare": ("shakespeare", {})}
NAMES = ["0.table", "1.weight", "1.bias", "4.weight", "4.bias", "7.weight", "7.bias"]  # of `text_plain`


def bare(learner: Any, length: int) -> Iterator[int]:
    """One stream of Embedding, Linear, gelu, Linear, gelu, Linear, and of nothing else."""
    from core.lab.text.sampling import gumbel

    views = learner.net.views(learner.w)
    E, W1, b1, W2, b2, W3, b3 = (views[name] for name in NAMES)
    (V, e), H, K = E.shape, len(b1), learner.context
    table = (E @ W1.reshape(K, e, H)).reshape(K * V, H)
    rows, h, u, v, y = (np.empty(shape, np.float32) for shape in ((K, H), H, H, H, V))
    x, place, at = learner.train[:K].astype(np.intp), np.arange(0, K * V, V), np.empty(K, np.intp)
    a, c = np.sqrt(2 / np.pi).astype(np.float32), np.float32(np.sqrt(2 / np.pi) * 0.044715)
    one, half = np.float32(1), np.float32(0.5)

    def gelu() -> None:
        np.multiply(h, h, u)
        np.multiply(u, c, u)
        np.add(u, a, u)
        np.multiply(u, h, u)
        np.tanh(u, u)
        np.add(u, one, u)
        np.multiply(u, h, u)
        np.multiply(u, half, u)  # u = gelu(h)

    noise = TEMPERATURE * gumbel(np.random.default_rng(0), (length, V))
    for t in range(length):
        np.add(x, place, at)
        table.take(at, 0, rows, "clip")
        np.add.reduce(rows, 0, None, h)
        np.add(h, b1, h)
        gelu()
        u.dot(W2, v)
        np.add(v, b2, h)
        gelu()
        u.dot(W3, y)
        np.add(y, b3, y)
        y[0] = -np.inf
        np.add(y, noise[t], y)
        s = int(y.argmax())
        x[:-1] = x[1:]
        x[-1] = s
        yield s


def ways(learner: Any) -> dict[str, Callable[[int], Any]]:
    """What is timed, by its name: each writes about so many characters."""
    from core.lab.text import sampling as generation

    def streams(number: int, largest: int) -> Callable[[int], Any]:
        def go(length: int) -> None:
            kept, generation.LARGEST = generation.LARGEST, largest
            how = -(-length // number), TEMPERATURE
            learner.predictor.texts(learner.w, "", number, *how, rng=np.random.default_rng(0))
            generation.LARGEST = kept

        return go

    size = generation.LARGEST

    named = {
        "1 stream": streams(1, size),
        "64 streams": streams(64, size),
        "1 stream, no table": streams(1, 0),
        "64 streams, no table": streams(64, 0),
    }
    plain = list(learner.net.layout) == NAMES
    return {**named, "1 stream, bare": lambda length: sum(bare(learner, length))} if plain else named


def measure(name: str, preset: str, rounds: int) -> dict[str, Any]:
    from core.lab.environment import versions
    from core.lab.runs.run import prepare

    task, values = NETWORKS[name]
    file = str(ROOT / "unsupervised" / "tasks" / f"{task}.py")
    learner: Any
    learner, data = prepare(file, preset, dict(values), 0, None).build()
    seconds: dict[str, list[float]] = {}
    named = ways(learner)
    for round_ in range(rounds + 1):
        for way, go in named.items():
            length = 32_000 if "64" in way else 4_000
            started = time.process_time()
            go(length)
            if round_:  # the first one warms up
                seconds.setdefault(way, []).append((time.process_time() - started) / length)
    rates = {way: {"median": round(1 / median(each)), "worst": round(1 / max(each))} for way, each in seconds.items()}
    return {
        "network": name,
        "preset": preset,
        "parameters": learner.net.size,
        "context": learner.context,
        "characters": len(learner.vocabulary),
        "rounds": rounds,
        "characters_a_second": rates,
        "load": load(),
        "seed": 0,
        "data": data.sums,
        "versions": versions(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("networks", nargs="*", default=[*NETWORKS], help=", ".join(NETWORKS))
    parser.add_argument("--preset", default="default", choices=("quick", "default", "best"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--again", action="store_true", help="measures anew what stands in the record")
    options = parser.parse_args()
    from core.lab.files import write_json

    rows = json.loads(OUT.read_text())["rows"] if OUT.exists() else []
    for network in options.networks:
        known = [row for row in rows if (row["network"], row["preset"]) == (network, options.preset)]
        if known and not options.again:
            row = known[0]
        else:
            row = measure(network, options.preset, options.rounds)
            rows = [other for other in rows if other not in known] + [row]
            write_json(OUT, {"command": "python benchmarks/generation.py", "temperature": TEMPERATURE, "rows": rows})
        print(f"{network}, {options.preset}: {row['parameters']:,} parameters, a window of {row['context']}")
        for way, rate in row["characters_a_second"].items():
            print(f"  {way:24} {rate['median']:9,} characters a second, worst round {rate['worst']:,}")


if __name__ == "__main__":
    main()
