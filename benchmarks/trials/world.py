"""A small world to give commands in: runs finished and not, a study, good and bad files. A copy for each command.

`judge` says what of a command's end breaks a promise, `touched` which files of the world it has changed.
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

from trials import chains, forks, readers

RUNS = {
    "words": "text --quick --updates 20 --hidden 16 --embedding 8 --batch 32",
    "rows": "table --quick --updates 40 --hidden 8",
    "codes": "digit_autoencoder --quick --updates 40 --hidden 16",
    "game": "tic_tac_toe --quick --updates 4 --games 8 --simulations 4 --hidden 8 --batches 1",
    "pole": "cartpole_evolution --quick --updates 6 --pairs 4 --hidden 4",
}
HALF = "digit_autoencoder --quick --updates 1000000 --hidden 16"  # stopped before its end
PATIENCE = 0.4  # seconds until a command that learns is asked to stop
HANG = 10.0  # seconds that any command may take of the processor, and `forks.WALL` times that on the clock
ROOM = 1 << 30  # bytes of memory that a command may take beside what is loaded
QUIET = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "TRIVIUM_DATA": "data"}  # no network
MEGABYTES = 1024  # that a command may hold
LARGE = 10_000_000  # bytes of a file whose content is not looked at
State = dict[tuple[int, int, int], str]  # (number, bytes, sum of the content) of each file: its name
ALLOWED = {0, 1, 2, 130, 143}


def build(where: Path) -> Path:
    """Makes the world in `where` and returns its folder. Raises RuntimeError where a command in it fails."""
    world = where / "world"
    (world / "data").mkdir(parents=True)
    lines = [f"run {words} --save-every 0 --out {name}" for name, words in RUNS.items()]
    (world / "spec.toml").write_text(chains.SPEC)
    for line in [*lines, "study spec.toml --out study --jobs 1", "new supervised own", "new reinforcement agent"]:
        ended = forks.fork(forks.command(line.split()), world, environ=QUIET)
        if ended.code != 0:
            raise RuntimeError(f"trivium {line}: {ended.line()}")
    for seconds in (1.0, 3.0, 9.0, 27.0):
        shutil.rmtree(world / "half", ignore_errors=True)
        line = f"run {HALF} --save-every 0 --out half"
        ended = forks.fork(forks.command(line.split()), world, kill=(seconds, signal.SIGTERM))
        if ended.code == 143 and (world / "half" / "checkpoint.previous.safetensors").exists():
            break
    else:
        raise RuntimeError(f"no run could be stopped half way: {ended.line()}")
    for name, good in readers.seeds(world / "codes").items():
        suffix = {"table": "csv", "wav": "wav", "text": "txt", "array": "npy", "archive": "npz", "picture": "png"}.get(
            name
        )
        if suffix:
            (world / f"a.{suffix}").write_bytes(good[0])
    (world / "empty").touch()
    (world / "digits.csv").write_text("\n".join(",".join(["0.5"] * 64) for _ in range(3)) + "\n")
    (world / "ünïcode näme.csv").write_bytes((world / "a.csv").read_bytes())
    (world / "bad.toml").write_text("seeds = [")
    (world / "bad.py").write_text("raise SystemExit('no')\n")
    (world / "not_utf8.txt").write_bytes(b"caf\xe9\n" * 100)
    (world / "folder").mkdir()
    (world / "link").symlink_to("gone/for/good")
    return world


def enter(world: Path, where: Path) -> tuple[Path, State]:
    """A copy of the world, and which file is which."""
    for entry in where.iterdir():  # the copy before, wherever a command has moved it
        shutil.rmtree(entry, ignore_errors=True)
    copy = Path(tempfile.mkdtemp(dir=where)) / "w"
    shutil.copytree(world, copy, symlinks=True)
    return copy, files(copy)


def files(folder: Path) -> State:
    found = {}
    for top, _, names in os.walk(folder):
        for name in names:
            path = Path(top) / name
            said = path.lstat()
            content = path.read_bytes() if stat.S_ISREG(said.st_mode) and said.st_size < LARGE else b""
            found[said.st_ino, said.st_size, zlib.crc32(content)] = str(path.relative_to(folder))
    return found


def touched(before: State, now: State) -> list[str]:
    """The files that are not as they were, under whatever name (what is moved aside is kept); locks apart."""
    return sorted(name for key, name in before.items() if key not in now and not name.endswith(".lock"))


def asked_to_stop(work: Callable[[], int | None], seconds: float = PATIENCE) -> Callable[[], int | None]:
    """`work`, but after a while the process sends itself SIGTERM, as a user would stop what learns."""

    def guarded() -> int | None:
        signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        signal.setitimer(signal.ITIMER_REAL, seconds)
        return work()

    return guarded


def room() -> int:
    """The address space that this process has, and ROOM beside it."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE") + ROOM


def judge(ended: forks.Ended, words: list[str], strangers: bool = False) -> str | None:
    """What is wrong with how a command ended, in one line. Code of `strangers` may fail by an exception of its own."""
    err = [line for line in ended.err.splitlines() if line.strip() and not line.startswith("Downloading data")]
    last = err[-1][:300] if err else ""
    if ended.late:
        return f"hangs for {HANG:.0f} s"
    if ended.megabytes > MEGABYTES:
        return f"takes {ended.megabytes:.0f} MB: {last}"
    if ended.code == forks.CRASH or "Traceback (most recent call last)" in ended.err:
        return f"a traceback: {last}"
    if ended.signal and ended.signal != signal.SIGTERM:
        return f"died of signal {ended.signal}: {last}"
    if ended.code is not None and ended.code not in ALLOWED:
        return f"exit code {ended.code}: {last}"
    if "TRIVIUM_DEBUG" in ended.err and not strangers:
        return f"an exception that nobody foresaw: {last}"
    if ended.code == 2 and not last.startswith("error: "):
        return f"refused without a line that says why: {last!r}"
    if ended.code == 2 and len(err) > 1 and words[:1] not in (["study"], ["compare"], ["results"]) and not strangers:
        return f"refused in {len(err)} lines: {err[0][:150]!r} ... {last[:150]!r}"
    if control := {character for character in ended.out + ended.err if ord(character) < 32 and character not in "\n\t"}:
        return f"control characters {sorted(control)!r} on the screen"
    return None
