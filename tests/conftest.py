"""Two workers share two cores: one thread each for BLAS and OpenMP, or they spend their time waiting for each other."""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")
