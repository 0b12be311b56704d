"""Kills: a run that is killed again and again, at any moment and by whatever, ends as if it had never been stopped.

A case is a chain: a command is started, killed, gone on with, killed, ... and at last left alone. Each kill is one of

    moment   SIGKILL at a random moment of its whole time, from the reading of the flags to the last page
    call     SIGKILL at the n-th system call that writes (write, fsync, rename, link, unlink, mkdir ...), by strace
    power    SIGKILL, and what was not flushed is lost or half there (`power`)
    term     SIGTERM at a random moment
    int      SIGINT

What must hold after each kill: no traceback, no refusal, a checkpoint that is whole, and no older than the one before.
At the end: weights, figures, log, pictures and names of files are those of the reference, and no process is left.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from trials import chains, forks, power, tracing
from trials.campaign import Failure, Outcome, Plan, campaign, folder

WAYS = ("moment", "call", "power", "term", "int")
SHARES = (0.4, 0.25, 0.15, 0.1, 0.1)
SPANS, SPAN_SHARES = (
    (0.1, 0.4, 1.1),
    (0.35, 0.45, 0.2),
)  # of the whole time: early kills are quick, so there are more of them
LIMIT = 30.0  # seconds of the processor that a command may take
PATIENCE = 120.0  # seconds on the clock of one with workers
WORKER_SHARE = 0.01  # of the chains: studies with processes of their own, each start of which takes seconds
CODES = {"term": 143, "int": 130}


class Chain:
    """One subject, its reference, and how far it is."""

    def __init__(
        self, subject: chains.Subject, expected: chains.Reference, calls: Counter[str], rng: np.random.Generator
    ) -> None:
        self.subject, self.expected, self.calls, self.rng = subject, expected, calls, rng
        self.said, self.reached = Outcome(), 0
        self.log = list[str]()

    def fault(self) -> str | None:
        """Kills until the subject is done or dead; what was wrong, if anything."""
        most = int(self.rng.integers(5, 40)) if self.subject.name != chains.WORKERS else 4
        for kill in range(most + 1):
            way = str(self.rng.choice(WAYS, p=SHARES)) if kill < most else "none"
            if way == "call" and not self.calls:
                way = "moment"
            ended = self.start(way)
            self.log.append(f"{way} after {ended.seconds:.3f} s: {ended.line()}")
            finished = ended.code == 0
            if way != "none" and not finished:
                self.said.counts[f"by {way}"] += 1
                self.said.counts["kills"] += 1
            if fault := self.after(way, ended):
                return fault
            if finished:
                return self.end()
        return "it was not done when nothing killed it"

    def start(self, way: str) -> forks.Ended:
        words, place = self.subject.words, self.subject.place
        moment = float(self.expected.seconds * self.rng.choice(SPANS, p=SPAN_SHARES) * self.rng.random())
        number = {"term": signal.SIGTERM, "int": signal.SIGINT}.get(way, signal.SIGKILL)
        kill = None if way in ("none", "call") else (moment, int(number))
        if self.subject.name == chains.WORKERS:
            return spawn(words, place, kill)
        work = forks.command(words)
        if way == "call":
            name = str(self.rng.choice([*self.calls.elements()]))
            n = 1 + int(self.calls[name] * self.rng.random() ** 2)  # what goes on makes fewer of them
            with tracing.Tracer(f"{name}:signal=SIGKILL:when={n}") as tracer:
                return forks.fork(work, place, ready=tracer.hold, limit=LIMIT)
        if way == "power":
            with folder(place) as store:
                disk = power.Disk(place / "work", store / "disk")

                def recorded() -> int | None:
                    disk.record()
                    return work()

                ended = forks.fork(recorded, place, kill=kill, limit=LIMIT)
                if ended.signal:
                    disk.crash(self.rng)
                return ended
        return forks.fork(work, place, kill=kill, limit=LIMIT)

    def after(self, way: str, ended: forks.Ended) -> str | None:
        """What a kill has broken."""
        from core.checkpoint import CheckpointError

        if ended.late:
            return f"it took {LIMIT:.0f} s of the processor, or hung"
        if "Traceback" in ended.err and ended.signal is None:
            return f"a traceback: {ended.err.strip().splitlines()[-1]}"
        if ended.code not in (0, None, CODES.get(way)):
            return f"after {way}, {ended.line()}"
        try:
            reached = self.subject.reached()
        except CheckpointError as error:
            return f"the checkpoint is not whole after {way}: {error}"
        except OSError:
            reached = 0
        if reached < self.reached:
            return f"the checkpoint went back from update {self.reached} to {reached} after {way}"
        self.reached = reached
        return None

    def end(self) -> str | None:
        self.said.counts["chains"] += 1
        found = chains.differences(self.expected.left, self.subject.left())
        return "; ".join(found[:5]) or None


def spawn(words: list[str], place: Path, kill: tuple[float, int] | None) -> forks.Ended:
    """The same as a command of its own, with workers; all of them must end within ten seconds after it."""
    err = place / "stderr"
    with open(err, "wb") as said:
        line = [sys.executable, "-m", "trivium", *words]
        process = subprocess.Popen(line, cwd=place, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True)
    start, late = time.monotonic(), False
    try:
        process.wait(kill[0] + 1.0 if kill else PATIENCE)  # an interpreter needs a second before it begins
    except subprocess.TimeoutExpired:
        process.send_signal(kill[1] if kill else signal.SIGKILL)
        late = not kill
    code = process.wait(PATIENCE)
    end = time.monotonic() + 10
    while (left := forks.left_over(process.pid)) and time.monotonic() < end:
        time.sleep(0.05)
    for pid in left:
        forks.stop(pid)
    text = err.read_text("utf-8", "replace") + (f"\n{len(left)} processes are left" if left else "")
    took = time.monotonic() - start
    return forks.Ended(
        98 if left else None if code < 0 else code, -code if code < 0 and not left else None, "", text, took, 0, late
    )


class Kills:
    """The trial: the references are made when they are first asked for, by each process for itself."""

    def __init__(self, plan: Plan, names: list[str]) -> None:
        self.plan, self.names = plan, names
        self.known = dict[str, tuple[chains.Reference, Counter[str]]]()

    def reference(self, name: str) -> tuple[chains.Reference, Counter[str]]:
        if name not in self.known:
            with folder(self.plan.place) as where:

                def start(words: list[str], place: Path) -> forks.Ended:
                    if name == chains.WORKERS:
                        return spawn(words, place, None)
                    return forks.fork(forks.command(words), place, limit=LIMIT)

                made = chains.reference(name, where / "a", start)
                calls = Counter[str]()
                if name != chains.WORKERS and tracing.works(self.plan.place):

                    def traced(ready: Any) -> None:
                        subject = chains.Subject(name, where / "b")
                        subject.prepare()
                        forks.fork(forks.command(subject.begin), where, ready=ready, limit=LIMIT)

                    calls = tracing.calls(traced, where / "calls")
            self.known[name] = made, calls
        return self.known[name]

    def __call__(self, number: int, where: Path) -> Outcome:
        rng = self.plan.rng(number)
        name = chains.WORKERS if rng.random() < WORKER_SHARE else self.names[number % len(self.names)]
        expected, calls = self.reference(name)
        subject = chains.Subject(name, where / "chain")
        subject.prepare()
        chain = Chain(subject, expected, calls, rng)
        fault = chain.fault()
        said = chain.said
        said.counts[f"chains of {name}"] += 1
        said.most["longest chain, kills"] = sum(said.counts[f"by {way}"] for way in WAYS)
        if fault:
            (subject.place / "chain.txt").write_text("\n".join(chain.log))
            words = subject.words
            said.failures.append(
                Failure("kills", f"{name}: {fault}", self.plan.seed, number, words, chain.log[-1], str(subject.place))
            )
        return said


def run(plan: Plan, quick: bool) -> Outcome:
    names = ["digit_autoencoder", "table_clusters", "cartpole_evolution", "table"] if quick else list(chains.NAMES)
    said = campaign("kills", Kills(plan, names), plan, "kills")
    said.notes["tasks"] = names
    said.notes["strace"] = tracing.works(plan.place)
    said.counts.setdefault("kills", 0)
    return said
