"""The trials of benchmarks/trust.py are what these tests are made of."""

import sys

from places import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "benchmarks"))
