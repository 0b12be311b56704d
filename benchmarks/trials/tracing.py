"""strace, which takes hold of a fork before it begins: a signal, or an error, at its n-th call that writes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

WRITES = (
    *("write", "writev", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "link", "linkat"),
    *("unlink", "unlinkat", "ftruncate", "truncate", "mkdir", "mkdirat", "rmdir"),
)
PATIENCE = 5.0  # seconds for strace to take hold


class Tracer:
    """`with Tracer(inject, log) as tracer: fork(..., ready=tracer.hold)`."""

    def __init__(self, inject: str = "", log: Path = Path(os.devnull), paths: tuple[Path, ...] = ()) -> None:
        """`inject` is strace's: "fsync:signal=SIGKILL:when=7", "write:error=ENOSPC:when=3+"; each call counts alone.

        With `paths` only calls on these files are seen.
        """
        self.words = ["strace", "-f", "-qq", "-e", f"trace={','.join(WRITES)}", "-o", str(log)]
        self.words += ["-e", f"inject={inject}"] if inject else []
        self.words += [word for path in paths for word in ("-P", str(path))]
        self.process: subprocess.Popen[bytes] | None = None

    def hold(self, pid: int) -> None:
        self.process = subprocess.Popen(
            [*self.words, "-p", str(pid)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + PATIENCE
        while "TracerPid:\t0\n" in Path(f"/proc/{pid}/status").read_text() and time.monotonic() < end:
            time.sleep(0.001)

    def __enter__(self) -> Tracer:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process:
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@cache
def works(place: Path) -> bool:
    """Is strace here, and may it take hold of our processes?"""
    from trials.forks import fork

    if not shutil.which("strace"):
        return False
    target = place / f"strace-{os.getpid()}"
    with Tracer("mkdir:signal=SIGKILL:when=1") as tracer:
        ended = fork(lambda: target.mkdir() or 0, place, ready=tracer.hold)
    return ended.signal == 9 and not target.exists()


def calls(work: Callable[[Callable[[int], None]], object], log: Path) -> Counter[str]:
    """How many of the calls that write a command makes, by name; `work` starts it and passes `ready` on."""
    with Tracer(log=log) as tracer:
        work(tracer.hold)
    return Counter(re.findall(r"^\d+ +(\w+)\(", log.read_text(errors="replace"), re.MULTILINE))
