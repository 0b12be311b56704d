"""How many threads a run takes: one below a million parameters, unless the user set their number."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

SMALL = 1_000_000  # parameters; below, a second BLAS thread costs more than it brings
THREAD_VARIABLES = {  # what a user sets, by the libraries that heed it; scikit-learn's own loops use OpenMP
    "blas": ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"),
    "openmp": ("OMP_NUM_THREADS",),
}


@contextmanager
def blas_threads(size: int) -> Iterator[None]:
    """One thread in BLAS and OpenMP for a network below a million parameters, unless the user set their number."""
    from threadpoolctl import threadpool_limits

    limits = {api: 1 for api, names in THREAD_VARIABLES.items() if not any(name in os.environ for name in names)}
    with threadpool_limits(limits) if limits and size < SMALL else nullcontext():
        yield
