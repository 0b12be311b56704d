"""Long runs: what a process holds as time goes on, for a learner of each paradigm.

The learner is updated and evaluated as the loop does it, a new one after each time that it is done; every second the
resident memory is read. The slope is that of the least squares line through what was read after the first minute, in
MB an hour, with the garbage collected before each reading, so that what waits for it is not taken for a leak. Beside it
stand the file handles and the child processes at the end, which must be those at the beginning.
"""

from __future__ import annotations

import gc
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from trials import forks
from trials.campaign import Failure, Outcome, Plan, folder

LEARNERS = {
    "supervised": ("digits", {"updates": 600, "hidden": 32}),
    "unsupervised": ("text", {"updates": 100, "hidden": 32, "embedding": 8}),
    "reinforcement": ("cartpole", {"updates": 40, "hidden": 16}),
}
MOST = 1.0  # MB an hour
WARM = 60.0  # seconds that are not counted
SHORT = 4.0  # seconds of the short form, which looks at handles and processes and at no slope


def resident() -> float:
    """Megabytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def children() -> int:
    return len(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def work(task: str, config: dict[str, Any], seconds: float, where: Path) -> int:
    """Learns for that long, again and again, saves as a run does, and writes what it held into held.json."""
    from core.lab.runs.folder import LOG
    from core.lab.runs.loop import Loop, Signals, silent
    from core.lab.runs.run import blas_threads, prepare

    setup = prepare(task, "quick", config, 0, None)
    learner, data = setup.build()
    learner.update()
    gc.unfreeze()
    gc.collect()
    handles, before = len(os.listdir("/proc/self/fd")), children()
    times, held, rounds = list[float](), list[float](), 0
    start = read = time.monotonic()

    def watch(progress: float, row: Any) -> None:
        nonlocal read
        silent(progress, row)
        if time.monotonic() - read > 1:
            gc.collect()
            read = time.monotonic()
            times.append(read - start)
            held.append(resident())

    with blas_threads(0):
        while time.monotonic() - start < seconds:
            learner, data = setup.build()
            (where / LOG).write_bytes(b"")
            Loop(learner, where, setup.texts(learner, data.sums), 1.0).train(Signals(), watch)
            rounds += 1
    gc.collect()
    said = {"times": times, "held": held, "rounds": rounds, "handles": len(os.listdir("/proc/self/fd")) - handles}
    (where / "held.json").write_text(json.dumps({**said, "children": children() - before}))
    return 0


def slope(times: list[float], held: list[float], warm: float = WARM) -> float | None:
    """MB an hour, by least squares after the first minute; None where there are too few readings."""
    t, y = (np.array(values) for values in (times, held))
    kept = t > warm
    return float(np.polyfit(t[kept], y[kept], 1)[0] * 3600) if kept.sum() > 30 else None


def run(plan: Plan, quick: bool) -> Outcome:
    """Each paradigm gets a third of the time."""
    said, each = Outcome(), SHORT if quick else plan.seconds / len(LEARNERS)
    for number, (paradigm, (task, config)) in enumerate(LEARNERS.items()):
        with folder(plan.place) as where:
            ended = forks.fork(lambda t=task, c=config, w=where: work(t, c, each, w), where, limit=each + 120)
            if ended.code != 0:
                said.failures.append(Failure("memory", f"{task}: {ended.line()}", plan.seed, number))
                continue
            found = json.loads((where / "held.json").read_text())
        rate = slope(found["times"], found["held"])
        note = {
            "task": task,
            "minutes": round(each / 60, 1),
            "rounds": found["rounds"],
            "MB an hour": rate and round(rate, 3),
        }
        said.notes[paradigm] = {**note, "MB": round(max(found["held"], default=0.0), 1)}
        said.counts["rounds"] += found["rounds"]
        said.counts["handles or processes left"] += found["handles"] + found["children"]
        print(f"  memory: {paradigm}: {said.notes[paradigm]}", flush=True)
        if rate is not None and rate > MOST:
            said.failures.append(Failure("memory", f"{task}: {rate:.2f} MB an hour more", plan.seed, number))
        if found["handles"] or found["children"]:
            what = f"{task}: {found['handles']} handles and {found['children']} processes are left"
            said.failures.append(Failure("memory", what, plan.seed, number))
    return said
