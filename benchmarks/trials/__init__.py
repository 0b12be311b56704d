"""What benchmarks/trust.py does: kills, fuzz, faults, equality, memory. A trial a file.

Before NumPy loads: one thread for BLAS and OpenMP, since a fork has no other, and what waits for one waits for ever.
"""

import os

THREADS = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"
os.environ.update(dict.fromkeys(THREADS, "1"))
