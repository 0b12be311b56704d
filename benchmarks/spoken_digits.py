"""Spoken digits with --preset best: the official test part, each speaker left out in turn, and the settings tried.

    python benchmarks/spoken_digits.py official     5 seeds; voices that were heard before
    python benchmarks/spoken_digits.py speakers     5 seeds of six networks each; the voice was never heard
    python benchmarks/spoken_digits.py choice       settings compared on voices left out, two at a time; or those named

Each writes results/spoken_digits_NAME.json anew after every network. `choice` learns from four speakers and is asked
about the other two, so that every figure in it is of a voice that the network never heard; it says which setting the
five others would choose for a speaker, which is what an honest choice is.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from core.lab.datasets import Data  # noqa: E402
from core.lab.learner import Report, weights  # noqa: E402
from supervised.tasks.spoken_digits import PRESETS, Config, make  # noqa: E402

SPEAKERS = "george", "jackson", "lucas", "nicolas", "theo", "yweweler"
PAIRS = ("theo", "lucas"), ("jackson", "yweweler"), ("george", "nicolas")  # fixed before anything was run
BEST = Config(**PRESETS["best"])
ONE = replace(BEST, members=1)
CHOICES = {"three networks": replace(ONE, members=3), "one network": ONE,
           "one network, longer": replace(ONE, updates=1500), "tract 0": replace(ONE, tract=0.0),
           "tempo 0": replace(ONE, tempo=0.0), "colour 0": replace(ONE, colour=0.0),
           "noise 0": replace(ONE, noise=0.0), "noise 0.5": replace(ONE, noise=0.5)}  # fmt: skip


def learnt(config: Config, seed: int) -> tuple[Any, dict[str, float]]:
    """The learner after its last update with the weights that validation chose in `w`, and the seconds it took."""
    learner = make(
        config, np.random.default_rng(seed), Data(Path(root) if (root := os.environ.get("TRIVIUM_DATA")) else None)
    )
    start, cpu = time.perf_counter(), time.process_time()
    best, kept, due = np.inf, weights(learner).copy(), 0.05
    while learner.progress < 1:
        learner.update()
        if learner.progress >= due or learner.progress >= 1:  # as the loop of a run does
            nats = learner.evaluate()["val_nats"]
            due += 0.05
            if nats < best:
                best, kept = nats, weights(learner).copy()
    learner.w[:] = kept
    return learner, {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - cpu}


def run(config: Config, seed: int) -> dict[str, Any]:
    learner, seconds = learnt(config, seed)
    report: Report = learner.report(learner.w, None)
    return {"seed": seed, "speaker": config.speaker, **report.metrics, **seconds,
            "reference: " + report.reference_name: report.reference,
            "baselines": report.baselines}  # fmt: skip


def write(name: str, found: dict[str, Any]) -> None:
    path = ROOT / "benchmarks" / "results" / f"spoken_digits_{name}.json"
    path.write_text(json.dumps({"command": f"python benchmarks/spoken_digits.py {name}", "preset": PRESETS["best"],
                                "numpy": np.__version__, "blas_threads": 1, **found}, indent=1) + "\n")  # fmt: skip


def official() -> None:
    runs = []
    for seed in range(5):
        runs.append(run(BEST, seed))
        accuracy = [r["test_accuracy"] for r in runs]
        print(seed, accuracy[-1], f"{runs[-1]['seconds']:.0f} s", flush=True)
        write("official", {"mean": statistics.mean(accuracy), "worst": min(accuracy), "runs": runs})


def speakers() -> None:
    path = ROOT / "benchmarks" / "results" / "spoken_digits_speakers.json"
    runs = json.loads(path.read_text())["runs"] if path.exists() else []  # goes on where it was ended
    done = {(r["seed"], r["speaker"]) for r in runs}
    for seed in range(5):
        for speaker in SPEAKERS:
            if (seed, speaker) in done:
                continue
            runs.append(run(replace(BEST, speaker=speaker), seed))
            print(seed, speaker, runs[-1]["test_accuracy"], f"{runs[-1]['seconds']:.0f} s", flush=True)
            each = {s: [r["test_accuracy"] for r in runs if r["speaker"] == s] for s in SPEAKERS}
            whole = [statistics.mean(each[s][k] for s in SPEAKERS) for k in range(len(each[SPEAKERS[-1]]))]
            summary = {"mean": statistics.mean(whole), "worst": min(whole), "seeds": whole} if whole else {}
            write("speakers", {**summary, "each": {s: statistics.mean(a) for s, a in each.items() if a}, "runs": runs})


def choice(names: list[str]) -> None:
    path = ROOT / "benchmarks" / "results" / "spoken_digits_choice.json"
    table = json.loads(path.read_text())["accuracy"] if path.exists() else {}
    for name in names or list(CHOICES):
        table[name], start = {}, time.perf_counter()
        for pair in PAIRS:
            learner, _ = learnt(replace(CHOICES[name], speaker=pair[0], val_speaker=pair[1]), 0)
            parts = learner.splits
            for speaker, x, t in zip(pair, (parts.x_test, parts.x_val), (parts.t_test, parts.t_val), strict=True):
                # the last weights: those that validation would choose were chosen on one of the two
                table[name][speaker] = float((learner.outputs(weights(learner), x).argmax(-1) == t).mean())
        print(
            f"{name:16s} {statistics.mean(table[name].values()):.3f} {table[name]}",
            f"{time.perf_counter() - start:.0f} s",
            flush=True,
        )
        chosen = {
            s: max(table, key=lambda n: statistics.mean(a for v, a in table[n].items() if v != s)) for s in SPEAKERS
        }
        write("choice", {"mean": {n: statistics.mean(row.values()) for n, row in table.items()},
                         "chosen by the five others": chosen,
                         "accuracy of what was chosen": statistics.mean(table[n][s] for s, n in chosen.items()),
                         "accuracy": table})  # fmt: skip


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["official"]:
            official()
        case ["speakers"]:
            speakers()
        case ["choice", *names]:
            choice(names)
        case _:
            sys.exit(__doc__)
