"""What a process gives back to the system between two runs."""

import subprocess
import sys

import pytest

PIECES = """
import os
from pathlib import Path
from core.lab.environment import trim_memory
held = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
before = held()
pieces = [bytearray(100_000) for _ in range(1000)]
pieces = pieces[-1:]
free = held()
trim_memory()
print(free - before, held() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_free_pieces_below_one_in_use_go_back_to_the_system():
    command = [sys.executable, "-c", PIECES]
    said = subprocess.run(
        command, check=True, capture_output=True, text=True, env={"MALLOC_TRIM_THRESHOLD_": "67108864"}
    )
    free, trimmed = map(float, said.stdout.split())
    if free < 50:
        pytest.skip("this C library gives them back by itself")
    assert trimmed < 10
