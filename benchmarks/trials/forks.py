"""Commands in forks of one warm process, which has NumPy, Gymnasium and the tasks loaded: a start costs milliseconds.

A fork is a process of its own: it has its own folder, environment, limits and signals, can be killed and leaves nothing
behind. What a new interpreter would do beside it (imports, hash seeds, exit handlers) the trial of equality tests.
"""

from __future__ import annotations

import gc
import io
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
Work = Callable[[], "int | None"]
STOPS = {signal.SIGINT, signal.SIGTERM}
CRASH = 99  # the exit code of a fork in which an exception came through, as a traceback would show it
WALL = 6.0  # seconds on the clock for each that a process may take of the processor, which it shares with others
LINES = 40_000  # bytes that are kept of what a command says


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int | None  # the exit code; None where a signal ended it
    signal: int | None
    out: str  # its last words on stdout
    err: str  # and on stderr
    seconds: float
    megabytes: float  # the most memory that it held
    late: bool = False  # it ran out of time and was killed

    def line(self) -> str:
        """Its end in words, for a failure."""
        how = "out of time" if self.late else f"signal {self.signal}" if self.signal else f"exit {self.code}"
        return f"{how}: {self.err.strip()[-600:]}"


def warm(tasks: bool = True) -> None:
    """Loads what commands load, once, before the first fork."""
    os.environ.update(MPLBACKEND="Agg", SDL_VIDEODRIVER="dummy", TERM="dumb", COLUMNS="100")
    sys.path[:0] = [str(ROOT)] if str(ROOT) not in sys.path else []
    import_module("trivium")  # its settings of the process
    if tasks:
        from core.lab.runs.tasks import find, installed

        for command in iter_modules(import_module("core.lab.cli").__path__, "core.lab.cli."):
            import_module(command.name)
        for name in installed():
            with suppress(Exception):  # of an extra that is not installed
                find(name)
        for module in (
            *("matplotlib.pyplot", "matplotlib.backends.backend_agg", "PIL.Image", "gymnasium.envs.registration"),
            *(
                "sklearn.datasets",
                "sklearn.neighbors",
                "sklearn.svm",
                "scipy.stats",
                "jinja2",
                "rich.live",
                "rich.table",
            ),
            *("core.lab.runs.run", "core.lab.study.report", "core.lab.compare.page"),
        ):
            import_module(module)
    gc.collect()
    gc.freeze()  # so that forks share what is loaded


def fork(
    work: Work,
    folder: Path,
    *,
    environ: Mapping[str, str] | None = None,
    room: int = 0,
    ready: Callable[[int], None] | None = None,
    kill: tuple[float, int] | None = None,
    limit: float = 30.0,
) -> Ended:
    """`work` in a fork whose current folder is `folder`; its number is the exit code, an exception CRASH.

    `kill` = (seconds, signal) sends the signal then, unless it has ended. `room` limits its memory in bytes. `ready` is
    called with the process's number before the work begins (strace takes hold of it there). `limit` is that of `late`.
    """
    said = [os.memfd_create(name) for name in ("out", "err")]
    hold = os.pipe() if ready else None
    start = time.monotonic()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)  # what comes before the work begins waits for it
    if not (pid := os.fork()):
        _child(work, folder, said, hold, environ or {}, room)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    with suppress(OSError):  # whichever of the two is first
        os.setpgid(pid, pid)
    if hold and ready:
        os.close(hold[0])
        ready(pid)
        os.close(hold[1])
        start = time.monotonic()
    watch, out_of_time = os.pidfd_open(pid), True
    try:
        if kill and not _ended(watch, max(0.0, start + kill[0] - time.monotonic())):
            signal.pidfd_send_signal(watch, kill[1])
        out_of_time = late(pid, lambda seconds: _ended(watch, seconds), limit)
    finally:
        if out_of_time:  # or the trial itself is being stopped
            os.killpg(pid, signal.SIGKILL)
        os.close(watch)
        _, status, usage = os.wait4(pid, 0)
    took = time.monotonic() - start
    texts = []
    for handle in said:
        size = os.fstat(handle).st_size
        texts.append(os.pread(handle, LINES, max(0, size - LINES)).decode("utf-8", "replace"))
        os.close(handle)
    code = os.waitstatus_to_exitcode(status)
    how = None if code < 0 else code, -code if code < 0 else None
    return Ended(*how, *texts, took, usage.ru_maxrss / 1024, out_of_time)


def late(pid: int, ended: Callable[[float], bool], limit: float) -> bool:
    """Waits for a process. True when it took `limit` seconds of the processor, or WALL times that on the clock.

    So a busy machine is no reason to be late. `ended(seconds)` waits that long, and says whether it has ended.
    """
    start = time.monotonic()
    while not ended(min(limit, 1.0)):
        if _processor(pid) > limit or time.monotonic() - start > WALL * limit:
            return True
    return False


def _processor(pid: int) -> float:
    """Seconds of the processor that a process has taken, and those of its children that it has waited for."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _ended(watch: int, seconds: float) -> bool:
    return bool(select.select([watch], [], [], seconds)[0])


def _stream(handle: int) -> io.TextIOWrapper:
    errors = "backslashreplace" if handle == 2 else "strict"  # as Python itself has them
    return io.TextIOWrapper(io.FileIO(handle, "w", closefd=False), encoding="utf-8", errors=errors)


def _child(work: Any, folder: Path, said: Sequence[int], hold: Any, environ: Mapping[str, str], room: int) -> None:
    code = CRASH
    try:
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if hold:
            os.close(hold[1])
            os.read(hold[0], 1)  # until the parent has closed its end
            os.close(hold[0])
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, handle in enumerate((nothing, *said)):
            os.dup2(handle, number)
            if handle > 2:
                os.close(handle)
        sys.stdout, sys.stderr = map(_stream, (1, 2))
        os.environ.update(environ)
        os.chdir(folder)
        if room:
            resource.setrlimit(resource.RLIMIT_AS, (room, room))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        code = work() or 0
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException as error:
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        if isinstance(error, KeyboardInterrupt) and _at_the_door(error):
            code = 128 + signal.SIGINT
        else:
            with suppress(BaseException):
                traceback.print_exc()
    finally:
        with suppress(BaseException):
            sys.stdout.flush()
        with suppress(BaseException):
            sys.stderr.flush()
        os._exit(code)


def _at_the_door(error: BaseException) -> bool:
    """Did it come before the command began, or after it had ended? An interpreter of its own would be starting then."""
    frames = traceback.extract_tb(error.__traceback__)
    return not any(frame.filename.startswith(str(ROOT / "core")) for frame in frames)


def command(words: Sequence[Any]) -> Work:
    """What a fork does for `trivium WORDS`."""

    def work() -> int | None:
        import trivium

        sys.argv = ["trivium", *map(str, words)]
        return trivium.main(sys.argv[1:])

    return work


def left_over(group: int) -> list[int]:
    """The processes of a group that are still there."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, ValueError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[2]) == group and fields[0] != "Z":
                    found.append(int(entry.name))
    return found


def stop(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
