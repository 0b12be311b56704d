"""Trivium: the shared core. A network is one function of its input and of one flat vector of parameters."""

import contextlib
import ctypes
import os
import sys

# After each product OpenBLAS's threads spin for 2^26 cycles, some 20 ms, on a core that Adam's threads or another run
# could use; 2^18 bridges the gaps within a step. It is read when NumPy is loaded, and changes no result.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "18")

# glibc gives the top of its heap back to the system whenever 128 kB of it are free, and takes it again, page by page,
# for the next temporary array: in some orders of allocation that is half the time of a small step. With 64 MB it keeps
# what a step needs. (Its own rule would come to 32 and 64 MB after the first large array; setting one ends that rule,
# so both are set.) Who sets variables of mallopt(3) decides for himself; no result depends on it.
if sys.platform == "linux" and not any(name.startswith("MALLOC_") for name in os.environ):
    with contextlib.suppress(OSError, AttributeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(-3, 32 << 20)  # M_MMAP_THRESHOLD
        mallopt(-1, 64 << 20)  # M_TRIM_THRESHOLD
