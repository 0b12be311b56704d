"""Trivium: one NumPy network, three ways to learn. `import trivium; trivium.run("digits").predict(x)`."""

import ctypes
import os
import sys
from importlib import import_module, util
from pathlib import Path

# Set before NumPy loads; no result depends on it. OpenBLAS's threads spin for 2^26 cycles after each product: 2^18
# bridges the gaps of a step. glibc returns 128 kB of free heap and takes it again page by page: half of a small step.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "18")
if sys.platform == "linux" and not any(name.startswith("MALLOC_") for name in os.environ):
    os.environ |= {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(64 << 20)}
    if hasattr(libc := ctypes.CDLL(None), "mallopt"):  # M_MMAP_THRESHOLD, M_TRIM_THRESHOLD
        libc.mallopt(-3, 32 << 20), libc.mallopt(-1, 64 << 20)


def foreign() -> str:
    """Which of our four packages, whose names are common words, is another's; imports none of them."""
    for name in ("core", "supervised", "unsupervised", "reinforcement"):
        spec = util.find_spec(name)
        at = Path(str(spec and (spec.origin or next(iter(spec.submodule_search_locations or ["?"]))))).resolve()
        if at.parent.parent != Path(__file__).resolve().parent or not at.read_bytes().startswith(b'"""Trivium'):
            return f"the package {name!r} is not Trivium's but stands at {at}: run elsewhere, or uninstall that package"
    return ""


def main(args: list[str] | None = None, paradigm: str | None = None) -> int:  # the exit code of the command
    if fault := foreign():
        sys.stderr.write(f"error: {fault}\n")
    return 2 if fault else import_module("core.lab.cli.main").main(args, paradigm)


def __getattr__(name: str) -> object:  # run and open_run load NumPy: only when they are asked for
    if name not in ("run", "open_run") or (fault := foreign()):
        raise AttributeError(fault if name in ("run", "open_run") else f"trivium has no {name!r}")
    return getattr(import_module("core.lab.runs.run"), name)


if __name__ == "__main__":
    sys.exit(main())
