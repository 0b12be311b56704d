"""What all trials share: numbered cases from one seed, side by side, until a count or a time is reached; failures kept.

Case number k of a trial draws all it does from default_rng([seed, k]). So a seed and a number are a reproduction,
whatever ran beside it: python benchmarks/trust.py TRIAL --seed SEED --only NUMBER.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np


@dataclass
class Failure:
    """A promise that was not kept, and how to see it again."""

    trial: str
    what: str  # one line
    seed: int
    number: int  # of the case
    words: list[str] = field(default_factory=list)  # the command, where it was one
    detail: str = ""
    keep: str = ""  # a folder or file that shows it, moved into the folder of failures


@dataclass
class Outcome:
    """What a case has to say: how many of what it did, the largest of what it measured, and what failed."""

    counts: Counter[str] = field(default_factory=Counter)
    most: dict[str, float] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)  # of one case, by name

    def line(self) -> bytes:
        """One line of JSON, which `read` reads."""
        return json.dumps({**vars(self), "failures": list(map(asdict, self.failures))}, default=str).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Outcome:
        said = json.loads(line)
        failures = [Failure(**failure) for failure in said["failures"]]
        return cls(Counter(said["counts"]), said["most"], failures, said["notes"])

    def add(self, other: Outcome) -> None:
        self.counts.update(other.counts)  # a count of none is kept, where + would drop it
        for name, value in other.most.items():
            self.most[name] = max(value, self.most.get(name, value))
        self.failures += other.failures
        self.notes.update(other.notes)


@dataclass(frozen=True)
class Plan:
    """How long a trial goes on, from which seed, how many cases at a time, and where it works."""

    seed: int = 0
    count: int = 0  # of what the trial counts; 0: no end but the time
    seconds: float = 60.0
    jobs: int = 1
    place: Path = Path("/dev/shm")
    failures: Path = Path("failures")  # where what failed is kept
    only: int | None = None  # this case alone

    def rng(self, number: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, number])


Case = Callable[[int, Path], Outcome]


def place() -> Path:
    """Where cases work: in memory where that is possible, since a disk's flushes take most of the time."""
    memory = Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())


@contextmanager
def folder(within: Path) -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="trust-", dir=within))
    try:
        yield made
    finally:
        for entry in made.rglob("*"):
            if entry.is_dir() and not entry.is_symlink():
                with suppress(OSError):
                    entry.chmod(0o700)
        shutil.rmtree(made, ignore_errors=True)


def campaign(trial: str, case: Case, plan: Plan, unit: str) -> Outcome:
    """Cases 0, 1, 2, ... in `plan.jobs` processes until `plan.count` of `unit` are done or the time is over."""
    if plan.only is not None:
        with folder(plan.place) as where:
            total = case(plan.only, where)
        keep(total, plan, trial)
        return total
    total, started, told = Outcome(), time.monotonic(), time.monotonic()
    pipes = [_worker(trial, case, plan, first) for first in range(plan.jobs)]
    waiting = {os.fdopen(handle, "rb", 0): (pid, bytearray()) for pid, handle in pipes}
    while waiting:
        for pipe in select.select(list(waiting), [], [], 1.0)[0]:
            pid, held = waiting[pipe]
            if not (piece := pipe.read(1 << 16)):
                os.waitpid(pid, 0)
                del waiting[pipe]
                continue
            held += piece
            while (end := held.find(b"\n")) >= 0:
                fresh = Outcome.read(bytes(held[:end]))
                del held[: end + 1]
                keep(fresh, plan, trial)
                total.add(fresh)
        spent = time.monotonic() - started
        if (plan.count and total.counts[unit] >= plan.count) or spent > plan.seconds:
            for pid, _ in waiting.values():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGUSR1)  # no new case
        if time.monotonic() - told > 10:
            told = time.monotonic()
            print(
                f"  {trial}: {spent:.0f} s, {total.counts[unit]:,} {unit}, {len(total.failures)} failures", flush=True
            )
    total.most["seconds of the trial"] = time.monotonic() - started
    return total


def _worker(trial: str, case: Case, plan: Plan, first: int) -> tuple[int, int]:
    """A process that does every jobs-th case and writes a line of JSON for each; its number, and where to read."""
    out, into = os.pipe()
    if pid := os.fork():
        os.close(into)
        return pid, out
    os.close(out)
    try:
        _cases(trial, case, plan, first, into)
    finally:
        os._exit(0)  # whatever happened, nothing of the parent's is done here


def _cases(trial: str, case: Case, plan: Plan, first: int, into: int) -> None:
    ended = list[int]()
    signal.signal(signal.SIGUSR1, lambda *_: ended.append(1))
    with os.fdopen(into, "wb") as pipe:
        for number in range(first, sys.maxsize, plan.jobs):
            with folder(plan.place) as where:
                try:
                    said = case(number, where)
                except Exception as error:
                    why = traceback.format_exc()[-2000:]
                    said = Outcome(
                        failures=[Failure(trial, f"the trial itself: {error!r}", plan.seed, number, [], why)]
                    )
                for failure in said.failures:  # before the folder goes
                    failure.keep = _kept(failure, plan) if failure.keep else ""
                pipe.write(said.line())
                pipe.flush()
            if ended:
                break


def _kept(failure: Failure, plan: Plan) -> str:
    """What shows a failure, copied out of the folder of its case; links are copied as links, and no more than 50 MB."""
    source = Path(failure.keep)
    target = plan.failures / f"{failure.trial}-{plan.seed}-{failure.number}"
    while target.exists():
        target = target.with_name(target.name + "-")
    target.mkdir(parents=True)
    with suppress(OSError, shutil.Error):
        if source.is_dir():
            shutil.copytree(source, target / source.name, symlinks=True, ignore_dangling_symlinks=True)
        elif source.stat().st_size < 50e6:
            shutil.copy2(source, target)
    return str(target)


def keep(said: Outcome, plan: Plan, trial: str) -> None:
    """Writes each failure as a line of failures.jsonl, and says it."""
    for failure in said.failures:
        plan.failures.mkdir(parents=True, exist_ok=True)
        with open(plan.failures / "failures.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(failure)) + "\n")
        print(
            f"FAILED {trial} --seed {failure.seed} --only {failure.number}: {failure.what}", file=sys.stderr, flush=True
        )
