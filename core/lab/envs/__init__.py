"""Trivium: environments side by side, roll-outs, films."""
