"""Trivium: the shared core. A network is one function of its input and of one flat vector of parameters."""

import os

# After each product OpenBLAS's threads spin for 2^26 cycles, some 20 ms, on a core that Adam's threads or another run
# could use; 2^18 bridges the gaps within a step. It is read when NumPy is loaded, and changes no result.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "18")
