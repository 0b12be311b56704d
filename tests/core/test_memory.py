"""A small step takes no pages from the system: what one step frees, the next one finds."""

import os
import subprocess
import sys

import pytest

STEPS = """
import resource
import trivium, numpy as np
def step():
    held = [np.zeros(16_000, np.float32) + 1 for _ in range(10)]  # 64 kB each, all freed
for _ in range(20): step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(200): step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's heap is meant")
def test_two_hundred_steps_take_no_pages():
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    ended = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, env=clean)
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) < 100
