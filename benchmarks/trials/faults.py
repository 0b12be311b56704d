"""Faults of the machine: a full disk at every block, calls that fail, a folder that may not be written, no home, few
file handles, little memory, a clock that is set back.

What must hold each time: the run ends well, or with exit code 2 and one line (where memory ends, a library beneath us
may end the process by a signal); a checkpoint that was there is there and
whole; and once the fault is gone `trivium resume` ends as the run that never met one, with the same weights and files.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from trials import chains, forks, tracing, world
from trials.campaign import Failure, Outcome, Plan, campaign, folder

NAME = "table_clusters"  # quick, and of several checkpoints, pictures and a page
BARE = "cartpole_evolution"  # without scikit-learn, whose k-means hangs where memory ends
MAY_LACK = tuple(f"{suffix} is missing" for suffix in (".png", ".gif", ".csv", ".wav"))
BLOCK = 4096  # bytes of a tmpfs
HANDLES = range(4, 40)
MEMORY = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)  # MB beside what is loaded
ERRORS = {
    "fsync": ("EIO", "ENOSPC"),
    "rename": ("EACCES", "EIO", "ENOSPC"),
    "link": ("EPERM", "EMLINK"),
    "unlink": ("EACCES",),
}
ERRORS |= {"mkdir": ("EACCES", "EROFS", "ENOSPC"), "ftruncate": ("EIO",)}
HOMES: dict[str, dict[str, str | None]] = {
    "no HOME": {"HOME": None},
    "HOME is nowhere": {"HOME": "/nowhere/at/all"},
    "HOME is a file": {"HOME": "/dev/null"},
    "HOME is empty": {"HOME": ""},
    "no TMPDIR": {"TMPDIR": "/nowhere"},
    "no PATH": {"PATH": None},
    "nothing": dict.fromkeys(os.environ),
    "LANG=C": {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": None},
}


@contextmanager
def disk(where: Path, size: int) -> Iterator[Callable[[str], None]]:
    """A tmpfs of its own at `where`, of `size` bytes; gives a function that mounts it again with other options."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", where], check=True, capture_output=True)
    try:
        yield lambda options: subprocess.run(["mount", "-o", f"remount,{options}", where], check=True) and None
    finally:
        subprocess.run(["umount", "-l", where], check=False)


def mounts(place: Path) -> bool:
    """May this process mount?"""
    try:
        with folder(place) as where, disk(where, BLOCK):
            return True
    except (OSError, subprocess.SubprocessError):
        return False


