"""Trivium: one NumPy network, three ways to learn. `import trivium; trivium.run("digits").predict(x)`."""

import ctypes
import os
import sys
from importlib import import_module, util
from pathlib import Path

# Set before NumPy loads; no result changes. OpenBLAS's threads spin 2^18 cycles, not 2^26; glibc keeps 64 MB of heap.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "18")
if sys.platform == "linux" and not any(name.startswith("MALLOC_") for name in os.environ):
    for key, name, size in (-3, "MMAP", 32 << 20), (-1, "TRIM", 64 << 20):  # of this process, and of its children
        os.environ[f"MALLOC_{name}_THRESHOLD_"] = str(size)
        getattr(ctypes.CDLL(None), "mallopt", lambda *_: 0)(key, size)  # another C library has none


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
    return 2 if fault else import_module("core.lab.cli").main(args, paradigm)


def __getattr__(name: str) -> object:  # run and open_run load NumPy: only when they are asked for
    if name not in ("run", "open_run") or (fault := foreign()):
        raise AttributeError(fault if name in ("run", "open_run") else f"trivium has no {name!r}")
    return getattr(import_module("core.lab.runs.run"), name)


if __name__ == "__main__":
    sys.exit(main())
