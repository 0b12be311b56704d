"""The machine that a result comes from: versions, processor, BLAS kernels and threads."""

import ctypes
import gc
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

from core.lab.errors import Refusal

NEEDED = 768 << 20  # bytes of address space that a command takes with NumPy, SciPy and pictures
SMALL = 1_000_000  # parameters; below, a second BLAS thread costs more than it brings
THREAD_VARIABLES = {  # what a user sets, by the libraries that heed it; scikit-learn's own loops use OpenMP
    "blas": ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"),
    "openmp": ("OMP_NUM_THREADS",),
}


@cache
def processor() -> str:
    """The processor's name, and how many cores there are."""
    info = Path("/proc/cpuinfo")
    names = [row for row in info.read_text().splitlines() if row.startswith("model name")] if info.exists() else []
    return f"{names[0].split(':')[1].strip() if names else platform.processor()}, {os.cpu_count()} cores"


@cache
def packages() -> dict[str, str]:
    """Versions of Python and of the packages that the bytes of a run depend on."""
    from importlib.metadata import version

    own = {name: version(name) for name in ("trivium", "numpy", "scikit-learn", "gymnasium")}
    return {"python": platform.python_version(), "machine": platform.machine(), **own}


def versions() -> dict[str, Any]:
    """What the bytes of a run depend on beside its set-up: packages, BLAS kernels and threads; and the processor."""
    from threadpoolctl import threadpool_info

    blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    kernels = sorted(f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '?')}" for pool in blas)
    return {
        **packages(),
        "blas": kernels,
        "blas_threads": max((pool["num_threads"] for pool in blas), default=1),
        "processor": processor(),
    }


@contextmanager
def blas_threads(size: int) -> Iterator[None]:
    """One thread in BLAS and OpenMP for a network below a million parameters, unless the user set their number."""
    from threadpoolctl import threadpool_limits

    limits = {api: 1 for api, names in THREAD_VARIABLES.items() if not any(name in os.environ for name in names)}
    with threadpool_limits(limits) if limits and size < SMALL else nullcontext():
        yield


def trim_memory() -> None:
    """Gives the pages between the pieces of the heap that are in use back to the system, where the C library can."""
    gc.collect()
    if os.name == "posix" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):  # glibc
        trim(0)


def check_memory() -> None:
    """Raises Refusal where this process may use too little memory to load NumPy and SciPy: their threads would hang."""
    try:
        from resource import RLIM_INFINITY, RLIMIT_AS, getrlimit
    except ImportError:  # Windows
        return
    allowed, _ = getrlimit(RLIMIT_AS)
    if allowed != RLIM_INFINITY and allowed < NEEDED:
        how = f"it takes {NEEDED >> 20} MB (ulimit -v)"
        raise Refusal(f"this process may use no more than {allowed >> 20} MB of address space: {how}")