class Faults:
    def __init__(self, plan: Plan, quick: bool) -> None:
        self.plan = plan
        with folder(plan.place) as where:
            self.expected = chains.reference(NAME, where / "a", self.plainly)
            self.bare = chains.reference(BARE, where / "bare", self.plainly)
            taken = sum(
                -(-path.stat().st_size // BLOCK) for path in (where / "a" / "work").rglob("*") if path.is_file()
            )
            calls = (
                tracing.calls(lambda ready: self.traced(where / "b", ready), where / "log")
                if tracing.works(plan.place)
                else {}
            )
        self.mounts = mounts(plan.place)
        every = 12 if quick else 1
        self.cases: list[tuple[Any, ...]] = (
            [("full", blocks) for blocks in range(4, taken + 8, every)] if self.mounts else []
        )
        self.cases += [("file limit", BLOCK * k) for k in range(1, 48, every)]  # what it says is a file too
        self.cases += [
            ("call", call, error, n)
            for call, errors in ERRORS.items()
            for error in errors
            for n in range(1, calls.get(call, 0) + 1, every)
        ]
        self.cases += [("read-only", k) for k in range(1, 9, every)]
        self.cases += [("handles", n) for n in list(HANDLES)[::every]]
        self.cases += [("memory", mb) for mb in MEMORY[:: min(every, 5)]]
        self.cases += [("clock", step) for step in (-1.0, -3600.0, -1e9)]
        self.cases += [("home", how) for how in list(HOMES)[:: min(every, 4)]]
        self.cases += [("pipe", words) for words in ("list", "run digits --help", "data")[: 1 if quick else 3]]
        plan.rng(0).shuffle(self.cases)  # so that a short trial has some of each

    def plainly(self, words: list[str], place: Path) -> forks.Ended:
        return forks.fork(forks.command(words), place)

    def traced(self, place: Path, ready: Callable[[int], None]) -> None:
        subject = chains.Subject(NAME, place)
        subject.prepare()
        forks.fork(forks.command(subject.begin), place, ready=ready)

    def __call__(self, number: int, where: Path) -> Outcome:
        case = self.cases[number % len(self.cases)]
        said = Outcome()
        said.counts.update({"faults": 1, f"faults: {case[0]}": 1})
        subject = chains.Subject(BARE if case[0] == "memory" else NAME, where / "a")
        subject.prepare()
        if fault := getattr(self, f"_{str(case[0]).replace(' ', '_').replace('-', '_')}")(subject, *case[1:]):
            said.failures.append(
                Failure("faults", f"{' '.join(map(str, case))}: {fault}", self.plan.seed, number, subject.begin)
            )
        return said

    def judge(self, subject: chains.Subject, ended: forks.Ended, mend: Callable[[], None] = lambda: None) -> str | None:
        """What is wrong with the end, or with the run that goes on once the fault is mended."""
        if fault := world.judge(ended, subject.begin):
            return fault
        said = ended.err
        try:
            reached = subject.reached()
        except ValueError as error:
            return f"the checkpoint is not whole: {error}"
        except OSError:
            reached = 0
        mend()
        if ended.code != 0 or not (subject.out / "report.html").exists():
            ended = self.plainly(subject.words, subject.place)
            if ended.code != 0:
                return f"afterwards, from update {reached}: {ended.line()}"
        expected = self.bare if subject.name == BARE else self.expected
        found = chains.differences(expected.left, subject.left())
        if subject.name == BARE or "not drawn: " in said:  # a run may say that a picture failed, and end well
            found = [line for line in found if not line.endswith(MAY_LACK)]
        return "; ".join(found[:4]) or None

    def _full(self, subject: chains.Subject, blocks: int) -> str | None:
        with disk(subject.place / "work", blocks * BLOCK) as again:
            ended = self.plainly(subject.begin, subject.place)
            return self.judge(subject, ended, lambda: again("size=50m"))

    def _file_limit(self, subject: chains.Subject, size: int) -> str | None:
        return self.judge(subject, self.limited(subject, resource.RLIMIT_FSIZE, size))

    def _handles(self, subject: chains.Subject, count: int) -> str | None:
        return self.judge(subject, self.limited(subject, resource.RLIMIT_NOFILE, count))

    def _memory(self, subject: chains.Subject, megabytes: int) -> str | None:
        ended = self.limited(subject, resource.RLIMIT_AS, world.room() - world.ROOM + (megabytes << 20))
        if ended.signal in (signal.SIGSEGV, signal.SIGABRT):  # in a library that does not ask whether it got its memory
            ended = replace(ended, signal=signal.SIGTERM)
        return self.judge(subject, ended)

    def limited(self, subject: chains.Subject, what: int, most: int) -> forks.Ended:
        work = forks.command(subject.begin)

        def inside() -> int | None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # as Python itself has it
            resource.setrlimit(what, (most, resource.getrlimit(what)[1]))
            return work()

        return forks.fork(inside, subject.place)

    def _call(self, subject: chains.Subject, call: str, error: str, n: int) -> str | None:
        with tracing.Tracer(f"{call}:error={error}:when={n}") as tracer:
            ended = forks.fork(forks.command(subject.begin), subject.place, ready=tracer.hold)
        return self.judge(subject, ended)

    def _read_only(self, subject: chains.Subject, k: int) -> str | None:
        """Half way it may no longer be written: a resume is refused in one line, and changes nothing."""
        if not self.mounts:
            return None
        with disk(subject.place / "work", 50 << 20) as again:
            forks.fork(
                forks.command(subject.begin), subject.place, kill=(self.expected.seconds * k / 10, signal.SIGKILL)
            )
            before = world.files(subject.place / "work")
            again("ro")
            ended = self.plainly(subject.words, subject.place)
            if changed := world.touched(before, world.files(subject.place / "work")):
                return f"changed {changed[0]}"
            return self.judge(subject, ended, lambda: again("rw"))

    def _clock(self, subject: chains.Subject, step: float) -> str | None:
        work, real = forks.command(subject.begin), time.time

        def inside() -> int | None:
            first, asked = real(), [0]

            def back() -> float:
                asked[0] += 1
                return first + step * asked[0]

            time.time = back
            return work()

        return self.judge(subject, forks.fork(inside, subject.place))

    def _home(self, subject: chains.Subject, how: str) -> str | None:
        env = {**os.environ, "PYTHONPATH": str(forks.ROOT), **HOMES[how]}
        return self.judge(
            subject, self.command(subject, subject.begin, {k: v for k, v in env.items() if v is not None})
        )

    def command(self, subject: chains.Subject, words: list[str], env: dict[str, str]) -> forks.Ended:
        line, start = [sys.executable, "-m", "trivium", *words], time.monotonic()
        path = {"PYTHONPATH": str(forks.ROOT)} | env
        done = subprocess.run(line, cwd=subject.place, env=path, capture_output=True, timeout=120, check=False)
        text = done.stderr.decode("utf-8", "replace")
        return forks.Ended(done.returncode, None, "", text, time.monotonic() - start, 0.0)

    def _pipe(self, subject: chains.Subject, words: str) -> str | None:
        """The reader of the output goes away at once."""
        read, write = os.pipe()
        os.close(read)
        line, env = [sys.executable, "-m", "trivium", *words.split()], {**os.environ, "PYTHONPATH": str(forks.ROOT)}
        done = subprocess.run(
            line, cwd=subject.place, env=env, stdout=write, stderr=subprocess.PIPE, timeout=60, check=False
        )
        os.close(write)
        shutil.rmtree(subject.place)
        return f"{done.returncode}: {done.stderr[-300:]!r}" if done.stderr or done.returncode not in (0, 1) else None


def run(plan: Plan, quick: bool) -> Outcome:
    faults = Faults(plan, quick)
    said = campaign("faults", faults, replace(plan, count=plan.count or len(faults.cases)), "faults")
    said.notes.update({"cases": len(faults.cases), "mounts": faults.mounts, "strace": tracing.works(plan.place)})
    return said
