"""Long runs: what a process holds as time goes on, for a learner of each paradigm.

The learner is updated and evaluated as the loop does it, a new one after each time that it is done, and memory is
trimmed between, as a study's worker does it; every second the resident memory is read. The slope is that of the least
squares line through what was read after the first minute, in MB an hour, with the garbage collected before each
reading, so that what waits for it is not taken for a leak. Beside it stand the file handles and the child processes
at the end, which must be those at the beginning; and the slope of what is in use of the heap, where the C library is
glibc: what it keeps free for later grows in steps and is no leak.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from trials import forks
from trials.campaign import Failure, Outcome, Plan, campaign

LEARNERS = {
    "supervised": ("digits", {"updates": 600, "hidden": 32}),
    "unsupervised": ("text", {"updates": 100, "hidden": 32, "embedding": 8}),
    "reinforcement": ("cartpole", {"updates": 40, "hidden": 16}),
}
MOST = 1.0  # MB an hour
ENOUGH = 600.0  # seconds from which on a slope is judged: over less, 0.1 MB is several MB an hour
WARM = 60.0  # seconds that are not counted
SHORT = 4.0  # seconds of the short form, which looks at handles and processes and at no slope


def resident() -> float:
    """Megabytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


class _Heap(ctypes.Structure):
    """glibc's struct mallinfo2."""

    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]


def in_use() -> float:
    """Megabytes of the heap that are in use; 0 where the C library does not tell."""
    if (ask := getattr(ctypes.CDLL(None), "mallinfo2", None)) is None:
        return 0.0
    ask.restype = _Heap
    heap = ask()
    return (heap.uordblks + heap.hblkhd) / 1e6


def children() -> int:
    return len(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def work(task: str, config: dict[str, Any], seconds: float, where: Path) -> int:
    """Learns for that long, again and again, saves as a run does, and writes what it held into held.json."""
    from core.lab.environment import trim_memory
    from core.lab.runs.folder import LOG
    from core.lab.runs.loop import Loop, Signals, silent
    from core.lab.runs.run import blas_threads, prepare

    setup = prepare(task, "quick", config, 0, None)
    learner, data = setup.build()
    learner.update()
    gc.unfreeze()
    gc.collect()
    handles, before = len(os.listdir("/proc/self/fd")), children()
    times, held, used, rounds = list[float](), list[float](), list[float](), 0
    start = read = time.monotonic()

    def watch(progress: float, row: Any) -> None:
        nonlocal read
        silent(progress, row)
        if time.monotonic() - read > 1:
            gc.collect()
            read = time.monotonic()
            times.append(read - start)
            held.append(resident())
            used.append(in_use())

    with blas_threads(0):
        while time.monotonic() - start < seconds:
            learner, data = setup.build()
            (where / LOG).write_bytes(b"")
            Loop(learner, where, setup.texts(learner.net, setup.facts(learner), data.sums), 1.0).train(Signals(), watch)
            trim_memory()
            rounds += 1
    gc.collect()
    said = {"times": times, "held": held, "rounds": rounds, "handles": len(os.listdir("/proc/self/fd")) - handles}
    (where / "held.json").write_text(json.dumps({**said, "used": used, "children": children() - before}))
    return 0


def slope(times: list[float], held: list[float], warm: float = WARM) -> float | None:
    """MB an hour, by least squares after the first minute; None where there are too few readings."""
    t, y = (np.array(values) for values in (times, held))
    kept = t > warm
    return float(np.polyfit(t[kept], y[kept], 1)[0] * 3600) if kept.sum() > 20 else None


class Memory:
    def __init__(self, plan: Plan, seconds: float) -> None:
        self.plan, self.seconds = plan, seconds

    def __call__(self, number: int, where: Path) -> Outcome:
        said = Outcome()
        if number >= len(LEARNERS):
            return said
        paradigm, (task, config) = list(LEARNERS.items())[number]
        learning = partial(work, task, config, self.seconds, where)
        ended = forks.fork(learning, where, limit=self.seconds + 120)
        said.counts["learners"] += 1

        def failed(what: str) -> Outcome:
            said.failures.append(Failure("memory", f"{task}: {what}", self.plan.seed, number))
            return said

        if ended.code != 0:
            return failed(ended.line())
        found = json.loads((where / "held.json").read_text())
        rate, used = (slope(found["times"], found[name]) for name in ("held", "used"))
        note = {"task": task, "minutes": round(self.seconds / 60, 1), "rounds": found["rounds"]}
        note |= {"MB": round(max(found["held"], default=0.0), 1), "MB an hour": rate and round(rate, 3)}
        note |= {"MB an hour in use": used and round(used, 3)}
        said.notes[paradigm] = note
        print(f"  memory: {paradigm}: {note}", flush=True)
        left = found["handles"] + found["children"]
        said.counts.update({"rounds": found["rounds"], "handles or processes left": left})
        if left:
            failed(f"{found['handles']} handles and {found['children']} processes are left")
        return (
            failed(f"{rate:.2f} MB an hour more")
            if self.seconds >= ENOUGH and rate is not None and rate > MOST
            else said
        )


def run(plan: Plan, quick: bool) -> Outcome:
    """The paradigms share the time, or have all of it with --jobs 3."""
    side_by_side = min(plan.jobs, len(LEARNERS))
    seconds = SHORT if quick else plan.seconds * side_by_side / len(LEARNERS)
    plan = replace(plan, count=len(LEARNERS), jobs=side_by_side, seconds=plan.seconds + 300)
    return campaign("memory", Memory(plan, seconds), plan, "learners")
