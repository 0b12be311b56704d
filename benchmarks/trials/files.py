"""Fuzz, first part: broken files for every reader, hundreds in a fork, made by mutators and by hypothesis."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from trials import forks, mutate, readers
from trials.campaign import Failure, Outcome, Plan, campaign

BATCH = 250  # files of a fork
HANG = 10.0  # seconds of the processor
ROOM = 1 << 30  # bytes that a fork may take beside what it began with


class Hung(BaseException):
    """A case took too long. Nothing that a reader catches."""


def mutated(name: str, good: list[bytes], rng: np.random.Generator) -> bytes:
    raw = good[rng.integers(len(good))]
    if name in readers.JSONS and rng.random() < 0.7:
        return mutate.of_json(raw, rng)
    return (mutate.text if name in readers.TEXTS else mutate.binary)(raw, good, rng)


def strategy(name: str) -> Any:
    """What hypothesis makes of a kind of file whose grammar it can be told, else None."""
    from hypothesis import strategies as st

    cells = st.one_of(
        st.floats().map(repr), st.integers().map(str), st.text(max_size=6), st.sampled_from(mutate.WORDS[:40])
    )
    plain = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
        max_leaves=12,
    )
    match name:
        case "table" | "rows":
            row = st.lists(cells, min_size=1, max_size=4)
            return st.lists(row, max_size=12).map(
                lambda rows: "\n".join(",".join(row) for row in rows).encode("utf-8", "replace")
            )
        case "expression":
            atoms = st.sampled_from(("x", "y", "pi", "e", "1", "2.5", "1e300", "0"))
            return st.recursive(
                atoms,
                lambda inner: (
                    st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner).map("".join)
                    | st.tuples(st.sampled_from(("sin(", "log(", "exp(", "(", "-(", "floor(")), inner).map(
                        lambda p: p[0] + p[1] + ")"
                    )
                ),
                max_leaves=30,
            ).map(str.encode)
        case "config" | "result" | "page":
            import json

            keys = (
                "task",
                "config",
                "seed",
                "format",
                "score",
                "metrics",
                "problem",
                "w_sha256",
                "texts",
                "pictures",
                "versions",
                "x",
            )
            return st.dictionaries(st.sampled_from(keys), plain, max_size=8).map(
                lambda found: json.dumps(found).encode()
            )
        case "log":
            import json

            return st.lists(st.dictionaries(st.text(max_size=8), plain, max_size=4), max_size=6).map(
                lambda rows: "".join(json.dumps(row) + "\n" for row in rows).encode()
            )
        case "text":
            return st.text(max_size=200).map(lambda said: said.encode("utf-8", "replace"))
    return None


def generated(name: str, seed: int) -> Iterator[bytes]:
    """A batch of what hypothesis makes."""
    from hypothesis import HealthCheck, Phase, given, seed as with_seed, settings

    found = list[bytes]()

    @with_seed(seed)
    @settings(
        max_examples=BATCH,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy(name))
    def collect(raw: bytes) -> None:
        found.append(raw)

    collect()
    yield from found[:BATCH]


class Files:
    def __init__(self, plan: Plan, run: Path) -> None:
        self.plan, self.run, self.good = plan, run, readers.seeds(run)
        self.by_grammar = [name for name in self.good if strategy(name) is not None]

    def __call__(self, number: int, where: Path) -> Outcome:
        rng = self.plan.rng(number)
        grammar = number % 4 == 3
        names = self.by_grammar if grammar else list(self.good)
        name = names[(number // 4 if grammar else number) % len(names)]
        for path in self.run.iterdir():  # readers of one file of a folder find the others whole
            if path.suffix in (".json", ".jsonl", ".safetensors"):
                (where / path.name).write_bytes(path.read_bytes())
        log, at = where / "faults", where / "at"

        def batch() -> int:
            for number in (signal.SIGPROF, signal.SIGALRM):
                signal.signal(number, _alarm)
            warnings.simplefilter("ignore")
            each = generated(name, number) if grammar else (mutated(name, self.good[name], rng) for _ in range(BATCH))
            with open(log, "w") as said:
                for k, raw in enumerate(each):
                    at.write_bytes(raw)
                    _timed(HANG)
                    try:
                        fault = readers.fault(name, raw, where)
                    except Hung:
                        fault = f"{name}: hangs for {HANG:.0f} s"
                    _timed(0.0)
                    if fault:
                        (where / f"bad-{k}").write_bytes(raw)
                        said.write(f"{k} {' '.join(fault.split())}\n")
                        said.flush()
            return 0

        before = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        ended = forks.fork(batch, where, room=before + ROOM, limit=10 * HANG)
        said = Outcome()
        said.counts.update({"files": BATCH, f"files: {name}": BATCH})
        said.most["megabytes of a reader's process"] = ended.megabytes
        faults = dict[str, str]()  # of each kind the first
        for line in log.read_text().splitlines() if log.exists() else []:
            k, _, fault = line.partition(" ")
            faults.setdefault(fault.split(": ")[1] + fault[fault.rfind("(") :], f"{k} {fault}")
        for found in faults.values():
            k, _, fault = found.partition(" ")
            said.failures.append(
                Failure("fuzz", fault, self.plan.seed, number, ["files"], f"file {k}", str(where / f"bad-{k}"))
            )
        if ended.code != 0:
            fault = f"{name}: the process ended: {ended.line()}"
            said.failures.append(Failure("fuzz", fault, self.plan.seed, number, ["files"], "", str(at)))
        return said


def _timed(seconds: float) -> None:
    """An alarm after so much time of the processor, or `forks.WALL` times that on the clock; none for 0."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, forks.WALL * seconds)


def _alarm(*_: object) -> None:
    raise Hung


def run(plan: Plan, made: Path) -> Outcome:
    return campaign("fuzz files", Files(plan, made / "codes"), plan, "files")
