"""Trivium: intervals over seeds, and linear probes."""

from core.lab.former import moved

__getattr__ = moved(__name__, {"*": "core.lab.stats.intervals"})
